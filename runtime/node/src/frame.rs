//! Messages as bytes on a line that drops, doubles and bends them.
//!
//! ```text
//! line     frame · frame · …                 zeros between frames are allowed
//! frame    COBS(payload · crc u32) · 0x00    no other byte of a frame is 0
//! payload  one message, as `crate::message` lays it out
//! ```
//!
//! The crc is CRC-32 (ISO-HDLC) of the payload, little-endian. COBS writes a zero as
//! the length of the run before it, so a frame's end is known whatever came before; a
//! full run of 254 bytes is always followed by another, if only an empty one. A sender
//! that does not know what stands on the line before its frame sends a lone 0 first.
//!
//! The crc is computed bit by bit: a table would take a kilobyte of the node's flash.

use crc::{CRC_32_ISO_HDLC, Crc, Digest, NoTable};
use postcard::ser_flavors::{Cobs, Flavor, Slice};
use serde::{Deserialize, Serialize};

use crate::description::{ACTUATORS_MAX, NAME_BYTES_MAX, SENSORS_MAX, UNIT_BYTES_MAX};
use crate::memory::REFLECTION_BYTES_MAX;
use crate::message::{NodeAnswer, NodeRequest, RequestKind, Sender, VERSION};

/// The checksum of frames and of stored pages.
pub(crate) static CRC: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// Ends a frame.
pub const DELIMITER: u8 = 0;
/// A frame's checksum.
pub const CRC_BYTES: usize = 4;
/// Longest request's frame, delimiter included: `Remember`.
pub const REQUEST_FRAME_BYTES_MAX: usize =
    frame_bytes(PREFIX_BYTES_MAX + U32_BYTES_MAX + 2 + REFLECTION_BYTES_MAX + SENDER_BYTES_MAX);
/// Longest answer's frame, delimiter included: `Hello`.
pub const ANSWER_FRAME_BYTES_MAX: usize = frame_bytes(
    PREFIX_BYTES_MAX
        + 3 * U16_BYTES_MAX
        + U32_BYTES_MAX
        + (1 + NAME_BYTES_MAX)
        + 3
        + SENSORS_MAX * SENSOR_BYTES_MAX
        + ACTUATORS_MAX * (SENSOR_BYTES_MAX + U32_BYTES_MAX),
);

const REQUEST: u8 = 0x51;
const ANSWER: u8 = 0x41;
const HELLO: u32 = 0;
/// The version whose requests had no sender.
const WITHOUT_SENDERS: u16 = 1;
/// Bytes of the longest varints.
const U16_BYTES_MAX: usize = 3;
const U32_BYTES_MAX: usize = 5;
/// Direction, sequence and variant.
const PREFIX_BYTES_MAX: usize = 1 + U32_BYTES_MAX + 1;
/// Variant and session.
const SENDER_BYTES_MAX: usize = 1 + U32_BYTES_MAX;
/// Name, unit, decimals, range and resolution.
const SENSOR_BYTES_MAX: usize = (1 + NAME_BYTES_MAX) + (1 + UNIT_BYTES_MAX) + 1 + 3 * U32_BYTES_MAX;

/// The length of the frame around a payload.
const fn frame_bytes(payload_bytes: usize) -> usize {
    let content_bytes = payload_bytes + CRC_BYTES;
    content_bytes + content_bytes / 254 + 1 + 1
}

/// A request, as it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestFrame<'a> {
    /// Its number.
    pub sequence: u32,
    /// Who asks.
    pub sender: Sender,
    /// What is asked.
    pub request: NodeRequest<'a>,
}

/// An answer, as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFrame<'a> {
    /// The number of its request.
    pub sequence: u32,
    /// What is answered.
    pub answer: NodeAnswer<'a>,
}

/// Writes a request's frame to the start of `out`; returns its length in bytes.
/// [`REQUEST_FRAME_BYTES_MAX`] are enough for any whose text a memory takes.
pub fn encode_request(
    sequence: u32,
    sender: Sender,
    request: &NodeRequest<'_>,
    out: &mut [u8],
) -> Result<usize, FrameTooLong> {
    encode(&(REQUEST, sequence, request, sender), out)
}

/// Writes an answer's frame to the start of `out`; returns its length in bytes.
/// [`ANSWER_FRAME_BYTES_MAX`] are enough for any that keeps the description's limits.
pub fn encode_answer(
    sequence: u32,
    answer: &NodeAnswer<'_>,
    out: &mut [u8],
) -> Result<usize, FrameTooLong> {
    encode(&(ANSWER, sequence, answer), out)
}

