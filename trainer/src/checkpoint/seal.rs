//! The end of a checkpoint's file: a SHA-256 of all bytes before it.
//!
//! ```text
//! a GGUF file  │  "RBSHA256"  │  64 hexadecimal digits
//! ```
//!
//! Readers of GGUF ignore it. Checkpoints of older programs have none.

use models::checksum::sha256_bytes;

const MARK: &[u8] = b"RBSHA256";
const DIGITS: usize = 64;

/// Adds the checksum.
pub(super) fn seal(bytes: &mut Vec<u8>) {
    let sha256 = sha256_bytes(bytes);
    bytes.extend(MARK);
    bytes.extend(sha256.as_bytes());
}

/// Removes the checksum and returns whether there was one; an error if it does not match.
pub(super) fn unseal(bytes: &mut Vec<u8>) -> Result<bool, String> {
    let Some(start) = bytes.len().checked_sub(MARK.len() + DIGITS) else { return Ok(false) };
    let Some(expected) = bytes[start..].strip_prefix(MARK) else { return Ok(false) };
    let expected = String::from_utf8_lossy(expected).into_owned();
    bytes.truncate(start);
    let found = sha256_bytes(bytes);
    if found == expected {
        return Ok(true);
    }
    Err(format!("the sha256 of its content is {found}, expected {expected}"))
}
