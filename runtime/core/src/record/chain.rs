//! Writing and reading frames, each linked to the previous one by its checksum.

use alloc::vec::Vec;

use super::{PAYLOAD_BYTES_MAX, RecordError, Version, payload};
use crate::event::Event;

/// Bytes of a frame's checksum.
const CRC_BYTES: usize = 4;

/// The state of a stream that the next frame depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    version: Version,
    /// Number of frames so far.
    index: u32,
    /// Checksum of the last frame, or of the header before the first.
    before: u32,
}

/// The parts of a frame whose checksum was not verified yet.
pub(super) struct Frame<'a> {
    /// The bytes before the checksum.
    pub(super) head: &'a [u8],
    /// The checksum of `head` and `payload`.
    pub(super) crc: u32,
    /// The event.
    pub(super) payload: &'a [u8],
}

impl Version {
    /// Number of bytes before a frame's payload.
    pub(super) fn frame_header_bytes(self) -> usize {
        self.head_bytes() + CRC_BYTES
    }

    /// Number of bytes before a frame's checksum.
    fn head_bytes(self) -> usize {
        match self {
            Self::V1 => 4,
            Self::V2 => 12,
        }
    }
}

impl<'a> Frame<'a> {
    /// The frame at the start of the bytes.
    pub(super) fn split(version: Version, bytes: &'a [u8]) -> Result<Self, RecordError> {
        let torn = |needed_bytes| RecordError::Torn { needed_bytes, found_bytes: bytes.len() };
        let header_bytes = version.frame_header_bytes();
        let (head, rest) =
            bytes.split_at_checked(version.head_bytes()).ok_or(torn(header_bytes))?;
        let (crc, rest) = rest.split_first_chunk().ok_or(torn(header_bytes))?;
        let payload_bytes = word(head, 0) as usize;
        if payload_bytes > PAYLOAD_BYTES_MAX {
            return Err(RecordError::TooLong { payload_bytes });
        }
        let payload = rest.get(..payload_bytes).ok_or(torn(header_bytes + payload_bytes))?;
        Ok(Self { head, crc: u32::from_le_bytes(*crc), payload })
    }

    fn bytes(&self) -> usize {
        self.head.len() + CRC_BYTES + self.payload.len()
    }
}

impl Chain {
    /// The state of a stream that consists of its header.
    pub fn new(version: Version) -> Self {
        Self { version, index: 0, before: crc32fast::hash(&version.header()) }
    }

    /// The stream's layout.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Number of frames in the stream.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Encodes an event as the next frame.
    pub fn append(&mut self, event: &Event) -> Result<Vec<u8>, RecordError> {
        let payload = payload::encode(self.version, event)?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(RecordError::TooLong { payload_bytes: payload.len() });
        }
        let length = u32::try_from(payload.len()).map_err(|_| RecordError::Payload)?;
        let mut frame = Vec::with_capacity(self.version.frame_header_bytes() + payload.len());
        frame.extend(length.to_le_bytes());
        if self.version == Version::V2 {
            frame.extend(self.index.to_le_bytes());
            frame.extend(self.before.to_le_bytes());
        }
        let crc = checksum(&frame, &payload);
        frame.extend(crc.to_le_bytes());
        frame.extend(payload);
        self.go_on(crc);
        Ok(frame)
    }

    /// Reads the next frame from the start of the bytes; returns its event and its length
    /// in bytes.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<(Event, usize), RecordError> {
        let frame = Frame::split(self.version, bytes)?;
        if checksum(frame.head, frame.payload) != frame.crc {
            return Err(RecordError::Damaged);
        }
        if self.version == Version::V2 {
            let (found, before) = (word(frame.head, 4), word(frame.head, 8));
            if found != self.index {
                return Err(RecordError::OutOfOrder { expected: self.index, found });
            }
            if before != self.before {
                return Err(RecordError::Unlinked { index: found });
            }
        }
        let event = payload::decode(self.version, frame.payload)?;
        self.go_on(frame.crc);
        Ok((event, frame.bytes()))
    }

    fn go_on(&mut self, crc: u32) {
        self.index = self.index.wrapping_add(1);
        self.before = crc;
    }
}

/// The length that a frame claims for its payload.
pub(super) fn payload_bytes(frame: &[u8]) -> Option<usize> {
    frame.first_chunk().map(|length| u32::from_le_bytes(*length) as usize)
}

/// The integer at this byte offset of a frame's head.
fn word(head: &[u8], place: usize) -> u32 {
    head[place..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize()
}