/// Reads a request from a payload whose checksum was right.
pub fn read_request(payload: &[u8]) -> Result<RequestFrame<'_>, FrameError> {
    let (sequence, rest) = read_head(REQUEST, payload)?;
    let (request, rest) = take::<NodeRequest<'_>>(rest)?;
    if rest.is_empty() && request.kind() != RequestKind::Hello {
        return Err(FrameError::Version { sequence, found: WITHOUT_SENDERS });
    }
    let (sender, trailing) = take(rest)?;
    is_end(trailing).map(|()| RequestFrame { sequence, sender, request })
}

/// Reads an answer from a payload whose checksum was right.
pub fn read_answer(payload: &[u8]) -> Result<AnswerFrame<'_>, FrameError> {
    let (sequence, rest) = read_head(ANSWER, payload)?;
    let (answer, trailing) = take(rest)?;
    is_end(trailing).map(|()| AnswerFrame { sequence, answer })
}

/// Takes the frame in `bytes`, without its delimiter, apart in place; returns its
/// payload.
pub(crate) fn unframe(bytes: &mut [u8]) -> Result<&[u8], FrameError> {
    if !ends_whole(bytes) {
        return Err(FrameError::Cobs);
    }
    let content_bytes = cobs::decode_in_place(bytes).map_err(|_| FrameError::Cobs)?;
    let content = bytes.get(..content_bytes).ok_or(FrameError::Cobs)?;
    let (payload, crc) = content.split_last_chunk::<CRC_BYTES>().ok_or(FrameError::Short)?;
    if CRC.checksum(payload) != u32::from_le_bytes(*crc) {
        return Err(FrameError::Crc);
    }
    Ok(payload)
}

/// Whether the runs add up and the last one is not full. An encoder follows a full run
/// by another, if only an empty one; without that check a frame that lost this byte
/// would pass.
fn ends_whole(bytes: &[u8]) -> bool {
    let mut end = 0;
    let mut run = u8::MAX;
    while let Some(&next_run) = bytes.get(end) {
        run = next_run;
        end += usize::from(run.max(1));
    }
    end == bytes.len() && run != u8::MAX
}

fn encode<M: Serialize>(message: &M, out: &mut [u8]) -> Result<usize, FrameTooLong> {
    let framed = Cobs::try_new(Slice::new(out)).map_err(|_| FrameTooLong)?;
    let checked = Checked { bytes: framed, digest: CRC.digest() };
    let frame = postcard::serialize_with_flavor(message, checked).map_err(|_| FrameTooLong)?;
    Ok(frame.len())
}

/// Reads what every version has in common; returns the number, and the bytes from the
/// message on.
fn read_head(direction: u8, payload: &[u8]) -> Result<(u32, &[u8]), FrameError> {
    let (&found, rest) = payload.split_first().ok_or(FrameError::Message)?;
    if found != direction {
        return Err(FrameError::Message);
    }
    let (sequence, message) = take::<u32>(rest)?;
    // The variant may be written longer than it needs to be.
    let (variant, fields) = take::<u32>(message)?;
    if variant == HELLO {
        let (found, _) = take::<u16>(fields)?;
        if found != VERSION {
            return Err(FrameError::Version { sequence, found });
        }
    }
    Ok((sequence, message))
}

fn is_end(trailing: &[u8]) -> Result<(), FrameError> {
    if trailing.is_empty() { Ok(()) } else { Err(FrameError::Message) }
}

fn take<'p, T: Deserialize<'p>>(bytes: &'p [u8]) -> Result<(T, &'p [u8]), FrameError> {
    postcard::take_from_bytes(bytes).map_err(|_| FrameError::Message)
}

/// Appends the checksum of what goes through it. postcard's own would bring a crate
/// that is no longer kept.
struct Checked<F> {
    bytes: F,
    digest: Digest<'static, u32, NoTable>,
}

impl<F: Flavor> Flavor for Checked<F> {
    type Output = F::Output;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.digest.update(&[byte]);
        self.bytes.try_push(byte)
    }

    fn finalize(mut self) -> postcard::Result<Self::Output> {
        self.bytes.try_extend(&self.digest.finalize().to_le_bytes())?;
        self.bytes.finalize()
    }
}

/// The frame does not fit where it is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is too long for its frame")]
pub struct FrameTooLong;

/// What is wrong with a frame that came in. Nothing of it is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Longer than any message; its end was awaited.
    #[error("the frame is longer than any message")]
    TooLong,
    /// Its runs do not add up.
    #[error("the frame is not COBS")]
    Cobs,
    /// Too short to hold a checksum.
    #[error("the frame is too short")]
    Short,
    /// The checksum differs.
    #[error("the frame is damaged: its checksum differs")]
    Crc,
    /// The checksum is right, and the payload is still not a message to this side.
    #[error("the frame is whole, but not a message")]
    Message,
    /// A whole `Hello`, or request, of another version.
    #[error("the other side speaks version {found}, this one {VERSION}")]
    Version {
        /// The message's number, so that it can be refused.
        sequence: u32,
        /// The version it states.
        found: u16,
    },
}
