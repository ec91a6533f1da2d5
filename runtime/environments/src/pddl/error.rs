//! Errors in PDDL texts.

use super::sexpr::{Sexpr, SexprError};

/// Greatest number of terms of a predicate.
pub const ARITY_MAX: usize = 2;

/// Why a PDDL text is not supported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PddlError {
    /// The parentheses are wrong.
    #[error("PDDL: {0}")]
    Text(#[from] SexprError),
    /// A list has another form than expected.
    #[error("PDDL: {expected} was expected, {found} was found")]
    Form {
        /// The expected form.
        expected: &'static str,
        /// The beginning of the text found.
        found: String,
    },
    /// A typed list ended with its dash.
    #[error("PDDL: a type was expected after the last dash of a list")]
    MissingType,
    /// A predicate over more objects than are supported.
    #[error("PDDL: predicate {predicate:?} takes {arity} terms, at most {ARITY_MAX} are supported")]
    Arity {
        /// Its name.
        predicate: String,
        /// Its number of terms.
        arity: usize,
    },
}

impl PddlError {
    /// A form other than the one expected.
    pub(crate) fn form(expected: &'static str, found: &Sexpr<'_>) -> Self {
        let found = format!("{found:?}").chars().take(120).collect();
        PddlError::Form { expected, found }
    }
}
