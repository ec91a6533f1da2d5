//! Errors in HotPotQA's data and options.

use std::path::PathBuf;

use crate::rows::RowError;
use crate::world::WorldError;

/// Why HotPotQA's data or options cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HotpotqaError {
    /// A line of the questions or of the documents is wrong.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The file of questions has too few to split.
    #[error("{path:?} was expected to have 5 questions or more, it has {found}")]
    TooFew {
        /// The file.
        path: PathBuf,
        /// Number of questions in it.
        found: usize,
    },
    /// An option has a value that it cannot have.
    #[error("--{option} is {found:?}, expected {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        found: String,
        /// What it can be.
        expected: &'static str,
    },
    /// The file of documents cannot be read.
    #[error("{path:?} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of reading.
        source: std::io::Error,
    },
    /// The file of documents is too large for memory, and the program has no index.
    #[error(
        "{path:?} has {bytes} bytes; a program built without the feature `index` reads {bytes_max} \
         at most"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Greatest length.
        bytes_max: u64,
    },
    /// The file of documents has none.
    #[error("{path:?} was expected to have documents, it has none")]
    NoDocuments {
        /// The file.
        path: PathBuf,
    },
    /// The index of a file of documents cannot be made or read; the text is its library's message.
    #[error("the index {path:?} cannot be used: {reason}")]
    Index {
        /// Its folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl From<HotpotqaError> for WorldError {
    fn from(error: HotpotqaError) -> Self {
        Self::Own(Box::new(error))
    }
}
