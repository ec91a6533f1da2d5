//! The host's half of a session: numbers requests, and takes only their answers.
//!
//! ```text
//! request() ─► frame ─► (the host's line) ─► push(byte) … ─► Answer
//!     ▲  lost? send the same bytes again: the node acts once
//! ```
//!
//! The line, time limits and how often to try again belong to the host.

use crate::decoder::Decoder;
use crate::description::DescriptionError;
use crate::frame::{self, ANSWER_FRAME_BYTES_MAX, FrameError, FrameTooLong};
use crate::message::{Answer, Kind, Request, VERSION};

/// One session with one node, one request at a time.
pub struct Client {
    session: u32,
    sequence: u32,
    asked: Option<Kind>,
    decoder: Decoder<ANSWER_FRAME_BYTES_MAX>,
}

impl Client {
    /// A client that has asked nothing. `session` should differ from that of any
    /// client before it: draw it at random.
    pub const fn new(session: u32) -> Self {
        Self { session, sequence: 0, asked: None, decoder: Decoder::new() }
    }

    /// Another session with the node, or with another. Numbers go on, so that a late copy
    /// of what was asked before is known as one.
    pub fn begin(&mut self, session: u32) {
        self.session = session;
        self.asked = None;
    }

    /// What to ask first, and again where a node knows of no session.
    pub fn hello(&self) -> Request<'static> {
        Request::Hello { version: VERSION, session: self.session }
    }

    /// Writes the next request's frame to `out`; returns its length in bytes.
    ///
    /// From now on only this request's answer is taken. To try again, send the same
    /// bytes again.
    pub fn request(
        &mut self,
        request: &Request<'_>,
        out: &mut [u8],
    ) -> Result<usize, FrameTooLong> {
        let sequence = self.sequence.wrapping_add(1);
        let frame_bytes = frame::encode_request(sequence, request, out)?;
        self.sequence = sequence;
        self.asked = Some(request.kind());
        Ok(frame_bytes)
    }

    /// Takes a byte from the node; returns the answer that it completes.
    ///
    /// An error concerns one frame. The answer may still come after it.
    pub fn push(&mut self, byte: u8) -> Option<Result<Answer<'_>, ClientError>> {
        let payload = self.decoder.push(byte)?;
        let answer = payload.map_err(ClientError::Frame).and_then(|payload| {
            let numbered = frame::read_answer(payload).map_err(ClientError::Frame)?;
            let Some(asked) = self.asked.filter(|_| numbered.sequence == self.sequence) else {
                return Err(ClientError::Unasked { sequence: numbered.sequence });
            };
            check(asked, self.session, &numbered.message)?;
            self.asked = None;
            Ok(numbered.message)
        });
        Some(answer)
    }
}

/// Checks that `answer` is one to a request of kind `asked`, and what it describes.
fn check(asked: Kind, session: u32, answer: &Answer<'_>) -> Result<(), ClientError> {
    if answer.kind().is_some_and(|kind| kind != asked) {
        return Err(ClientError::OtherKind { asked });
    }
    if let Answer::Hello(hello) = answer {
        if hello.session != session {
            return Err(ClientError::OtherSession { session: hello.session });
        }
        hello.description().check().map_err(ClientError::Description)?;
    }
    Ok(())
}

/// Why a frame from the node is not the awaited answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The frame is damaged, or of another version.
    #[error("the node's frame cannot be read")]
    Frame(#[source] FrameError),
    /// An answer to an earlier request, or one that was answered already.
    #[error("answer {sequence} was not asked for")]
    Unasked {
        /// Its number.
        sequence: u32,
    },
    /// The number is right, and the answer is to something else.
    #[error("the answer is not one to {asked:?}")]
    OtherKind {
        /// What was asked.
        asked: Kind,
    },
    /// A `Hello` to another client.
    #[error("the answer is for session {session}")]
    OtherSession {
        /// The session it is for.
        session: u32,
    },
    /// The node describes what cannot be.
    #[error("the node's description cannot be used")]
    Description(#[source] DescriptionError),
}
