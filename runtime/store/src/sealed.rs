//! Text files with their own checksum, which stay readable for people and other tools.
//!
//! ```text
//! TOML         a first line   # checksum of the lines below: sha256 5891b5b5…
//! JSON         a member       "checksum": "5891b5b5…"
//! JSON lines   the same in each line
//! ```
//!
//! A checksum is a SHA-256 in hexadecimal: in TOML of all bytes below its line; in JSON of the
//! other members as compact JSON with sorted keys, so that white space and order are free. A
//! text without a checksum is read as it is: older programs wrote none, and whoever changes a
//! file on purpose takes it out.
//!
//! One damaged byte either leaves the content as it was (white space, the words around the
//! checksum) or is an error. A first line of TOML that ends in a checksum counts as one, whatever
//! its words have become, and so does a first member of JSON, whatever its key. What a file says is
//! decided by others.

use std::io;
use std::path::{Path, PathBuf};

use models::checksum::sha256_bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What the first line of a TOML file begins with.
const TOML_MARK: &str = "# checksum of the lines below: sha256 ";
/// Digits of a checksum.
const SHA256_DIGITS: usize = 64;
/// The member of a JSON object.
pub const JSON_KEY: &str = "checksum";

/// Why a file cannot be read, or is not what was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedError {
    /// The system refused.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The content is another one than the checksum was made of.
    #[error(
        "{} is damaged: {mismatch}; restore it, or, where it was changed on purpose, take its \
         checksum out",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The two checksums.
        mismatch: Mismatch,
    },
    /// It is no JSON, or not of what it should be.
    #[error("{} cannot be read", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        source: serde_json::Error,
    },
}

/// A checksum that does not match the content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sha256 of its content is {found}, expected {expected}")]
pub struct Mismatch {
    /// The checksum in the file.
    pub expected: String,
    /// The checksum of the content.
    pub found: String,
}

/// Why a JSON text cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The content is another one than the checksum was made of.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// It is no JSON, or not of what it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A TOML text with its checksum as the first line, which replaces an existing one.
pub fn toml(text: &str) -> String {
    let content = toml_content(text);
    format!("{TOML_MARK}{}\n{content}", sha256_bytes(content.as_bytes()))
}

/// Checks the checksum of a TOML text, if it has one.
pub fn check_toml(text: &str) -> Result<(), Mismatch> {
    let Some(below) = text.strip_prefix(TOML_MARK) else { return check_no_mark(text) };
    let (expected, content) = below.split_once('\n').unwrap_or((below, ""));
    check(expected, sha256_bytes(content.as_bytes()))
}

/// Reads a TOML file and checks its checksum.
pub fn read_toml(path: &Path) -> Result<String, SealedError> {
    let path = path.to_owned();
    match runtime_files::read_text(&path) {
        Err(source) => Err(SealedError::Io { path, source }),
        Ok(text) => match check_toml(&text) {
            Err(mismatch) => Err(SealedError::Damaged { path, mismatch }),
            Ok(()) => Ok(text),
        },
    }
}

/// An object as indented JSON with its checksum. The object must have a member.
pub fn json(object: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(object)?;
    let checksum = json_checksum(serde_json::from_str(&text)?);
    Ok(text.replacen('{', &format!("{{\n  \"{JSON_KEY}\": \"{checksum}\","), 1) + "\n")
}

/// An object as one line of JSON with its checksum, without the end of the line.
pub fn json_line(object: &impl Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(object)?;
    let checksum = json_checksum(serde_json::from_str(&text)?);
    Ok(text.replacen('{', &format!("{{\"{JSON_KEY}\":\"{checksum}\","), 1))
}

/// Parses a JSON text and checks its checksum.
pub fn parse_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    let mut value: Value = serde_json::from_slice(text)?;
    let checksum = value.as_object_mut().and_then(taken_checksum);
    if let Some(expected) = checksum {
        let expected = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
        check(&expected, json_checksum(value.clone()))?;
    }
    Ok(serde_json::from_value(value)?)
}

/// Reads a JSON file and checks its checksum.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, SealedError> {
    let path = path.to_owned();
    let text = match runtime_files::read(&path, runtime_files::TEXT_BYTES_MAX) {
        Ok(text) => text,
        Err(source) => return Err(SealedError::Io { path, source }),
    };
    match parse_json(&text) {
        Ok(found) => Ok(found),
        Err(JsonError::Mismatch(mismatch)) => Err(SealedError::Damaged { path, mismatch }),
        Err(JsonError::Json(source)) => Err(SealedError::Json { path, source }),
    }
}

/// Checks that the first line is no damaged mark, whose checksum nobody would look at.
fn check_no_mark(text: &str) -> Result<(), Mismatch> {
    let digits = &text.lines().next().unwrap_or_default().trim_end().as_bytes();
    let digits = digits.rsplit(|byte| !byte.is_ascii_hexdigit()).next().unwrap_or_default();
    if digits.len() < SHA256_DIGITS {
        return Ok(());
    }
    let expected = String::from_utf8_lossy(digits).into_owned();
    check(&expected, sha256_bytes(text.split_once('\n').map_or("", |(_, below)| below).as_bytes()))
}

/// The checksum among the members, taken out: under its key, or first under any other, which is then
/// a damaged key and would hide damage to the others.
fn taken_checksum(members: &mut Map<String, Value>) -> Option<Value> {
    if let Some(checksum) = members.shift_remove(JSON_KEY) {
        return Some(checksum);
    }
    let is_checksum = |value: &Value| {
        let is_digit = |byte: u8| byte.is_ascii_hexdigit();
        value.as_str().is_some_and(|text| text.len() == SHA256_DIGITS && text.bytes().all(is_digit))
    };
    let key = members.iter().next().filter(|(_, value)| is_checksum(value))?.0.clone();
    members.shift_remove(&key)
}

fn toml_content(text: &str) -> &str {
    let below = text.strip_prefix(TOML_MARK).and_then(|below| below.split_once('\n'));
    below.map_or(text, |(_, content)| content)
}

fn json_checksum(mut value: Value) -> String {
    value.sort_all_objects();
    sha256_bytes(value.to_string().as_bytes())
}

fn check(expected: &str, found: String) -> Result<(), Mismatch> {
    if expected == found {
        return Ok(());
    }
    Err(Mismatch { expected: expected.to_owned(), found })
}

#[cfg(test)]
mod tests;
