//! Reads a stream, one frame in memory at a time, and judges its end.
//!
//! ```text
//! whole frames │ a frame that cannot be read │ rest
//!              └ no synced frame in the rest: a torn tail, left out with notice
//!              └ a synced frame in the rest: damage, an error
//! ```
//!
//! What was synced cannot be lost to a power cut, so where a synced frame follows, the
//! medium itself is at fault. Where none does, the system may have written the last
//! pages in any order: zeros, and whole frames after a hole, are no sign of damage. A
//! whole frame out of its order is none of a power cut's doing either.
//!
//! Where the bytes come from is left to a [`Source`].

use alloc::vec::Vec;
use core::convert::Infallible;
use core::mem;

use super::{
    Chain, HEADER_BYTES, PAYLOAD_BYTES_MAX, RecordError, Version, chain::payload_bytes, tail,
};
use crate::event::Event;

/// No torn tail is longer; what is longer is damage without a closer look.
const TAIL_BYTES_MAX: usize = 2 * PAYLOAD_BYTES_MAX;

/// Where bytes come from, in order.
pub trait Source {
    /// Why there are none.
    type Error;

    /// Adds at most `bytes_max` bytes; fewer only where the stream ends. Memory grows with
    /// what is there, not with what is asked for.
    fn read(&mut self, bytes_max: usize, into: &mut Vec<u8>) -> Result<(), Self::Error>;
}

impl Source for &[u8] {
    type Error = Infallible;

    fn read(&mut self, bytes_max: usize, into: &mut Vec<u8>) -> Result<(), Infallible> {
        let (now, later) = self.split_at(bytes_max.min(self.len()));
        into.extend_from_slice(now);
        *self = later;
        Ok(())
    }
}

/// What a power cut left at the end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log's last {dropped_bytes} bytes are no whole record and were left out: {reason}")]
pub struct TornTail {
    /// How much of the stream is left out.
    pub dropped_bytes: u64,
    /// Why the first of it is no record.
    pub reason: RecordError,
}

/// Why a stream cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError<E> {
    /// Its source gives no bytes.
    #[error("the records cannot be read")]
    Source(#[source] E),
    /// It breaks off before its first frame.
    #[error("the records break off before the first of them")]
    Unbegun,
    /// It is something else, or of another version.
    #[error(transparent)]
    Header(RecordError),
    /// A frame that was safe on the medium is damaged.
    #[error(
        "damaged at byte {offset}, after {records} whole records, and records follow the damage: {source}"
    )]
    Damaged {
        /// Where the damaged frame begins.
        offset: u64,
        /// Frames before it.
        records: u32,
        /// What is wrong with it.
        source: RecordError,
    },
    /// A whole frame is not the one that belongs there.
    #[error("records were doubled, dropped or swapped at byte {offset}: {source}")]
    Disordered {
        /// Where the frame begins.
        offset: u64,
        /// What belongs there.
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
pub struct Reader<S> {
    source: S,
    chain: Chain,
    frame: Vec<u8>,
    /// Where the next frame begins.
    offset: u64,
    torn: Option<TornTail>,
    ended: bool,
}

impl<S: Source> Reader<S> {
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

    /// What stood at the end and was no frame; known once the events are used up.
    pub fn torn(&self) -> Option<TornTail> {
        self.torn
    }

    /// Length of the header and the frames so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the next frame belongs.
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

    /// Reads the bytes of one frame, fewer where the stream ends or the length cannot be
    /// believed.
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

    /// Decides what it means that the frame at `offset` cannot be read.
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

impl<S: Source> Iterator for Reader<S> {
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
