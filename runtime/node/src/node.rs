//! The node's half of a session: bytes in, frames out, actuators safe.
//!
//! ```text
//! byte ─► push ─► damaged?            counted, no answer: the host asks again
//!                 said before?        the same answer again, nothing is done
//!                 late, no session?   refused by name
//!                 new                 carried out, and the answer kept
//! tend ─► host silent too long?       actuators to their safe states
//! ```
//!
//! The firmware calls [`Node::push`] for each byte and [`Node::tend`] at least as
//! often as the deadline asks. What a request does is `device`'s matter, which
//! requests are new is `session`'s.

mod device;
mod session;

use embassy_time::{Duration, Instant};

use crate::deadline::Watchdog;
use crate::decoder::Decoder;
use crate::description::DescriptionError;
use crate::frame::{
    self, ANSWER_FRAME_BYTES_MAX, CRC, FrameError, REQUEST_FRAME_BYTES_MAX, encode_answer,
};
use crate::hardware::Hardware;
use crate::memory::Memory;
use crate::message::{Answer, Refusal, VERSION};
use crate::storage::Keeper;

use device::Device;
use session::{Session, Verdict};

/// Longest frame of a refusal: direction, sequence, two variants and a number.
const REFUSAL_FRAME_BYTES_MAX: usize = 1 + 5 + 1 + 1 + 5 + frame::CRC_BYTES + 2;

/// The buffers of a node, apart from it so that they may lie in a static.
pub struct Link {
    decoder: Decoder<REQUEST_FRAME_BYTES_MAX>,
    /// The frame of the last answer; empty before the first.
    answer: [u8; ANSWER_FRAME_BYTES_MAX],
    answer_bytes: usize,
    /// A refusal that must not displace the last answer.
    refusal: [u8; REFUSAL_FRAME_BYTES_MAX],
}

impl Link {
    /// Empty buffers.
    pub const fn new() -> Self {
        Self {
            decoder: Decoder::new(),
            answer: [0; ANSWER_FRAME_BYTES_MAX],
            answer_bytes: 0,
            refusal: [0; REFUSAL_FRAME_BYTES_MAX],
        }
    }
}

impl Default for Link {
    fn default() -> Self {
        Self::new()
    }
}

/// What a node is made of.
pub struct Parts<'a, H, K, const STEPS: usize, const REFLECTIONS: usize> {
    /// The board.
    pub hardware: H,
    /// Where memory outlives the power.
    pub keeper: K,
    /// Its content is replaced by what the keeper has.
    pub memory: &'a mut Memory<STEPS, REFLECTIONS>,
    /// What was in it is forgotten.
    pub link: &'a mut Link,
}

/// An environment on a microcontroller.
pub struct Node<'a, H, K, const STEPS: usize, const REFLECTIONS: usize> {
    link: &'a mut Link,
    session: Option<Session>,
    device: Device<'a, H, K, STEPS, REFLECTIONS>,
}

impl<'a, H, K, const STEPS: usize, const REFLECTIONS: usize> Node<'a, H, K, STEPS, REFLECTIONS>
where
    H: Hardware,
    K: Keeper<STEPS, REFLECTIONS>,
{
    /// Loads memory and sets all actuators to their safe states.
    ///
    /// Only a wrong description keeps a node from starting: failures of hardware and
    /// storage are counted in its status.
    pub fn start(
        parts: Parts<'a, H, K, STEPS, REFLECTIONS>,
        now: Instant,
    ) -> Result<Self, DescriptionError> {
        let Parts { hardware, keeper, memory, link } = parts;
        hardware.description().check()?;
        *link = Link::new();
        Ok(Self { link, session: None, device: Device::start(hardware, keeper, memory, now) })
    }

    /// Takes a byte from the host; returns the frame to send where it ends a request.
    ///
    /// The frame must be sent, or the rest of it dropped, before the next byte is
    /// taken.
    pub fn push(&mut self, byte: u8, now: Instant) -> Option<&[u8]> {
        let Link { decoder, answer, answer_bytes, refusal } = &mut *self.link;
        let checked = decoder.push(byte)?;
        let request = checked.and_then(|payload| Ok((frame::read_request(payload)?, payload)));
        let (request, payload) = match request {
            Ok(request) => request,
            Err(FrameError::Version { sequence, .. }) => {
                return refuse(refusal, sequence, Refusal::Version { node: VERSION });
            }
            Err(_) => {
                self.device.count_bad_frame();
                return None;
            }
        };
        match session::judge(self.session, &request, CRC.checksum(payload)) {
            Verdict::New(session) => {
                self.device.hear(now);
                let done = self.device.carry_out(request.message, session.id, now);
                *answer_bytes = encode_answer(request.sequence, &done, answer).unwrap_or(0);
                self.session = Some(session);
            }
            Verdict::Repeated => self.device.hear(now),
            Verdict::Refused(why) => return refuse(refusal, request.sequence, why),
        }
        answer.get(..*answer_bytes).filter(|frame| !frame.is_empty())
    }

    /// Makes actuators safe where the host has been silent for too long, and feeds
    /// the watchdog unless that fails.
    pub fn tend(&mut self, now: Instant, watchdog: &mut dyn Watchdog) {
        if self.device.tend(now) {
            watchdog.feed();
        }
    }

    /// How long [`tend`](Self::tend) may wait for the host's sake; `None` while there is
    /// no host, or none any longer. The watchdog, and an actuator that could not be made
    /// safe, want it sooner: see to them at an interval of the board's own.
    pub fn time_left(&self, now: Instant) -> Option<Duration> {
        self.device.time_left(now)
    }

    /// The board, for what the firmware does beside the protocol.
    pub fn hardware(&mut self) -> &mut H {
        self.device.hardware()
    }
}

fn refuse(out: &mut [u8], sequence: u32, why: Refusal) -> Option<&[u8]> {
    let frame_bytes = encode_answer(sequence, &Answer::Refused(why), out).ok()?;
    out.get(..frame_bytes)
}
