//! Events as bytes: the format that leaves the device.
//!
//! ```text
//! stream   magic "RBRC" (4 bytes) · version u16 · zero u16 · frame · frame …
//! frame    length u32 · crc u32 · payload (length bytes)
//! payload  one `Event` in postcard's wire format, version 1
//! ```
//!
//! Integers are little-endian. The crc is CRC-32 (ISO-HDLC) of the length's four
//! bytes and the payload, so a damaged length is noticed before it is believed.
//! A stream may break off anywhere: everything before the torn frame is whole.
//! The format's promise is held by golden bytes in `tests/golden`.

use alloc::vec::Vec;

use crate::event::Event;

/// What a stream begins with.
pub const MAGIC: [u8; 4] = *b"RBRC";
/// The version this code writes and reads.
pub const VERSION: u16 = 1;
/// Bytes before the first frame.
pub const HEADER_BYTES: usize = 8;
/// Bytes before a frame's payload.
pub const FRAME_HEADER_BYTES: usize = 8;
/// Greatest payload, so that a damaged length asks for no memory.
pub const PAYLOAD_BYTES_MAX: usize = 64 << 20;

/// The bytes that a stream begins with.
pub fn header() -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
    bytes
}

/// Checks what a stream begins with.
pub fn check_header(bytes: &[u8]) -> Result<(), RecordError> {
    let Some(found) = bytes.get(..HEADER_BYTES) else {
        return Err(RecordError::Torn { needed_bytes: HEADER_BYTES, found_bytes: bytes.len() });
    };
    if found[..4] != MAGIC {
        return Err(RecordError::NotRecords);
    }
    match u16::from_le_bytes([found[4], found[5]]) {
        VERSION => Ok(()),
        version => Err(RecordError::Version { found: version }),
    }
}

/// Writes one event as a frame.
pub fn encode(event: &Event) -> Result<Vec<u8>, RecordError> {
    let payload = postcard::to_allocvec(event).map_err(|_| RecordError::Payload)?;
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(RecordError::TooLong { payload_bytes: payload.len() });
    }
    let length = u32::try_from(payload.len()).map_err(|_| RecordError::Payload)?.to_le_bytes();
    let mut frame = Vec::with_capacity(FRAME_HEADER_BYTES + payload.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&checksum(length, &payload).to_le_bytes());
    frame.extend_from_slice(&payload);
    Ok(frame)
}

/// Reads the frame at the start of `bytes`; returns its event and its length in
/// bytes.
pub fn decode(bytes: &[u8]) -> Result<(Event, usize), RecordError> {
    let torn = |needed_bytes| RecordError::Torn { needed_bytes, found_bytes: bytes.len() };
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(torn(FRAME_HEADER_BYTES))?;
    let (crc, rest) = rest.split_first_chunk::<4>().ok_or(torn(FRAME_HEADER_BYTES))?;
    let payload_bytes = u32::from_le_bytes(*length) as usize;
    if payload_bytes > PAYLOAD_BYTES_MAX {
        return Err(RecordError::TooLong { payload_bytes });
    }
    let payload = rest.get(..payload_bytes).ok_or(torn(FRAME_HEADER_BYTES + payload_bytes))?;
    if checksum(*length, payload) != u32::from_le_bytes(*crc) {
        return Err(RecordError::Damaged);
    }
    let (event, trailing) = postcard::take_from_bytes(payload).map_err(|_| RecordError::Payload)?;
    if !trailing.is_empty() {
        return Err(RecordError::Payload);
    }
    Ok((event, FRAME_HEADER_BYTES + payload_bytes))
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}

/// Why bytes are not events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The stream is something else.
    #[error("these are no records: a stream of records begins with \"RBRC\"")]
    NotRecords,
    /// The stream is of another version.
    #[error("the records are of version {found}, this program reads version {VERSION}")]
    Version {
        /// The version in the header.
        found: u16,
    },
    /// The bytes end inside a frame.
    #[error("the record is torn: it needs {needed_bytes} bytes, {found_bytes} are left")]
    Torn {
        /// What the frame says it needs.
        needed_bytes: usize,
        /// What is left of the stream.
        found_bytes: usize,
    },
    /// The checksum differs.
    #[error("the record is damaged: its checksum differs")]
    Damaged,
    /// The length is beyond what is ever written.
    #[error("the record claims {payload_bytes} bytes, more than {PAYLOAD_BYTES_MAX}")]
    TooLong {
        /// The length that the frame claims.
        payload_bytes: usize,
    },
    /// The checksum is right and the payload is still not an event.
    #[error("the record's payload is not an event of this version")]
    Payload,
}
