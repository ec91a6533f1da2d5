//! Errors in the files of a game.

use super::join::{PARAMETERS_MAX, SLOTS_MAX};
use crate::objects::OBJECTS_MAX;
use crate::pddl::PddlError;
use crate::text::GrammarError;

/// Why a game cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GameError {
    /// Domain or problem cannot be read.
    #[error(transparent)]
    Pddl(#[from] PddlError),
    /// The grammar cannot be read.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// More objects than are supported.
    #[error("the problem has {0} objects, at most {OBJECTS_MAX} are supported")]
    TooManyObjects(usize),
    /// An object that was not declared.
    #[error("a declared object was expected, {0:?} was found")]
    UnknownObject(String),
    /// A predicate that was not declared.
    #[error("a declared predicate was expected, {0:?} was found")]
    UnknownPredicate(String),
    /// A variable that was not declared.
    #[error("a declared variable was expected, {0:?} was found")]
    UnknownVariable(String),
    /// A predicate over the wrong number of terms.
    #[error("predicate {predicate:?} does not take {found} terms")]
    Terms {
        /// Its name.
        predicate: String,
        /// The number of terms found.
        found: usize,
    },
    /// An action that the grammar does not have.
    #[error("the grammar has no action {0:?}")]
    UnsaidAction(String),
    /// More variables than are supported.
    #[error("an action or goal has more than {SLOTS_MAX} variables")]
    TooManyVariables,
    /// An action over more objects than are supported.
    #[error("an action has more than {PARAMETERS_MAX} parameters")]
    TooManyParameters,
    /// A condition with more alternatives than are supported.
    #[error("a condition has too many alternatives")]
    TooManyAlternatives,
}
