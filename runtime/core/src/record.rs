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
//! Integers are little-endian. The crc is CRC-32 (ISO-HDLC) of what stands before it
//! in its frame and of the payload, so a damaged length is noticed before it is
//! believed. A frame's index counts the frames before it, and `before` is the crc of the
//! one before, of the first frame that of the header: whole frames that were doubled,
//! dropped or swapped are noticed.
//!
//! A reader skips fields whose names it does not know, so a later program can add some
//! under the same version. Today's are `actor.source_sha256` and
//! `retrospective.source_sha256` behind a run: hexadecimal, of what the weights were made
//! from. Where a token came from is a varint: 0 drawn, 1 forced, 2 dictated, 3 unknown.
//! Version 1 knew the first two; what they stood for is told apart by log-probabilities.
//!
//! A stream may break off anywhere: everything before the torn frame is whole.
//! [`Reader`] says which ends are torn and which are damaged. The format's promise is
//! held by golden bytes in `tests/golden`.

mod chain;
mod fields;
mod payload;
mod reader;
mod tail;

use alloc::vec::Vec;

use crate::event::Event;

pub use chain::Chain;
pub use reader::{Reader, Source, StreamError, TornTail};

/// What a stream begins with.
pub const MAGIC: [u8; 4] = *b"RBRC";
/// Bytes before the first frame.
pub const HEADER_BYTES: usize = 8;
/// Greatest payload, so that a damaged length asks for no memory.
pub const PAYLOAD_BYTES_MAX: usize = 64 << 20;

/// How a stream is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Frames that know nothing of each other.
    V1,
    /// Frames that name the one before them, with fields that later programs add.
    V2,
}

impl Version {
    /// What a new stream is written in.
    pub const NEWEST: Self = Self::V2;

    /// The bytes that a stream begins with.
    pub fn header(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&self.number().to_le_bytes());
        bytes
    }

    /// Reads what a stream begins with.
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

/// Events as a whole stream.
pub fn stream(version: Version, events: &[Event]) -> Result<Vec<u8>, RecordError> {
    let mut chain = Chain::new(version);
    let mut bytes = version.header().to_vec();
    for event in events {
        bytes.extend(chain.append(event)?);
    }
    Ok(bytes)
}

/// Whether an event is on the medium once it is written, and everything before it with
/// it. What stands behind the last of these may be lost to a power cut.
pub fn is_synced(event: &Event) -> bool {
    matches!(event, Event::Run(_) | Event::TrialEnd(_))
}

/// Why bytes are not events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The stream is something else.
    #[error("these are no records: a stream of records begins with \"RBRC\"")]
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
    /// The length is beyond what is ever written.
    #[error("the record claims {payload_bytes} bytes, more than {PAYLOAD_BYTES_MAX}")]
    TooLong {
        /// The length that the frame claims.
        payload_bytes: usize,
    },
    /// A whole frame stands where another one belongs.
    #[error("expected record {expected}, counted from 0, found record {found}")]
    OutOfOrder {
        /// How many frames stand before it.
        expected: u32,
        /// How many it says do.
        found: u32,
    },
    /// A whole frame names another one before it than the one that is there.
    #[error(
        "record {index}, counted from 0, was written behind another record than the one before it"
    )]
    Unlinked {
        /// The frame's place.
        index: u32,
    },
    /// The checksum is right and the payload is still not an event.
    #[error("the record's payload is not an event of this version")]
    Payload,
}
