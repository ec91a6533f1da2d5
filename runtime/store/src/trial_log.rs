//! The trial log: one file a run, to which events are appended.
//!
//! ```text
//! create ─► append ─► append ─► … (killed)      open ─► append ─► …
//!           one write each; synced at the end of a trial
//! ```
//!
//! The file is a stream of records as [`runtime_core::record`] lays it out.
//! What survives what:
//!
//! - A killed program loses nothing that was appended: each event is handed to
//!   the system in one write before [`TrialLog::append`] returns.
//! - A power cut loses at most what came after the last end of a trial, where
//!   the file is synced: flash wears out, so a step is not. What it leaves of
//!   that is dropped on [`TrialLog::open`] and reported as a [`TornTail`].
//! - Damage before a synced event is none of these, nor are whole records out of their
//!   order. It is an error that names its place; nothing is dropped.
//! - A full disk fails the append and leaves the log as it was before it.
//!
//! One process writes a log at a time. Reading ([`read_log`]) asks for no lock
//! and changes nothing.

mod error;
mod read;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use runtime_core::event::{Event, RunEvent};
use runtime_core::history::RunHistory;
use runtime_core::record::{Chain, TornTail, Version, is_synced};

pub use error::LogError;
pub use read::{Events, ReadLog, read_log};

use models::replace::folder_of;

use crate::disk::{Disk, OsDisk};

/// A trial log that is open for appending.
pub struct TrialLog {
    path: PathBuf,
    file: Box<dyn LogFile>,
    /// Length of the header and the whole frames; where the file is longer, a
    /// write failed halfway and its rest has to go before the next.
    whole_bytes: u64,
    /// The state of the record stream. A log keeps its version when it is resumed.
    chain: Chain,
    /// Whether the rest of a failed write could not be removed yet.
    ragged: bool,
}

/// The file of a log; a trait, so that a test can have a full disk.
trait LogFile: Write + Send {
    fn set_len(&self, bytes: u64) -> io::Result<()>;
    fn sync(&self) -> io::Result<()>;
}

impl LogFile for File {
    fn set_len(&self, bytes: u64) -> io::Result<()> {
        File::set_len(self, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// An opened log and its history.
pub struct OpenedLog {
    /// The log, for appending.
    pub log: TrialLog,
    /// The history in the log.
    pub history: RunHistory,
    /// The torn tail after a power cut, which was removed from the file.
    pub torn: Option<TornTail>,
}

impl TrialLog {
    /// Creates the log of a run and syncs it to the medium.
    ///
    /// A file without a complete record is overwritten; one with a record is an
    /// error.
    pub fn create(path: &Path, run: &RunEvent) -> Result<Self, LogError> {
        let file = open_locked(path, OpenOptions::new().create(true))?;
        read::check_unbegun(path)?;
        let io_error = |source| LogError::io("create", path, source);
        file.set_len(0).map_err(io_error)?;
        let mut log = Self::new(path, file, (0, Chain::new(Version::NEWEST)));
        log.write(&Version::NEWEST.header())?;
        log.append(&Event::Run(run.clone()))?;
        OsDisk.sync_folder(folder_of(path)).map_err(io_error)?;
        Ok(log)
    }

    /// Opens the log of a run to resume, and removes a torn tail from it.
    pub fn open(path: &Path) -> Result<OpenedLog, LogError> {
        let file = open_locked(path, &mut OpenOptions::new())?;
        let ReadLog { history, torn, whole_bytes, chain } = read_log(path)?;
        if torn.is_some() {
            let cut = file.set_len(whole_bytes).and_then(|()| file.sync_all());
            cut.map_err(|source| LogError::io("drop the torn end of", path, source))?;
        }
        Ok(OpenedLog { log: Self::new(path, file, (whole_bytes, chain)), history, torn })
    }

    /// Appends an event, which survives a kill of the program.
    ///
    /// A failed append leaves the log unchanged and can be repeated.
    pub fn append(&mut self, event: &Event) -> Result<(), LogError> {
        let mut chain = self.chain;
        let frame = chain
            .append(event)
            .map_err(|source| LogError::Encode { path: self.path.clone(), source })?;
        self.write(&frame)?;
        self.chain = chain;
        if is_synced(event) {
            self.file.sync().map_err(|source| LogError::io("sync", &self.path, source))?;
        }
        Ok(())
    }

    /// The log's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn new(path: &Path, file: File, (whole_bytes, chain): (u64, Chain)) -> Self {
        Self { path: path.to_owned(), file: Box::new(file), whole_bytes, chain, ragged: false }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        if self.ragged {
            self.take_back()?;
        }
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.whole_bytes += bytes.len() as u64;
                Ok(())
            }
            Err(source) => {
                self.ragged = true;
                // The next write tries again, so the first error is the one to tell.
                let _ = self.take_back();
                Err(LogError::append(&self.path, source))
            }
        }
    }

    /// Removes the rest of a failed write.
    fn take_back(&mut self) -> Result<(), LogError> {
        let cut = self.file.set_len(self.whole_bytes);
        cut.map_err(|source| LogError::io("take back a failed write to", &self.path, source))?;
        self.ragged = false;
        Ok(())
    }
}

fn open_locked(path: &Path, options: &mut OpenOptions) -> Result<File, LogError> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Err(LogError::Folder { path: path.to_owned() });
    }
    let file = options.read(true).append(true).open(path);
    let file = file.map_err(|source| LogError::io("open", path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LogError::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(LogError::io("lock", path, source)),
    }
}

#[cfg(test)]
mod tests;
