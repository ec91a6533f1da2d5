//! The file operations whose order matters for a power cut.
//!
//! They are a trait so that a test can cut the power between any two of them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use models::replace;

/// File operations, each of which a power cut may interrupt.
pub(crate) trait Disk: Send {
    /// Writes a whole file, over an older one, down to the medium. Cut off, it
    /// leaves any part of it.
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Renames a file, replacing an existing one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Syncs the names in a folder to the medium.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own files.
pub(crate) struct OsDisk;

impl Disk for OsDisk {
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = replace::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        replace::sync_folder(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
