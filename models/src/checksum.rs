//! SHA-256 of files, and the side file that says that one was read and found right.
//!
//! ```text
//! model.gguf.sha256:   <64 hex digits>  model.gguf
//! ```
//!
//! The side file has the layout of `sha256sum`, so that `sha256sum -c` reads it.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const BLOCK_BYTES: usize = 1 << 20;

/// The SHA-256 of a file, as 64 lower-case hex digits.
pub fn sha256_file(path: &Path) -> io::Result<String> {
    let mut file = runtime_files::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let count = file.read(&mut block)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&block[..count]);
    }
}

/// The SHA-256 of bytes, as 64 lower-case hex digits.
pub fn sha256_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 that was recorded beside a file when it was last read, if one was.
pub fn recorded(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(side_file(path)).ok()?;
    let digits = text.split_whitespace().next()?;
    is_sha256(digits).then(|| digits.to_ascii_lowercase())
}

/// Records a file's SHA-256 beside it.
pub fn record(path: &Path, sha256: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    std::fs::write(side_file(path), format!("{sha256}  {name}\n"))
}

/// Whether the text is 64 hex digits.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Where a file's SHA-256 is recorded.
pub fn side_file(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).expect("half a byte");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_sum_of_a_file_is_the_sum_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();

        assert_eq!(sha256_file(&path).unwrap(), ABC);
        assert_eq!(sha256_bytes(b"abc"), ABC);
    }

    #[test]
    fn a_recorded_sum_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");

        assert_eq!(recorded(&path), None);
        record(&path, ABC).unwrap();

        assert_eq!(recorded(&path).as_deref(), Some(ABC));
    }
}
