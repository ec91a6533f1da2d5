//! Why an adapter cannot be installed, tried, confirmed or reverted.

use std::io;
use std::path::{Path, PathBuf};

/// Why an adapter cannot be installed, tried, confirmed or reverted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlotsError {
    /// The system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// The failed operation, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// There are adapters and nothing says which is which.
    #[error(
        "{} is missing beside installed adapters; restore it, or remove the folder and install \
         again",
        path.display()
    )]
    StateMissing {
        /// Where the state should be.
        path: PathBuf,
    },
    /// The state cannot be read.
    #[error(
        "{} is not a state of adapter slots: {reason}; restore it, or remove the folder and \
         install again",
        path.display()
    )]
    State {
        /// Where the state is.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An adapter's file is not what was installed.
    #[error("the adapter {name} in {} is damaged: {found}", path.display())]
    Damaged {
        /// The adapter's name.
        name: String,
        /// Where it should be.
        path: PathBuf,
        /// What is there instead.
        found: String,
    },
    /// One adapter is tried at a time.
    #[error("the adapter {name} is on probation; confirm or revert it first")]
    OnProbation {
        /// The adapter that is on probation.
        name: String,
    },
    /// The same bytes are confirmed already.
    #[error("the adapter {name} is already confirmed")]
    AlreadyConfirmed {
        /// The name it was to have.
        name: String,
    },
    /// There is nothing to confirm.
    #[error("no adapter is on probation; install one first")]
    NothingOnProbation,
    /// It was installed and nothing has run with it.
    #[error("the adapter {name} was not tried yet; run with it before it is confirmed")]
    NotTried {
        /// The adapter that is on probation.
        name: String,
    },
    /// There is nothing to go back from.
    #[error("no adapter is installed, so there is nothing to revert")]
    NothingToRevert,
}

impl SlotsError {
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }
}
