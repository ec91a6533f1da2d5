//! Events as bytes: the format that leaves the device.
//!
//! ```text
//! stream   magic "RBRC" (4 bytes) · version u16 · zero u16 · frame · frame …
//!
//! version 2, which is written
//! frame    length u32 · index u32 · before u32 · crc u32 · payload (length bytes)
//! payload  one `Event` in postcard's wire format · field · field …
//! field    name · value, each a length as a varint and so many bytes
//!
//! version 1, which is read, and in which a stream of version 1 goes on
//! frame    length u32 · crc u32 · payload (length bytes)
//! payload  one `Event` in postcard's wire format
//! ```
//!
//! Integers are little-endian. The crc is CRC-32 (ISO-HDLC) of the frame's bytes before it
//! and of the payload, so a damaged length is detected before it is used. A frame's index
//! is the number of frames before it, and `before` is the crc of the previous frame, for
//! the first frame that of the header, so that duplicated, lost or swapped frames are
//! detected.
//!
//! A reader skips fields with unknown names, so later programs can add fields without a new
//! version. Today's fields are `actor.source_sha256` and `retrospective.source_sha256` after
//! the event of a run: the SHA-256 of the original weights, in hexadecimal; `repeats` after a
//! reflection: a u32, how many draws before it repeated a text in the memory; and others, see `fields`. A token's origin
//! is a varint: 0 drawn, 1 forced, 2 dictated, 3 unknown. Version 1 has only the first two
//! numbers; the log-probabilities tell which origin they meant.
//!
//! A stream may be torn at any byte; all frames before the torn one are whole. [`RecordReader`]
//! tells a torn end from a damaged one. Golden bytes in `tests/golden` pin the format.

mod chain;
mod fields;
mod payload;
mod reader;
mod tail;

use alloc::vec::Vec;

use crate::event::Event;

pub use chain::Chain;
pub use reader::{ByteSource, RecordReader, StreamError, TornTail};

/// The first bytes of a stream.
pub const MAGIC: [u8; 4] = *b"RBRC";
/// Bytes before the first frame.
pub const HEADER_BYTES: usize = 8;
/// Greatest length of a payload, which bounds the memory that a damaged length can claim.
pub const PAYLOAD_BYTES_MAX: usize = 64 << 20;

/// The layout of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Frames that are independent of each other.
    V1,
    /// Frames with the checksum of the previous frame, and with optional named fields.
    V2,
}

impl Version {
    /// The version of new streams.
    pub const NEWEST: Self = Self::V2;

    /// The header of a stream.
    pub fn header(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&self.number().to_le_bytes());
        bytes
    }

    /// The version that a stream's header names.
    pub fn of_header(bytes: &[u8]) -> Result<Self, RecordError> {
        let Some(found) = bytes.get(..HEADER_BYTES) else {
            return Err(RecordError::Torn { needed_bytes: HEADER_BYTES, found_bytes: bytes.len() });
        };
        if found[..4] != MAGIC {
            return Err(RecordError::NotRecords);
        }
        match u16::from_le_bytes([found[4], found[5]]) {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            found => Err(RecordError::Version { found }),
        }
    }

    fn number(self) -> u16 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// A complete stream of these events.
pub fn stream(version: Version, events: &[Event]) -> Result<Vec<u8>, RecordError> {
    let mut chain = Chain::new(version);
    let mut bytes = version.header().to_vec();
    for event in events {
        bytes.extend(chain.append(event)?);
    }
    Ok(bytes)
}

/// Whether the log is synced to the medium after this event is written. A power cut loses
/// only events after the last synced one.
pub fn is_synced(event: &Event) -> bool {
    matches!(event, Event::Run(_) | Event::TrialEnd(_))
}

/// Why bytes are not events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The stream is something else.
    #[error("these are not records: a stream of records begins with \"RBRC\"")]
    NotRecords,
    /// The stream is of another version.
    #[error("the records are of version {found}, this program reads versions 1 and 2")]
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
    /// The length exceeds [`PAYLOAD_BYTES_MAX`].
    #[error("the record claims {payload_bytes} bytes, more than {PAYLOAD_BYTES_MAX}")]
    TooLong {
        /// The length that the frame claims.
        payload_bytes: usize,
    },
    /// A whole frame has another index than the expected one.
    #[error("expected record {expected}, counted from 0, found record {found}")]
    OutOfOrder {
        /// The number of frames before it.
        expected: u32,
        /// The index in the frame.
        found: u32,
    },
    /// A whole frame has another previous frame's checksum than the actual one.
    #[error(
        "record {index}, counted from 0, was written after another record than the one before it"
    )]
    Unlinked {
        /// The frame's index.
        index: u32,
    },
    /// The checksum is right and the payload is still not an event.
    #[error("the record's payload is not an event of this version")]
    Payload,
}
