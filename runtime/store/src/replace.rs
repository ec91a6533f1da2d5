//! Files that are replaced whole: written beside, synced and renamed.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, OsDisk};

/// What the name of a file that is being written ends in. A power cut may leave
/// such a file behind; nobody reads it and the next write replaces it.
pub const PARTIAL_SUFFIX: &str = ".partial";

/// Puts a file in place of the one before; a power cut leaves the old one or the
/// new one, whole. The folder must exist.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    let source = match replace_on(&OsDisk, path, bytes) {
        Ok(()) => return Ok(()),
        Err(source) => source,
    };
    // What was written of it only takes up room; that it cannot be removed
    // would hide why it could not be written.
    let _ = OsDisk.remove(&partial_path(path));
    Err(ReplaceError { path: path.to_owned(), source })
}

/// A file could not be written; the one before stands as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct ReplaceError {
    /// Which file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Replaces a file on a disk that may lose its power.
pub(crate) fn replace_on(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = partial_path(path);
    disk.write_synced(&partial, bytes)?;
    disk.rename(&partial, path)?;
    disk.sync_folder(folder_of(path))
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(PARTIAL_SUFFIX);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_file_stands_alone_in_place_of_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        std::fs::write(&path, "old").unwrap();

        replace(&path, b"new").unwrap();

        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("theirs"), "theirs").unwrap();
        for link in ["report.html", "report.html.partial"] {
            std::os::unix::fs::symlink("theirs", path(link)).unwrap();
        }

        replace(&path("report.html"), b"new").unwrap();

        assert_eq!(std::fs::read(path("theirs")).unwrap(), b"theirs");
        assert_eq!(std::fs::read(path("report.html")).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();

        let error = replace(&folder.path().join("missing/results.json"), b"new").unwrap_err();

        assert!(error.to_string().ends_with("missing/results.json"), "{error}");
    }
}
