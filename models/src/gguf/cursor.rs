//! A position in the file's bytes that only moves over bytes that are there.
//!
//! Every read names what it reads, so that an error can say it. Nothing is
//! allocated before the bytes that would fill it have been seen.

use super::error::GgufError;

pub(super) struct Cursor<'a> {
    file: &'a str,
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: &'a str, bytes: &'a [u8], position: usize) -> Self {
        Self { file, bytes, position }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn take(&mut self, count: u64, field: &str) -> Result<&'a [u8], GgufError> {
        let start = self.position;
        let end = usize::try_from(count).ok().and_then(|count| start.checked_add(count));
        match end.and_then(|end| self.bytes.get(start..end)) {
            Some(taken) => {
                self.position += taken.len();
                Ok(taken)
            }
            None => Err(self.truncated(count, field)),
        }
    }

    pub(super) fn fixed<const N: usize>(&mut self, field: &str) -> Result<[u8; N], GgufError> {
        let taken = self.take(N as u64, field)?;
        Ok(taken.try_into().expect("take returns as many bytes as were asked for"))
    }

    pub(super) fn u32(&mut self, field: &str) -> Result<u32, GgufError> {
        self.fixed(field).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, field: &str) -> Result<u64, GgufError> {
        self.fixed(field).map(u64::from_le_bytes)
    }

    pub(super) fn text(&mut self, field: &str) -> Result<&'a str, GgufError> {
        let length = self.u64(field)?;
        let bytes = self.take(length, field)?;
        std::str::from_utf8(bytes).map_err(|error| {
            let found = format!("invalid bytes after {} bytes", error.valid_up_to());
            self.invalid(field, "UTF-8 text", found)
        })
    }

    /// Reads how many things follow, each of at least `bytes_min` bytes.
    pub(super) fn count(&mut self, bytes_min: u64, field: &str) -> Result<usize, GgufError> {
        let count = self.u64(field)?;
        let needed = count.saturating_mul(bytes_min);
        if needed > (self.bytes.len() - self.position) as u64 {
            return Err(self.truncated(needed, field));
        }
        Ok(usize::try_from(count).expect("a count of things that fit in memory"))
    }

    pub(super) fn invalid(&self, field: &str, expected: &str, found: String) -> GgufError {
        GgufError::Invalid {
            file: self.file.to_owned(),
            field: field.to_owned(),
            expected: expected.to_owned(),
            found,
        }
    }

    pub(super) fn file(&self) -> &str {
        self.file
    }

    fn truncated(&self, count: u64, field: &str) -> GgufError {
        GgufError::Truncated {
            file: self.file.to_owned(),
            field: field.to_owned(),
            start: self.position as u64,
            end: (self.position as u64).saturating_add(count),
            file_bytes: self.bytes.len() as u64,
        }
    }
}
