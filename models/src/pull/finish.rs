//! The last steps of a pull: is it the file, and if so, its name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{SourceError, unusable};
use crate::checksum;
use crate::manifest::Manifest;

/// What is known of a file before it arrives.
pub(super) struct Expected {
    pub(super) bytes: Option<u64>,
    pub(super) sha256: Option<String>,
}

/// What a verified file's checksum was compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The manifest's.
    Manifest {
        /// The SHA-256.
        sha256: String,
    },
    /// The one that was recorded when the file first arrived.
    FirstUse {
        /// The SHA-256.
        sha256: String,
    },
    /// Nothing: none was known. It is recorded from now on.
    Recorded {
        /// The SHA-256.
        sha256: String,
    },
}

/// Why a file is not the model that it is named after.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The file cannot be read.
    #[error("cannot read {file}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The length or checksum is another one.
    #[error("{file} has {field} {found}, expected {expected}")]
    Mismatch {
        /// The file.
        file: String,
        /// Length or SHA-256.
        field: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Reads the model's file in `folder` from end to end, and says what its
/// checksum was compared with.
pub fn verify(manifest: &Manifest, folder: &Path) -> Result<Trust, VerifyError> {
    let path = folder.join(&manifest.file);
    let file = path.display().to_string();
    let unreadable = |source| VerifyError::Io { file: file.clone(), source };
    let expected = Expected { bytes: manifest.bytes, sha256: None };
    let length = fs::metadata(&path).map_err(unreadable)?.len();
    let found = checksum::sha256_file(&path).map_err(unreadable)?;
    let recorded = checksum::recorded(&path);
    let known = manifest.sha256.clone().or(recorded.clone());
    let expected = Expected { sha256: known.clone(), ..expected };
    if let Some((field, expected, found)) = mismatch(&expected, length, &found) {
        return Err(VerifyError::Mismatch { file, field, expected, found });
    }
    match (&manifest.sha256, recorded) {
        (Some(_), _) => Ok(Trust::Manifest { sha256: found }),
        (None, Some(_)) => Ok(Trust::FirstUse { sha256: found }),
        (None, None) => {
            checksum::record(&path, &found).map_err(unreadable)?;
            Ok(Trust::Recorded { sha256: found })
        }
    }
}

/// Checks what arrived as `part`, syncs it, and gives it its name.
///
/// What is not the file is removed, so that the next attempt starts anew.
pub(super) fn finish(part: &Path, path: &Path, expected: &Expected) -> Result<(), SourceError> {
    let length = fs::metadata(part).map_err(|error| unusable(part, error))?.len();
    let found = checksum::sha256_file(part).map_err(|error| unusable(part, error))?;
    if let Some((field, expected, found)) = mismatch(expected, length, &found) {
        fs::remove_file(part).map_err(|error| unusable(part, error))?;
        return Err(SourceError::Mismatch { field, expected, found });
    }
    File::options()
        .append(true)
        .open(part)
        .and_then(|file| file.sync_all())
        .map_err(|error| unusable(part, error))?;
    if expected.sha256.is_none() {
        checksum::record(path, &found).map_err(|error| unusable(path, error))?;
    }
    fs::rename(part, path).map_err(|error| unusable(path, error))
}

/// Which field differs, what it should be and what it is.
fn mismatch(
    expected: &Expected,
    length: u64,
    sha256: &str,
) -> Option<(&'static str, String, String)> {
    if let Some(bytes) = expected.bytes
        && bytes != length
    {
        return Some(("length", format!("{bytes} bytes"), format!("{length} bytes")));
    }
    let known = expected.sha256.as_ref()?;
    (known != sha256).then(|| ("SHA-256", known.clone(), sha256.to_owned()))
}

/// Where a file gathers before it is checked; one for each kind of source, so
/// that none goes on with the bytes of another.
pub(super) fn part_path(path: &Path, kind: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{kind}.part"));
    name.into()
}
