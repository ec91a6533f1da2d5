//! Reads a stream, one frame in memory at a time, and tells a torn end from damage.
//!
//! ```text
//! whole frames │ a frame that cannot be read │ rest
//!              └ no synced frame in the rest: a torn tail, which is dropped and reported
//!              └ a synced frame in the rest: damage, an error
//! ```
//!
//! A power cut cannot lose synced frames, so if a synced frame follows an unreadable one,
//! the medium is damaged. If none follows, the system may have written the last pages in
//! any order: zeros, or whole frames after a gap, are not damage. A power cut cannot
//! reorder whole frames either.
//!
//! A [`ByteSource`] supplies the bytes.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::mem;

use super::{
    Chain, HEADER_BYTES, PAYLOAD_BYTES_MAX, RecordError, Version, chain::payload_bytes, tail,
};
use crate::event::Event;

/// Greatest length of a torn tail; a longer one is damage.
const TAIL_BYTES_MAX: usize = 2 * PAYLOAD_BYTES_MAX;

/// Supplies the bytes of a stream, in order.
pub trait ByteSource {
    /// Why the bytes cannot be read.
    type Error;

    /// Appends at most `bytes_max` bytes; fewer only at the end of the stream. Allocates
    /// memory for the bytes that exist, not for `bytes_max`.
    fn read(&mut self, bytes_max: usize, into: &mut Vec<u8>) -> Result<(), Self::Error>;
}

impl ByteSource for &[u8] {
    type Error = Infallible;

    fn read(&mut self, bytes_max: usize, into: &mut Vec<u8>) -> Result<(), Infallible> {
        let (now, later) = self.split_at(bytes_max.min(self.len()));
        into.extend_from_slice(now);
        *self = later;
        Ok(())
    }
}

/// The incomplete end of a stream after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log's last {dropped_bytes} bytes are not a whole record and were dropped: {reason}")]
pub struct TornTail {
    /// Length of the dropped end.
    pub dropped_bytes: u64,
    /// Why it does not begin with a frame.
    pub reason: RecordError,
}

/// Why a stream cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError<E> {
    /// The source failed.
    #[error("the records cannot be read")]
    Source(#[source] E),
    /// The stream ends before its first frame is complete.
    #[error("the records end before the first one is complete")]
    Unbegun,
    /// The bytes are not a stream of records, or of an unknown version.
    #[error(transparent)]
    Header(RecordError),
    /// A frame that was synced to the medium is damaged.
    #[error(
        "damaged at byte {offset}, after {records} whole records, and records follow the damage: {source}"
    )]
    Damaged {
        /// Where the damaged frame begins.
        offset: u64,
        /// Number of frames before it.
        records: u32,
        /// What is wrong with it.
        source: RecordError,
    },
    /// A whole frame is not the next one of the stream.
    #[error("records were doubled, dropped or swapped at byte {offset}: {source}")]
    Disordered {
        /// Where the frame begins.
        offset: u64,
        /// The expected and the found frame.
        source: RecordError,
    },
    /// A whole frame is not an event of this version.
    #[error("the record at byte {offset} cannot be read: {source}")]
    Unreadable {
        /// Where the frame begins.
        offset: u64,
        /// What is wrong with it.
        source: RecordError,
    },
}

/// The events of a stream, in order.
pub struct RecordReader<S> {
    source: S,
    chain: Chain,
    frame: Vec<u8>,
    /// Where the next frame begins.
    offset: u64,
    torn: Option<TornTail>,
    ended: bool,
}

impl<S: ByteSource> RecordReader<S> {
    /// Reads a stream's header.
    pub fn open(mut source: S) -> Result<Self, StreamError<S::Error>> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        source.read(HEADER_BYTES, &mut header).map_err(StreamError::Source)?;
        let begins = |version: Version| version.header().starts_with(&header);
        if header.len() < HEADER_BYTES && (begins(Version::V1) || begins(Version::V2)) {
            return Err(StreamError::Unbegun);
        }
        let version = Version::of_header(&header).map_err(StreamError::Header)?;
        let (chain, offset) = (Chain::new(version), HEADER_BYTES as u64);
        Ok(Self { source, chain, frame: Vec::new(), offset, torn: None, ended: false })
    }

    /// The torn tail, if any; known after the last event was read.
    pub fn torn(&self) -> Option<TornTail> {
        self.torn
    }

    /// Number of bytes read: the header and the frames so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The state of the stream after the frames so far.
    pub fn end(&self) -> Chain {
        self.chain
    }

    fn read_event(&mut self) -> Result<Option<Event>, StreamError<S::Error>> {
        self.read_frame().map_err(StreamError::Source)?;
        if self.frame.is_empty() {
            return Ok(None);
        }
        let offset = self.offset;
        match self.chain.follow(&self.frame) {
            Ok((event, frame_bytes)) => {
                self.offset += frame_bytes as u64;
                Ok(Some(event))
            }
            Err(source @ (RecordError::OutOfOrder { .. } | RecordError::Unlinked { .. })) => {
                Err(StreamError::Disordered { offset, source })
            }
            Err(source @ RecordError::Payload) => Err(StreamError::Unreadable { offset, source }),
            Err(source) => self.judge_tail(source),
        }
    }

    /// Reads the bytes of one frame; fewer if the stream ends or the length is not
    /// plausible.
    fn read_frame(&mut self) -> Result<(), S::Error> {
        self.frame.clear();
        self.source.read(self.chain.version().frame_header_bytes(), &mut self.frame)?;
        match payload_bytes(&self.frame) {
            Some(payload_bytes) if payload_bytes <= PAYLOAD_BYTES_MAX => {
                self.source.read(payload_bytes, &mut self.frame)
            }
            _ => Ok(()),
        }
    }

    /// Decides whether the unreadable frame at `offset` is a torn tail or damage.
    fn judge_tail(&mut self, reason: RecordError) -> Result<Option<Event>, StreamError<S::Error>> {
        let mut tail = mem::take(&mut self.frame);
        let more = (TAIL_BYTES_MAX + 1).saturating_sub(tail.len());
        self.source.read(more, &mut tail).map_err(StreamError::Source)?;
        let version = self.chain.version();
        if tail.len() > TAIL_BYTES_MAX || tail::holds_synced_frame(version, &tail[1..]) {
            let (offset, records) = (self.offset, self.chain.index());
            return Err(StreamError::Damaged { offset, records, source: reason });
        }
        self.torn = Some(TornTail { dropped_bytes: tail.len() as u64, reason });
        Ok(None)
    }
}

impl<S: ByteSource> Iterator for RecordReader<S> {
    type Item = Result<Event, StreamError<S::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.read_event();
        self.ended = !matches!(event, Ok(Some(_)));
        event.transpose()
    }
}
