//! The last steps of a pull: is it the file, and if so, its name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{SourceError, unusable};
use crate::manifest::Manifest;
use crate::{checksum, replace};

/// The length and SHA-256 that a file should have, where they are known.
pub(super) type ExpectedFile<'a> = (Option<u64>, Option<&'a str>);

fn known(manifest: &Manifest) -> ExpectedFile<'_> {
    (Some(manifest.bytes), Some(&manifest.sha256))
}

/// What is known of a model's file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalFile {
    /// There is none.
    No,
    /// It has another length than the model: it is not the model.
    OtherLength,
    /// It has the model's length; nobody has read it since it was written.
    Unread,
    /// It was read from end to end since it was written, and is the model.
    Verified,
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
        /// The error of the system.
        source: std::io::Error,
    },
    /// The length or checksum is another one.
    #[error("{file} has {field} {found}, expected {expected}")]
    Mismatch {
        /// The file.
        file: String,
        /// Length or SHA-256.
        field: &'static str,
        /// The expected form.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Looks for the model's file in `folder`, without reading it.
pub fn here(manifest: &Manifest, folder: &Path) -> LocalFile {
    let path = folder.join(&manifest.file);
    let Ok(file) = fs::metadata(&path) else { return LocalFile::No };
    if file.len() != manifest.bytes {
        return LocalFile::OtherLength;
    }
    let is_recorded = checksum::recorded(&path).as_ref() == Some(&manifest.sha256);
    let recorded = fs::metadata(checksum::side_file(&path)).and_then(|side| side.modified());
    match (recorded, file.modified()) {
        (Ok(recorded), Ok(written)) if is_recorded && recorded >= written => LocalFile::Verified,
        _ => LocalFile::Unread,
    }
}

/// Reads the model's file in `folder` from end to end, and records that it is the model.
pub fn verify(manifest: &Manifest, folder: &Path) -> Result<(), VerifyError> {
    let path = folder.join(&manifest.file);
    let file = path.display().to_string();
    let unreadable = |source| VerifyError::Io { file: file.clone(), source };
    let length = fs::metadata(&path).map_err(unreadable)?.len();
    let found = checksum::sha256_file(&path).map_err(unreadable)?;
    if let Some((field, expected, found)) = mismatch(known(manifest), length, &found) {
        return Err(VerifyError::Mismatch { file, field, expected, found });
    }
    // A folder that cannot be written holds right files all the same.
    let _ = checksum::record(&path, &found);
    Ok(())
}

/// Checks what arrived of a model as `part`, and gives it its name.
pub(super) fn finish(part: &Path, path: &Path, manifest: &Manifest) -> Result<(), SourceError> {
    let found = check(part, known(manifest))?;
    checksum::record(path, &found).map_err(|error| unusable(path, error))?;
    name(part, path)
}

/// Checks what arrived of another file, and gives it its name.
#[cfg(feature = "hub")]
pub(super) fn arrive(part: &Path, path: &Path, known: ExpectedFile<'_>) -> Result<(), SourceError> {
    check(part, known)?;
    name(part, path)
}

/// Gives what is whole its name, for good.
fn name(part: &Path, path: &Path) -> Result<(), SourceError> {
    let file = File::options().append(true).open(part).map_err(|error| unusable(part, error))?;
    replace::place(file, part, path).map_err(|error| unusable(path, error))
}

/// Returns the SHA-256 of what is whole. What is not the file is removed, so that the next
/// attempt starts anew.
fn check(part: &Path, known: ExpectedFile<'_>) -> Result<String, SourceError> {
    let length = fs::metadata(part).map_err(|error| unusable(part, error))?.len();
    let found = checksum::sha256_file(part).map_err(|error| unusable(part, error))?;
    if let Some((field, expected, found)) = mismatch(known, length, &found) {
        fs::remove_file(part).map_err(|error| unusable(part, error))?;
        return Err(SourceError::Mismatch { field, expected, found });
    }
    Ok(found)
}

/// Which field differs, what it should be and what it is.
fn mismatch(
    (bytes, sha256): ExpectedFile<'_>,
    length: u64,
    found: &str,
) -> Option<(&'static str, String, String)> {
    if let Some(bytes) = bytes.filter(|bytes| *bytes != length) {
        return Some(("length", format!("{bytes} bytes"), format!("{length} bytes")));
    }
    let sha256 = sha256.filter(|sha256| *sha256 != found)?;
    Some(("SHA-256", sha256.to_owned(), found.to_owned()))
}

/// Where a file gathers before it is checked; one for each kind of source, so
/// that none goes on with the bytes of another.
pub(super) fn part_path(path: &Path, kind: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(format!(".{kind}.part"));
    name.into()
}
