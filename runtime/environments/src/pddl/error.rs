//! What may be wrong with a text in PDDL.

use super::sexpr::{Sexpr, SexprError};

/// Most terms that a predicate may take.
pub const ARITY_MAX: usize = 2;

/// Why a text is not PDDL that can be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PddlError {
    /// The parentheses are wrong.
    #[error("PDDL: {0}")]
    Text(#[from] SexprError),
    /// A list says something else than it should.
    #[error("PDDL: {expected} was expected, {found} was found")]
    Form {
        /// In words.
        expected: &'static str,
        /// The beginning of what stood there.
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
        /// How many terms it takes.
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
