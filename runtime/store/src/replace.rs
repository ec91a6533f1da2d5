//! Atomic replacement of files: written to a temporary file, synced and renamed.

use std::io;
use std::path::{Path, PathBuf};

use models::replace::{folder_of, partial_path};

use crate::disk::Disk;

/// Replaces a file; a power cut leaves either the old or the new one, complete. The folder
/// must exist.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    models::replace::replace(path, bytes)
        .map_err(|source| ReplaceError { path: path.to_owned(), source })
}

/// A file could not be written; the previous one is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct ReplaceError {
    /// The file.
    pub path: PathBuf,
    /// The error of the system.
    pub source: io::Error,
}

/// Replaces a file on a disk that may lose its power.
pub(crate) fn replace_on(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = partial_path(path);
    disk.write_synced(&partial, bytes)?;
    disk.rename(&partial, path)?;
    disk.sync_folder(folder_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();

        let error = replace(&folder.path().join("missing/results.json"), b"new").unwrap_err();

        assert!(error.to_string().ends_with("missing/results.json"), "{error}");
    }
}
