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
    /// There are adapters but no state file.
    #[error(
        "{} is missing beside installed adapters; restore it, or remove the folder and install \
         again",
        path.display()
    )]
    StateMissing {
        /// The expected path of the state file.
        path: PathBuf,
    },
    /// The state cannot be read.
    #[error(
        "{} is not a state of adapter slots: {reason}; restore it, or remove the folder and \
         install again",
        path.display()
    )]
    State {
        /// The state file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An adapter's file is not the installed one.
    #[error("the adapter {name} in {} is damaged: {found}", path.display())]
    Damaged {
        /// The adapter's name.
        name: String,
        /// The expected path.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// Another adapter is on probation.
    #[error("the adapter {name} is on probation; confirm or revert it first")]
    OnProbation {
        /// The adapter that is on probation.
        name: String,
    },
    /// The same adapter is already confirmed.
    #[error("the adapter {name} is already confirmed")]
    AlreadyConfirmed {
        /// The requested name.
        name: String,
    },
    /// No adapter is on probation.
    #[error("no adapter is on probation; install one first")]
    NothingOnProbation,
    /// The adapter was not used in a run yet.
    #[error("the adapter {name} was not tried yet; run with it before it is confirmed")]
    NotTried {
        /// The adapter that is on probation.
        name: String,
    },
    /// No adapter is installed.
    #[error("no adapter is installed, so there is nothing to revert")]
    NothingToRevert,
}

impl SlotsError {
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }
}
