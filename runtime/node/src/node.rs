//! The node's half of a session: bytes in, frames out, actuators safe.
//!
//! ```text
//! byte ─► push ─► damaged?              counted, no answer: the host asks again
//!                 said before?          the same answer again, nothing is done
//!                 late, another host's? refused by name
//!                 of one who looks?     answered beside the session, no sign of life
//!                 new                   carried out, and the answer kept
//! tend ─► host silent too long?         actuators to their safe states, session over
//! ```
//!
//! The firmware calls [`Node::push`] for each byte and [`Node::tend`] at least as
//! often as the deadline asks. What a request does is `device`'s matter, which
//! requests are new is `session`'s.

mod device;
mod session;

use embassy_time::{Duration, Instant};

use crate::deadline::{Deadline, Watchdog};
use crate::decoder::FrameDecoder;
use crate::description::DescriptionError;
use crate::frame::{
    self, ANSWER_FRAME_BYTES_MAX, CRC, FrameError, REQUEST_FRAME_BYTES_MAX, encode_answer,
};
use crate::hardware::Hardware;
use crate::memory::EpisodicMemory;
use crate::message::{NodeAnswer, Refusal, RequestKind, VERSION};
use crate::storage::Keeper;

use device::Device;
use session::{Admission, Session};

/// The buffers of a node, apart from it so that they may lie in a static.
pub struct LinkBuffers {
    decoder: FrameDecoder<REQUEST_FRAME_BYTES_MAX>,
    /// The frame of the last answer to the host; empty before the first.
    answer: [u8; ANSWER_FRAME_BYTES_MAX],
    answer_bytes: usize,
    /// The frame of a refusal, or of an answer to an observer: it must not displace the
    /// last answer.
    beside: [u8; ANSWER_FRAME_BYTES_MAX],
}

impl LinkBuffers {
    /// Empty buffers.
    pub const fn new() -> Self {
        Self {
            decoder: FrameDecoder::new(),
            answer: [0; ANSWER_FRAME_BYTES_MAX],
            answer_bytes: 0,
            beside: [0; ANSWER_FRAME_BYTES_MAX],
        }
    }

    /// Forgets what is in it. In place: a new one would stand on the stack first.
    fn clear(&mut self) {
        self.decoder.clear();
        self.answer_bytes = 0;
    }
}

impl Default for LinkBuffers {
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
    pub memory: &'a mut EpisodicMemory<STEPS, REFLECTIONS>,
    /// What was in it is forgotten.
    pub link: &'a mut LinkBuffers,
}

/// An environment on a microcontroller.
pub struct Node<'a, H, K, const STEPS: usize, const REFLECTIONS: usize> {
    link: &'a mut LinkBuffers,
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
        link.clear();
        Ok(Self { link, session: None, device: Device::start(hardware, keeper, memory, now) })
    }

    /// Takes a byte from the line; returns the frame to send where it ends a request.
    ///
    /// The frame must be sent, or the rest of it dropped, before the next byte is
    /// taken.
    pub fn push(&mut self, byte: u8, now: Instant) -> Option<&[u8]> {
        let LinkBuffers { decoder, answer, answer_bytes, beside } = &mut *self.link;
        let checked = decoder.push(byte)?;
        let asked =
            checked.and_then(|payload| Ok((frame::read_request(payload)?, CRC.checksum(payload))));
        let (asked, digest) = match asked {
            Ok(asked) => asked,
            Err(FrameError::Version { sequence, .. }) => {
                return refuse(beside, sequence, Refusal::Version { node: VERSION });
            }
            Err(_) => {
                self.device.count_bad_frame();
                return None;
            }
        };
        // What the host's silence asked for comes before what ends it.
        end_silence(&mut self.session, &mut self.device, now);
        let request = session::RequestId::new(&asked, digest);
        let host = match session::judge(self.session.as_ref(), &asked, request, now) {
            Admission::New { id } => Some(id),
            Admission::Beside => None,
            Admission::Repeated => {
                self.session.as_mut()?.hear(now);
                return answer.get(..*answer_bytes).filter(|frame| !frame.is_empty());
            }
            Admission::Refused(why) => return refuse(beside, asked.sequence, why),
        };
        if let Some(id) = host {
            let limit = Duration::from_millis(self.device.deadline_ms().into());
            self.session = Some(Session::heard(id, request, Deadline::new(limit, now)));
        }
        let has_host = self.session.is_some_and(|session| session.time_left(now).is_some());
        let out = if host.is_some() { answer } else { beside };
        let is_release = asked.request.kind() == RequestKind::Release;
        let frame_bytes = self.device.answer(asked.sequence, asked.request, (has_host, now), out);
        if host.is_some() {
            *answer_bytes = frame_bytes;
        }
        if is_release && self.device.is_safe() {
            self.session.as_mut()?.release();
        }
        out.get(..frame_bytes).filter(|frame| !frame.is_empty())
    }

    /// Makes actuators safe where the host has been silent for too long, and feeds
    /// the watchdog unless that fails.
    pub fn tend(&mut self, now: Instant, watchdog: &mut dyn Watchdog) {
        end_silence(&mut self.session, &mut self.device, now);
        if self.device.tend() {
            watchdog.feed();
        }
    }

    /// How long [`tend`](Self::tend) may wait for the host's sake; `None` while there is
    /// no host, or none any longer. The watchdog, and an actuator that could not be made
    /// safe, want it sooner: see to them at an interval of the board's own.
    pub fn time_left(&self, now: Instant) -> Option<Duration> {
        self.session?.time_left(now)
    }

    /// The board, for what the firmware does beside the protocol.
    pub fn hardware(&mut self) -> &mut H {
        self.device.hardware()
    }
}

/// Ends the session of a host that has been silent for too long.
fn end_silence<H, K, const STEPS: usize, const REFLECTIONS: usize>(
    session: &mut Option<Session>,
    device: &mut Device<'_, H, K, STEPS, REFLECTIONS>,
    now: Instant,
) where
    H: Hardware,
    K: Keeper<STEPS, REFLECTIONS>,
{
    if session.as_mut().is_some_and(|session| session.lapses(now)) {
        device.miss_deadline();
    }
}

fn refuse(out: &mut [u8], sequence: u32, why: Refusal) -> Option<&[u8]> {
    let frame_bytes = encode_answer(sequence, &NodeAnswer::Refused(why), out).ok()?;
    out.get(..frame_bytes)
}
