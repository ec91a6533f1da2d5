//! The few file operations whose order decides what a power cut leaves.
//!
//! They are a trait so that a test can cut the power between any two of them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// File operations, each of which a power cut may be the end of.
pub(crate) trait Disk: Send {
    /// Writes a whole file, over an older one, down to the medium. Cut off, it
    /// leaves any part of it.
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name, in place of what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a folder last.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own files.
pub(crate) struct OsDisk;

impl Disk for OsDisk {
    fn write_synced(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // A new file: through a link of its name something else would be written.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    /// Folders cannot be opened here; the system's journal orders the names.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
