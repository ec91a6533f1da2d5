//! A folder in the hands of one process, from before anything in it is looked at.
//!
//! ```text
//! take ─► look ─► write ─► keep ─► … ─► drop: the lock goes
//!                └► refused ─────────► drop: the lock goes, and the folders that were made
//! ```
//!
//! A folder that was there before, or holds anything, is never removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use models::lock::{Lock, LockError};
use models::replace::folder_of;

/// Held while the folder is written.
const LOCK_FILE: &str = "lock";
/// How often others may undo what was made before that is an error.
const ATTEMPTS_MAX: u32 = 100;
/// Names that are tried for a new folder.
const NAMES_MAX: u32 = 10_000;

/// A folder that no other process claims meanwhile.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    held: Arc<Held>,
}

/// What is held until the folder is left.
#[derive(Debug)]
struct Held {
    lock: Mutex<Option<Lock>>,
    /// Folders that were made for it, the outermost first.
    made: Vec<PathBuf>,
    kept: AtomicBool,
}

/// Why a folder is not claimed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Somebody else has it.
    #[error(
        "{} is in use by {holder}; wait until it has ended, or choose another folder",
        folder.display()
    )]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who, and since when.
        holder: String,
    },
    /// The system refused.
    #[error("cannot make the folder {}", folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The folder is there and cannot be locked.
    #[error(transparent)]
    Lock(LockError),
}

impl Claim {
    /// Claims a folder, which is made if need be; `holder` says who has it then.
    pub fn take(folder: &Path, holder: &str) -> Result<Self, ClaimError> {
        Self::made_by(make, folder, holder)
    }

    /// Makes and claims a folder that is nobody's: `name` in `parent`, or where that is taken
    /// `name-2`, `name-3` and so on.
    pub fn take_new(parent: &Path, name: &str, holder: &str) -> Result<Self, ClaimError> {
        for number in 1..NAMES_MAX {
            let folder = match number {
                1 => parent.join(name),
                number => parent.join(format!("{name}-{number}")),
            };
            match Self::made_by(make_new, &folder, holder) {
                Err(error) if is_taken(&error) => {}
                claim => return claim,
            }
        }
        let source = io::ErrorKind::AlreadyExists.into();
        Err(ClaimError::Io { folder: parent.join(name), source })
    }

    fn made_by(
        way: fn(&Path, &mut Vec<PathBuf>) -> io::Result<()>,
        folder: &Path,
        holder: &str,
    ) -> Result<Self, ClaimError> {
        let mut made = Vec::new();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let locked = way(folder, &mut made)
                .map_err(|source| ClaimError::Io { folder: folder.to_owned(), source })
                .and_then(|()| {
                    Lock::take(&folder.join(LOCK_FILE), holder).map_err(|error| of(folder, error))
                });
            match locked {
                Ok(lock) => {
                    let (lock, kept) = (Mutex::new(Some(lock)), AtomicBool::new(false));
                    let held = Arc::new(Held { lock, made, kept });
                    return Ok(Self { folder: folder.to_owned(), held });
                }
                // Another process left it, and took away what was empty.
                Err(error) if is_gone(&error) && attempts < ATTEMPTS_MAX => {}
                Err(error) => {
                    remove(&made);
                    return Err(error);
                }
            }
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Lets the folder outlive the claim.
    pub fn keep(&self) {
        self.held.kept.store(true, Ordering::Relaxed);
    }

    /// What gives the folder up before the claim is dropped, which a process that ends at once
    /// never does.
    pub fn leaving(&self) -> impl Fn() + Send + Sync + 'static + use<> {
        let held = Arc::clone(&self.held);
        move || held.leave()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.held.leave();
    }
}

impl Held {
    fn leave(&self) {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        if lock.is_some() && !self.kept.load(Ordering::Relaxed) {
            drop(lock);
            remove(&self.made);
        }
    }
}

/// Makes a folder and those around it, and adds them to `made`, the outermost first.
fn make(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let around = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(around).collect();
    for path in missing.into_iter().rev() {
        match fs::create_dir(path) {
            Ok(()) => {
                made.retain(|before| before != path);
                made.push(path.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    if folder_of(&folder.join(LOCK_FILE)).is_dir() {
        return Ok(());
    }
    Err(if folder.exists() { io::ErrorKind::NotADirectory } else { io::ErrorKind::NotFound }.into())
}

/// The same of a folder that must not be there yet.
fn make_new(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    make(folder_of(folder), made)?;
    fs::create_dir(folder)?;
    made.push(folder.to_owned());
    Ok(())
}

/// Removes folders that are empty, the innermost first.
fn remove(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        // One that holds something stays.
        let _ = fs::remove_dir(folder);
    }
}

fn of(folder: &Path, error: LockError) -> ClaimError {
    match error {
        LockError::Held { holder, .. } => ClaimError::Held { folder: folder.to_owned(), holder },
        error => ClaimError::Lock(error),
    }
}

/// Whether another process has the folder, or had it.
fn is_taken(error: &ClaimError) -> bool {
    match error {
        ClaimError::Held { .. } => true,
        ClaimError::Io { source, .. } => source.kind() == io::ErrorKind::AlreadyExists,
        ClaimError::Lock(_) => false,
    }
}

/// Whether the folder was there and is no more.
fn is_gone(error: &ClaimError) -> bool {
    let (ClaimError::Io { source, .. } | ClaimError::Lock(LockError::Io { source, .. })) = error
    else {
        return false;
    };
    source.kind() == io::ErrorKind::NotFound
}

#[cfg(test)]
mod tests;
