//! One saved memory in flash.
//!
//! ```text
//! page     magic "RBNM" · version u16 · zero u16 · generation u32 · length u32 ·
//!          crc u32 · payload (length bytes) · 0xFF to the end of the word
//! payload  entry · entry · …          oldest first
//! entry    length u16 · one `MemoryEntry` in postcard's wire format
//! ```
//!
//! Integers are little-endian. The crc is CRC-32 (ISO-HDLC) of the payload, then of
//! the header before the crc. A page that was cut off, or is of another version, is
//! no page.

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};

use super::StorageError;
use super::chunks::{FlashReader, Sink, Writer};
use crate::frame::CRC;
use crate::memory::{ENTRY_BYTES_MAX, EpisodicMemory, MemoryEntry, STEP_BYTES_MAX};

/// What a page begins with.
const MAGIC: [u8; 4] = *b"RBNM";
/// The version this code writes and reads.
pub const VERSION: u16 = 1;
/// Bytes before the payload.
pub const HEADER_BYTES: usize = 20;
const CHECKED_HEADER_BYTES: usize = HEADER_BYTES - 4;
const LENGTH_BYTES: usize = 2;

/// Bytes that a full memory takes in flash, without the filling of its last word.
pub const fn stored_bytes_max(steps: usize, reflections: usize) -> usize {
    let episode_bytes = LENGTH_BYTES + 1 + 5;
    HEADER_BYTES
        + episode_bytes
        + steps * (LENGTH_BYTES + STEP_BYTES_MAX)
        + reflections * (LENGTH_BYTES + ENTRY_BYTES_MAX)
}

/// A whole page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Where it begins.
    pub(super) address: u32,
    /// Counts saves; wraps.
    pub(super) generation: u32,
    payload_bytes: u32,
}

/// Writes `memory` to erased flash at `address`.
pub(super) fn write<F: NorFlash, const S: usize, const R: usize>(
    flash: &mut F,
    address: u32,
    generation: u32,
    memory: &EpisodicMemory<S, R>,
) -> Result<(), StorageError> {
    let mut measure = Measure { digest: CRC.digest(), payload_bytes: 0 };
    put_entries(memory, &mut measure)?;
    let payload_bytes = u32::try_from(measure.payload_bytes).map_err(|_| StorageError::Entry)?;
    let header = header(generation, payload_bytes);
    measure.digest.update(&header);

    let mut writer = Writer::new(flash, address);
    writer.put(&header)?;
    writer.put(&measure.digest.finalize().to_le_bytes())?;
    put_entries(memory, &mut writer)?;
    writer.finish()
}

/// Finds the page at `address`; `None` if there is no whole one.
pub(super) fn find<F: ReadNorFlash>(
    flash: &mut F,
    address: u32,
    page_bytes: u32,
) -> Result<Option<Page>, StorageError> {
    let mut reader = FlashReader::new(flash, address);
    let mut checked_header = [0; CHECKED_HEADER_BYTES];
    let mut crc = [0; 4];
    reader.take(&mut checked_header)?;
    reader.take(&mut crc)?;

    let [.., g0, g1, g2, g3, l0, l1, l2, l3] = checked_header;
    let generation = u32::from_le_bytes([g0, g1, g2, g3]);
    let payload_bytes = u32::from_le_bytes([l0, l1, l2, l3]);
    let is_ours = checked_header == header(generation, payload_bytes);
    if !is_ours || payload_bytes as usize > (page_bytes as usize).saturating_sub(HEADER_BYTES) {
        return Ok(None);
    }
    let mut digest = CRC.digest();
    for _ in 0..payload_bytes {
        let mut byte = [0];
        reader.take(&mut byte)?;
        digest.update(&byte);
    }
    digest.update(&checked_header);
    let is_whole = digest.finalize() == u32::from_le_bytes(crc);
    Ok(is_whole.then_some(Page { address, generation, payload_bytes }))
}

/// Makes `memory` what the page holds; false, and an empty memory, where its entries
/// are not of this build.
// Inlined, its buffer would deepen the stack of every request.
#[inline(never)]
pub(super) fn read<F: ReadNorFlash, const S: usize, const R: usize>(
    flash: &mut F,
    page: Page,
    memory: &mut EpisodicMemory<S, R>,
) -> Result<bool, StorageError> {
    memory.clear();
    let mut reader = FlashReader::new(flash, page.address);
    reader.take(&mut [0; HEADER_BYTES])?;
    let mut left_bytes = page.payload_bytes as usize;
    let mut entry = [0; ENTRY_BYTES_MAX];
    while left_bytes > 0 {
        let mut length = [0; LENGTH_BYTES];
        reader.take(&mut length)?;
        let entry_bytes = usize::from(u16::from_le_bytes(length));
        let taken_bytes = LENGTH_BYTES + entry_bytes;
        let is_restored = match entry.get_mut(..entry_bytes) {
            Some(bytes) if taken_bytes <= left_bytes => {
                reader.take(bytes)?;
                restore(bytes, memory)
            }
            _ => false,
        };
        if !is_restored {
            memory.clear();
            return Ok(false);
        }
        left_bytes -= taken_bytes;
    }
    Ok(true)
}

fn restore<const S: usize, const R: usize>(
    bytes: &[u8],
    memory: &mut EpisodicMemory<S, R>,
) -> bool {
    match postcard::take_from_bytes::<MemoryEntry<'_>>(bytes) {
        Ok((entry, [])) => memory.restore(entry).is_ok(),
        _ => false,
    }
}

fn header(generation: u32, payload_bytes: u32) -> [u8; CHECKED_HEADER_BYTES] {
    let mut header = [0; CHECKED_HEADER_BYTES];
    header[..4].copy_from_slice(&MAGIC);
    header[4..6].copy_from_slice(&VERSION.to_le_bytes());
    header[8..12].copy_from_slice(&generation.to_le_bytes());
    header[12..].copy_from_slice(&payload_bytes.to_le_bytes());
    header
}

// Inlined, its buffer would stand on the stack twice.
#[inline(never)]
fn put_entries<const S: usize, const R: usize>(
    memory: &EpisodicMemory<S, R>,
    sink: &mut impl Sink,
) -> Result<(), StorageError> {
    for entry in memory.entries() {
        let mut bytes = [0; ENTRY_BYTES_MAX];
        let bytes = postcard::to_slice(&entry, &mut bytes).map_err(|_| StorageError::Entry)?;
        let length = u16::try_from(bytes.len()).map_err(|_| StorageError::Entry)?;
        sink.put(&length.to_le_bytes())?;
        sink.put(bytes)?;
    }
    Ok(())
}

/// The first pass over the entries: flash is written once, and the header comes first.
struct Measure {
    digest: crc::Digest<'static, u32, crc::NoTable>,
    payload_bytes: usize,
}

impl Sink for Measure {
    fn put(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.digest.update(bytes);
        self.payload_bytes += bytes.len();
        Ok(())
    }
}
