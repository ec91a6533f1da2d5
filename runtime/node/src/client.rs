//! The host's half of a session: numbers requests, and takes only their answers.
//!
//! ```text
//! request() ─► frame ─► (the host's line) ─► push(byte) … ─► Answer
//!     ▲  lost? send the same bytes again: the node acts once
//! ```
//!
//! The line, time limits and how often to try again belong to the host.

use crate::decoder::FrameDecoder;
use crate::description::DescriptionError;
use crate::frame::{self, ANSWER_FRAME_BYTES_MAX, AnswerFrame, FrameError, FrameTooLong};
use crate::message::{NodeAnswer, NodeRequest, RequestKind, Sender, VERSION};

/// One session with one node, or a look at it; one request at a time.
pub struct Client {
    sender: Sender,
    sequence: u32,
    asked: Option<RequestKind>,
    decoder: FrameDecoder<ANSWER_FRAME_BYTES_MAX>,
}

impl Client {
    /// A host that has asked nothing. `session` should differ from that of any host before
    /// it: draw it at random. Numbers begin after it, so that two clients on one line hardly
    /// take each other's answers.
    pub const fn new(session: u32) -> Self {
        Self::of(Sender::Host { session }, session)
    }

    /// One who only looks. `drawn` is where numbers begin: draw it at random.
    pub const fn observer(drawn: u32) -> Self {
        Self::of(Sender::Observer, drawn)
    }

    const fn of(sender: Sender, sequence: u32) -> Self {
        Self { sender, sequence, asked: None, decoder: FrameDecoder::new() }
    }

    /// Another session with the node, or with another. Numbers go on, so that a late copy
    /// of what was asked before is known as one. One who only looks has none.
    pub fn begin(&mut self, session: u32) {
        if let Sender::Host { .. } = self.sender {
            self.sender = Sender::Host { session };
        }
        self.asked = None;
    }

    /// Who asks.
    pub const fn sender(&self) -> Sender {
        self.sender
    }

    /// What a host asks first, and again where a node knows of no session.
    pub const fn hello() -> NodeRequest<'static> {
        NodeRequest::Hello { version: VERSION }
    }

    /// Writes the next request's frame to `out`; returns its length in bytes.
    ///
    /// From now on only this request's answer is taken. To try again, send the same
    /// bytes again.
    pub fn request(
        &mut self,
        request: &NodeRequest<'_>,
        out: &mut [u8],
    ) -> Result<usize, FrameTooLong> {
        let sequence = self.sequence.wrapping_add(1);
        let frame_bytes = frame::encode_request(sequence, self.sender, request, out)?;
        self.sequence = sequence;
        self.asked = Some(request.kind());
        Ok(frame_bytes)
    }

    /// Takes a byte from the node; returns the answer that it completes.
    ///
    /// An error concerns one frame. The answer may still come after it.
    pub fn push(&mut self, byte: u8) -> Option<Result<NodeAnswer<'_>, ClientError>> {
        let payload = self.decoder.push(byte)?;
        let answer = payload.map_err(ClientError::Frame).and_then(|payload| {
            let AnswerFrame { sequence, answer } =
                frame::read_answer(payload).map_err(ClientError::Frame)?;
            let Some(asked) = self.asked.filter(|_| sequence == self.sequence) else {
                return Err(ClientError::Unasked { sequence });
            };
            check(asked, &answer)?;
            self.asked = None;
            Ok(answer)
        });
        Some(answer)
    }
}

/// Checks that `answer` is one to a request of kind `asked`, and what it describes.
fn check(asked: RequestKind, answer: &NodeAnswer<'_>) -> Result<(), ClientError> {
    if answer.kind().is_some_and(|kind| kind != asked) {
        return Err(ClientError::OtherKind { asked });
    }
    if let NodeAnswer::Hello(hello) = answer {
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
        asked: RequestKind,
    },
    /// The node describes what cannot be.
    #[error("the node's description cannot be used")]
    Description(#[source] DescriptionError),
}
