//! A lock file between processes, which names its holder.
//!
//! ```text
//! take ─► held until dropped, or until the process ends however it ends
//!      └► refused, with what the holder wrote into the file and since when
//! ```
//!
//! The system releases the lock of a process that has ended, so a file left by a kill does no
//! harm. What is locked, and what happens without the lock, is decided by the caller.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Greatest number of attempts to read the name of a holder that has not written it yet.
const LOOKS_MAX: u32 = 20;
/// Wait between two attempts.
const LOOK: Duration = Duration::from_millis(5);

/// A lock that this process holds; its file goes with it.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// The open file, which holds the lock.
    _file: File,
}

/// Why a lock cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process holds the lock.
    #[error("{} is held by {holder}", path.display())]
    Held {
        /// The lock's file.
        path: PathBuf,
        /// The holder, and since when.
        holder: String,
    },
    /// The system refused.
    #[error("cannot lock {}", path.display())]
    Io {
        /// The lock's file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl Lock {
    /// Takes the lock of a file, which is made if need be; `holder` says who has it then,
    /// such as `process 7`.
    pub fn take(path: &Path, holder: &str) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { path: path.to_owned(), source };
        let mut looks = 0;
        loop {
            let file = open(path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path).map_err(failed)? => {
                    say(&file, holder).map_err(failed)?;
                    return Ok(Self { path: path.to_owned(), _file: file });
                }
                // The previous holder removed the file meanwhile, so this lock is useless.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let holder = current_holder(file).map_err(failed)?;
                    if holder.is_some() || looks == LOOKS_MAX {
                        let holder = holder.unwrap_or_else(|| "another process".into());
                        return Err(LockError::Held { path: path.to_owned(), holder });
                    }
                    looks += 1;
                    std::thread::sleep(LOOK);
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is held: who opened it before finds it gone and takes a new one.
        // A file that cannot be removed does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Opens the file itself: who holds it writes into it.
fn open(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Err(io::Error::other("it is a symbolic link; remove it"));
    }
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn say(mut file: &File, holder: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(format!("{holder}\n").as_bytes())
}

/// Who holds the lock, and since when; `None` if it has not said so yet.
fn current_holder(mut file: File) -> io::Result<Option<String>> {
    let mut text = String::new();
    // Some systems let nobody read what is locked.
    if file.read_to_string(&mut text).is_err() {
        return Ok(None);
    }
    let Some(holder) = text.strip_suffix('\n') else { return Ok(None) };
    let since = humantime::format_rfc3339_seconds(file.metadata()?.modified()?);
    Ok(Some(format!("{holder}, since {since}")))
}

/// Whether the open file still has this path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((held.dev(), held.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere a name stays with its file as long as that is open.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holds_it_at_a_time_and_the_next_is_told_who() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path, "process 7 on pi").unwrap();

        let refused = Lock::take(&path, "process 8").unwrap_err();

        let LockError::Held { holder, .. } = refused else { panic!("{refused}") };
        assert!(holder.starts_with("process 7 on pi, since 20"), "{holder}");
        drop(held);
        Lock::take(&path, "process 8").unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_left_stands_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        fs::write(&path, "process 7, which was killed, and whose name was long\n").unwrap();

        let _held = Lock::take(&path, "process 8").unwrap();

        assert_eq!(fs::read_to_string(&path).unwrap(), "process 8\n");
    }

    #[test]
    fn many_that_want_it_at_once_have_it_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let (path, counted) = (folder.path().join("lock"), folder.path().join("counted"));
        fs::write(&counted, "0").unwrap();
        let count = || {
            for _ in 0..50 {
                let _held = loop {
                    match Lock::take(&path, "one of many") {
                        Ok(held) => break held,
                        Err(LockError::Held { .. }) => std::thread::yield_now(),
                        Err(error) => panic!("{error}"),
                    }
                };
                let number: u32 = fs::read_to_string(&counted).unwrap().parse().unwrap();
                fs::write(&counted, (number + 1).to_string()).unwrap();
            }
        };

        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(count);
            }
        });

        assert_eq!(fs::read_to_string(&counted).unwrap(), "200");
    }
}
