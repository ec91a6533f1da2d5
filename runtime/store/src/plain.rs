//! Checks that a folder contains no symbolic links.
//!
//! A run's folder may come from somebody else. Files written through a symbolic link in it
//! would be created wherever the link points.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Greatest depth of folders; those of a learning loop have five levels.
const DEPTH_MAX: usize = 16;

/// Why a folder is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlainError {
    /// A symbolic link.
    #[error(
        "{} is a symbolic link, and what is written to it would land elsewhere; here are files \
         and folders alone: put what it points to in its place, or remove it",
        path.display()
    )]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A pipe, a socket or a device.
    #[error("{} is neither a file nor a folder; remove it", path.display())]
    Strange {
        /// Its name.
        path: PathBuf,
    },
    /// A folder is too deep.
    #[error("{} lies more than {DEPTH_MAX} folders deep, which none of ours does", path.display())]
    Deep {
        /// The folder.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot look into {}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

/// An error if a folder contains anything but files and folders, at any depth. A missing folder
/// is fine. The folder's own path may be a link, since the user named it.
pub fn check_plain(folder: &Path) -> Result<(), PlainError> {
    if matches!(fs::metadata(folder), Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    check(folder, 0)
}

fn check(folder: &Path, depth: usize) -> Result<(), PlainError> {
    if depth > DEPTH_MAX {
        return Err(PlainError::Deep { path: folder.to_owned() });
    }
    let failed = |source| PlainError::Io { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if kind.is_symlink() {
            return Err(PlainError::Link { path });
        }
        if kind.is_dir() {
            check(&path, depth + 1)?;
        } else if !kind.is_file() {
            return Err(PlainError::Strange { path });
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_link_is_refused_by_name_however_deep() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let arm = run.join("arms/none");
        fs::create_dir_all(&arm).unwrap();
        fs::write(arm.join("trials.log"), "").unwrap();
        check_plain(&run).unwrap();
        symlink("run", folder.path().join("latest")).unwrap();
        check_plain(&folder.path().join("latest")).unwrap();

        symlink("/tmp", arm.join("more")).unwrap();

        let error = check_plain(&run).unwrap_err();
        assert!(matches!(&error, PlainError::Link { path } if path.ends_with("none/more")));
    }

    #[test]
    fn what_is_no_file_is_refused_and_what_is_not_there_is_not() {
        let folder = tempfile::tempdir().unwrap();
        check_plain(&folder.path().join("missing")).unwrap();

        let _socket = UnixListener::bind(folder.path().join("run.toml")).unwrap();

        let error = check_plain(folder.path()).unwrap_err();
        assert!(matches!(error, PlainError::Strange { .. }), "{error}");
    }
}
