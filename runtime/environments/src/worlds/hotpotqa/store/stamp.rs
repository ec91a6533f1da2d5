//! What an index was made of: the file's SHA-256, with its length and time, by which a file that was
//! not touched is known without being read.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use runtime_core::hexadecimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::preparation;

/// The form of the index; another one is made anew.
const VERSION: u32 = 1;
/// The stamp's name in the folder of an index.
const NAME: &str = "source.json";

/// What an index was made of.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Stamp {
    version: u32,
    /// SHA-256 of the file, in hexadecimal.
    sha256: String,
    bytes: u64,
    /// Nanoseconds since 1970 of the last change.
    modified_ns: u64,
}

impl Stamp {
    /// That of a file now, which is read.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let (bytes, modified_ns) = touched(path)?;
        let sha256 = sha256(path, bytes)?;
        Ok(Self { version: VERSION, sha256, bytes, modified_ns })
    }

    /// That of an index.
    pub(super) fn read(index: &Path) -> Option<Self> {
        let text = fs::read_to_string(index.join(NAME)).ok()?;
        serde_json::from_str(&text).ok().filter(|stamp: &Self| stamp.version == VERSION)
    }

    /// Writes it beside an index.
    pub(super) fn write(&self, index: &Path) -> io::Result<()> {
        let part = index.join(format!("{NAME}.part"));
        let mut file = File::create(&part)?;
        io::Write::write_all(&mut file, serde_json::to_string(self)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(part, index.join(NAME))
    }

    /// Whether a file was not touched since.
    pub(super) fn is_untouched(&self, path: &Path) -> bool {
        touched(path).is_ok_and(|now| now == (self.bytes, self.modified_ns))
    }

    /// Whether both are of the same contents.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.sha256, self.bytes) == (&other.sha256, other.bytes)
    }
}

/// A file's length and the time of its last change.
fn touched(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::metadata(path)?;
    let since = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((found.len(), u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)))
}

fn sha256(path: &Path, bytes: u64) -> io::Result<String> {
    let what = format!("reading {}", path.display());
    let (mut file, mut hash) = (runtime_files::open(path)?, Sha256::new());
    let (mut block, mut done) = (vec![0; 1 << 20], 0);
    loop {
        let count = file.read(&mut block)?;
        if count == 0 {
            break;
        }
        hash.update(&block[..count]);
        done += count as u64;
        preparation::tell(&what, done, bytes);
    }
    Ok(hexadecimal::digits(&hash.finalize()))
}
