//! A session with a node that outlasts a bad line, a lost one, and a node that starts anew.
//!
//! ```text
//! ask ─► frame ─► line ─┬─► answer of the same number
//!          ▲            ├─► damaged, late, none in time: the same frame again
//!          └────────────┘
//! line lost: it is opened again      session over: Hello, and the caller is told
//! ```
//!
//! A host's session keeps actuators where they were set, so it is ended by
//! [`release`](Link::release), or when the link is dropped. One who only looks has none.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use runtime_node::client::{Client, ClientError};
use runtime_node::frame::REQUEST_FRAME_BYTES_MAX;
use runtime_node::message::{Answer, Kind, Refusal, Request, Sender};

use super::line::Line;
use super::patience::{self, Wait};
use super::port::Port;
use super::profile::Profile;

mod meeting;
mod farewell;
mod error;

pub use error::LinkError;

/// How long a node may be silent in all.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before a lost line is opened again, or a busy node asked again.
const AGAIN: Duration = Duration::from_millis(200);

/// A session with one node, or a look at it.
pub struct Link {
    port: Port,
    line: Option<Line>,
    client: Client,
    profile: Profile,
    /// Times that the session was found to be over.
    restarts: u64,
    damaged: u64,
    asked_at: Instant,
    wait: Wait,
    /// Whether there may be no session, or one with another node than the profile's.
    is_unmet: bool,
    /// Whether the session was ended by this side.
    is_released: bool,
    /// Whether an actuator was set, or ought to have been.
    has_acted: bool,
}

impl Link {
    /// Opens the port and a session to act in. Where another host acts, waits until that one
    /// would have been silent for too long: it may have been killed.
    pub fn open(port: Port) -> Result<Self, LinkError> {
        Self::connect(port, Client::new(draw()))
    }

    /// Opens the port to look on: nothing is changed, and nothing kept going.
    pub fn watch(port: Port) -> Result<Self, LinkError> {
        Self::connect(port, Client::observer(draw()))
    }

    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    fn connect(port: Port, client: Client) -> Result<Self, LinkError> {
        let mut link = Self {
            line: None,
            client,
            profile: Profile::default(),
            restarts: 0,
            damaged: 0,
            asked_at: Instant::now(),
            wait: Wait::new(),
            is_unmet: true,
            is_released: false,
            has_acted: false,
            port,
        };
        let opened = Line::open(&link.port);
        link.line = Some(opened.map_err(|source| link.not_opened(source))?);
        link.profile = link.meet()?;
        link.is_unmet = false;
        Ok(link)
    }

    /// What the node says of itself.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Where the node is reached.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// Times that the session was found to be over: the node had started anew, or heard
    /// nothing for too long.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Whether the session was ended by [`release`](Self::release), and not begun again.
    pub fn is_released(&self) -> bool {
        self.is_released
    }

    /// Frames from the node that could not be read.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Since the last answer.
    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    pub fn idle(&self) -> Duration {
        Instant::now().saturating_duration_since(self.asked_at)
    }

