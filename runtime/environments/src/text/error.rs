//! Errors in grammar files.

/// Why a grammar cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrammarError {
    /// The file has another form than expected.
    #[error("grammar, line {line}: {expected} was expected, {found:?} was found")]
    Unexpected {
        /// From 1.
        line: usize,
        /// The expected form.
        expected: &'static str,
        /// The beginning of the text found.
        found: String,
    },
    /// The rules are not JSON.
    #[error("grammar: the rules are not JSON")]
    Json(#[from] serde_json::Error),
    /// A rule is not a list of productions.
    #[error("grammar: rule {0:?} is not a list of objects with \"rhs\"")]
    Rule(String),
    /// A value cannot be read.
    #[error("grammar: {0:?} is not a sum of names, ids and texts")]
    Value(String),
    /// A query cannot be read.
    #[error("grammar: {0:?} is not a fact over at most two variables")]
    Query(String),
    /// The rules do not terminate, or give too long a text.
    #[error("grammar: rule {0:?} is said without end")]
    Endless(String),
    /// No production of a rule fits.
    #[error("grammar: there is nothing to say for rule {0:?}")]
    Silent(String),
}
