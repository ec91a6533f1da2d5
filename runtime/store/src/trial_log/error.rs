//! Why a trial log cannot be read or written, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use runtime_core::history::HistoryError;
use runtime_core::record::RecordError;

/// Why a trial log cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The system refused.
    #[error("cannot {doing} the trial log {}", path.display())]
    Io {
        /// The failed operation, as a verb.
        doing: &'static str,
        /// The log.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The disk is full; the log stands as it was before the append.
    #[error(
        "the disk is full: {} cannot grow; free space and run again with --resume",
        path.display()
    )]
    Full {
        /// The log.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The path is a folder's.
    #[error("{} is a folder, not a trial log", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// Another process writes it.
    #[error(
        "another process is writing {}; wait for it, or choose another folder",
        path.display()
    )]
    Locked {
        /// The log.
        path: PathBuf,
    },
    /// The log already contains a run.
    #[error(
        "{} already holds a run; go on with --resume, or choose another folder",
        path.display()
    )]
    Exists {
        /// The log.
        path: PathBuf,
    },
    /// The log ends before its first record is complete.
    #[error("{} breaks off before its first record; run again without --resume", path.display())]
    Unbegun {
        /// The log.
        path: PathBuf,
    },
    /// The file is not a trial log, or of another version.
    #[error("{} is not a trial log that can be read", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with its first bytes.
        source: RecordError,
    },
    /// A record that was synced to the medium is damaged.
    #[error(
        "{} is damaged at byte {offset}, after {records} whole records, and records follow the \
         damage; restore the file from a copy, or cut it to {offset} bytes and run again with \
         --resume to play what followed once more",
        path.display()
    )]
    Damaged {
        /// The log.
        path: PathBuf,
        /// Where the damaged record begins.
        offset: u64,
        /// Number of records before it.
        records: u32,
        /// What is wrong with it.
        source: RecordError,
    },
    /// Whole records were doubled, dropped or swapped.
    #[error(
        "{} holds a record at byte {offset} that belongs elsewhere: records were doubled, dropped \
         or swapped; restore the file from a copy, or cut it to {offset} bytes and run again with \
         --resume to play what followed once more",
        path.display()
    )]
    Disordered {
        /// The log.
        path: PathBuf,
        /// Where the record begins.
        offset: u64,
        /// The expected and the found record.
        source: RecordError,
    },
    /// A whole record is not an event of this version.
    #[error("{} holds a record at byte {offset} that this program cannot read", path.display())]
    Unreadable {
        /// The log.
        path: PathBuf,
        /// Where the record begins.
        offset: u64,
        /// What is wrong with it.
        source: RecordError,
    },
    /// The records do not follow from each other.
    #[error("{} holds records that are not the history of a run", path.display())]
    History {
        /// The log.
        path: PathBuf,
        /// Which record does not follow.
        source: HistoryError,
    },
    /// The event is too large for a record.
    #[error("the event cannot be written to {}", path.display())]
    Encode {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: RecordError,
    },
}

impl LogError {
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    pub(super) fn append(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path: path.to_owned(), source }
            }
            _ => Self::io("write to", path, source),
        }
    }
}