    /// Asks; `read` takes what it wants out of the answer, or nothing where it is not the
    /// kind that was asked for.
    pub fn ask<T>(
        &mut self,
        request: &Request<'_>,
        read: impl Fn(Answer<'_>) -> Option<T>,
    ) -> Result<T, LinkError> {
        if self.is_unmet {
            return Err(self.meet_again());
        }
        self.has_acted |= request.kind() == Kind::Act;
        match self.exchange(request, PATIENCE, read) {
            Err(LinkError::Refused(Refusal::NoSession)) => Err(self.meet_again()),
            Err(LinkError::Refused(Refusal::Busy { left_ms })) => Err(self.taken(left_ms)),
            other => other,
        }
    }

    /// Sends a request until its answer comes.
    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    fn exchange<T>(
        &mut self,
        request: &Request<'_>,
        patience: Duration,
        read: impl Fn(Answer<'_>) -> Option<T>,
    ) -> Result<T, LinkError> {
        // A delimiter ends whatever was cut before.
        let mut frame = [0; REQUEST_FRAME_BYTES_MAX + 1];
        let frame_bytes =
            self.client.request(request, &mut frame[1..]).map_err(|_| LinkError::TooLong)?;
        let start = Instant::now();
        let (mut is_first, mut lost) = (true, None);
        while start.elapsed() < patience {
            let sent = Instant::now();
            match self.once(&frame[..=frame_bytes], &read) {
                Ok(Some(answer)) => {
                    self.asked_at = Instant::now();
                    if is_first {
                        self.wait = self.wait.answered(sent.elapsed());
                    }
                    return answer.map_err(|refusal| self.refused(refusal));
                }
                Ok(None) => lost = None,
                Err(source) if self.is_first_line() => {
                    return Err(LinkError::Lost { port: self.port.to_string(), source });
                }
                Err(error) => {
                    self.line = None;
                    // It may be another node that is there next.
                    self.is_unmet |= !self.acts();
                    thread::sleep(AGAIN);
                    lost = Some(error);
                }
            }
            is_first = false;
        }
        let port = self.port.to_string();
        match lost {
            Some(source) => Err(LinkError::Lost { port, source }),
            None => Err(LinkError::Silent { port, damaged: self.damaged }),
        }
    }

    /// Sends a frame and waits for its answer; `None` where none came in time.
    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    fn once<T>(
        &mut self,
        frame: &[u8],
        read: &impl Fn(Answer<'_>) -> Option<T>,
    ) -> io::Result<Option<Result<T, Refusal>>> {
        let Self { line, port, client, damaged, wait, .. } = self;
        let line = match line {
            Some(line) => line,
            none => none.insert(Line::open(port)?),
        };
        line.write(frame)?;
        let sent = Instant::now();
        let (mut limit, mut is_damaged) = (wait.length(), false);
        while let Some(left) = limit.checked_sub(sent.elapsed()) {
            for byte in line.read(left)? {
                match client.push(byte) {
                    Some(Ok(Answer::Refused(refusal))) => return Ok(Some(Err(refusal))),
                    Some(Ok(answer)) => {
                        if let Some(answer) = read(answer) {
                            return Ok(Some(Ok(answer)));
                        }
                    }
                    // It may have been the answer.
                    Some(Err(ClientError::Frame(_))) => {
                        *damaged += 1;
                        is_damaged = true;
                        limit = limit.min(sent.elapsed() + patience::MIN);
                    }
                    // Nothing yet, or what could be read and was not waited for.
                    None | Some(Err(_)) => {}
                }
            }
        }
        if !is_damaged {
            *wait = wait.in_vain();
        }
        Ok(None)
    }

    /// What a refusal of the request that was just sent means.
    fn refused(&self, refusal: Refusal) -> LinkError {
        match refusal {
            // Late copies have earlier numbers, so others than this host are ahead of it.
            Refusal::Stale { .. } | Refusal::SequenceReused => self.taken(0),
            Refusal::Version { node } => LinkError::Version { port: self.port.to_string(), node },
            other => other.into(),
        }
    }

    /// Whether this is a host, and not one who only looks.
    fn acts(&self) -> bool {
        self.client.sender() != Sender::Observer
    }

    fn taken(&self, left_ms: u32) -> LinkError {
        LinkError::Taken { port: self.port.to_string(), left_s: left_ms.div_ceil(1000) }
    }

    /// Whether nobody has answered yet a command that is not to be run again and again.
    fn is_first_line(&self) -> bool {
        matches!(self.port, Port::Command(_)) && self.profile == Profile::default()
    }

    fn not_opened(&self, source: io::Error) -> LinkError {
        LinkError::Open { port: self.port.to_string(), source }
    }
}

/// A number that hosts before this one hardly drew.
fn draw() -> u32 {
    let drawn = RandomState::new().build_hasher().finish();
    u32::try_from(drawn >> 32).unwrap_or(0)
}
