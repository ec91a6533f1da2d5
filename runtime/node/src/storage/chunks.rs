//! Bytes to and from flash that is written and read in words.
//!
//! Each word of a page is written once, upwards from the page's start.

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};

use super::StorageError;

/// Bytes handled at once; a whole number of words of any flash that is taken.
pub(super) const CHUNK_BYTES: usize = CHUNK_STEP as usize;

const CHUNK_STEP: u32 = 64;

/// Takes bytes one after the other.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]) -> Result<(), StorageError>;
}

/// Writes from an address upwards.
pub(super) struct Writer<'f, F> {
    flash: &'f mut F,
    address: u32,
    chunk: [u8; CHUNK_BYTES],
    filled_bytes: usize,
}

impl<'f, F: NorFlash> Writer<'f, F> {
    /// Begins at `address`, a multiple of [`CHUNK_BYTES`] in erased flash.
    pub(super) fn new(flash: &'f mut F, address: u32) -> Self {
        const { assert!(CHUNK_BYTES.is_multiple_of(F::WRITE_SIZE), "words above 64 bytes") }
        Self { flash, address, chunk: [ERASED; CHUNK_BYTES], filled_bytes: 0 }
    }

    /// Writes what is left, filled up to a whole word.
    pub(super) fn finish(mut self) -> Result<(), StorageError> {
        let bytes = self.filled_bytes.next_multiple_of(F::WRITE_SIZE);
        self.write(bytes)
    }

    fn write(&mut self, bytes: usize) -> Result<(), StorageError> {
        if bytes > 0 {
            self.flash.write(self.address, &self.chunk[..bytes]).map_err(StorageError::flash)?;
        }
        self.address += CHUNK_STEP;
        self.chunk = [ERASED; CHUNK_BYTES];
        self.filled_bytes = 0;
        Ok(())
    }
}

impl<F: NorFlash> Sink for Writer<'_, F> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        for &byte in bytes {
            self.chunk[self.filled_bytes] = byte;
            self.filled_bytes += 1;
            if self.filled_bytes == CHUNK_BYTES {
                self.write(CHUNK_BYTES)?;
            }
        }
        Ok(())
    }
}

/// What erased flash reads as.
const ERASED: u8 = 0xff;

/// Reads from an address upwards.
pub(super) struct FlashReader<'f, F> {
    flash: &'f mut F,
    address: u32,
    chunk: [u8; CHUNK_BYTES],
    /// Bytes of the chunk that were given out.
    taken_bytes: usize,
}

impl<'f, F: ReadNorFlash> FlashReader<'f, F> {
    /// Begins at `address`, a multiple of [`CHUNK_BYTES`].
    pub(super) fn new(flash: &'f mut F, address: u32) -> Self {
        const { assert!(CHUNK_BYTES.is_multiple_of(F::READ_SIZE), "reads above 64 bytes") }
        Self { flash, address, chunk: [0; CHUNK_BYTES], taken_bytes: CHUNK_BYTES }
    }

    /// Fills `bytes` with what comes next.
    pub(super) fn take(&mut self, bytes: &mut [u8]) -> Result<(), StorageError> {
        for byte in bytes {
            if self.taken_bytes == CHUNK_BYTES {
                self.flash.read(self.address, &mut self.chunk).map_err(StorageError::flash)?;
                self.address += CHUNK_STEP;
                self.taken_bytes = 0;
            }
            *byte = self.chunk[self.taken_bytes];
            self.taken_bytes += 1;
        }
        Ok(())
    }
}
