//! A session with a node that survives damaged frames, a lost line and restarts of the node.
//!
//! ```text
//! ask ─► frame ─► line ─┬─► answer of the same number
//!          ▲            ├─► damaged, late or no answer: the same frame again
//!          └────────────┘
//! line lost: it is opened again      session over: Hello, and an error to the caller
//! ```
//!
//! Actuators stay as set during a host's session, so [`release`](NodeLink::release) or dropping
//! the link ends it. A link opened by [`watch`](NodeLink::watch) has no session.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use runtime_node::client::{Client, ClientError};
use runtime_node::frame::REQUEST_FRAME_BYTES_MAX;
use runtime_node::message::{NodeAnswer, NodeRequest, Refusal, RequestKind, Sender};

use super::line::NodeLine;
use super::patience::{self, Wait};
use super::port::Port;
use super::profile::Profile;

mod meeting;
mod farewell;
mod error;

pub use error::LinkError;

/// Timeout for an answer, repetitions included.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Wait before a lost line is opened again, or a request to a busy node is repeated.
const AGAIN: Duration = Duration::from_millis(200);

/// A session with one node, or a connection that only reads.
pub struct NodeLink {
    port: Port,
    line: Option<NodeLine>,
    client: Client,
    profile: Profile,
    /// Number of times that the session had ended on the node's side.
    restarts: u64,
    damaged: u64,
    asked_at: Instant,
    wait: Wait,
    /// Whether a new session must be opened: the node may be another one than the profile's.
    is_unmet: bool,
    /// Whether the session was ended by [`release`](Self::release).
    is_released: bool,
    /// Whether an actuator was set, or may have been.
    has_acted: bool,
}

impl NodeLink {
    /// Opens the port and a session. If another host has a session, waits until its deadline:
    /// that host may have been killed.
    pub fn open(port: Port) -> Result<Self, LinkError> {
        Self::connect(port, Client::new(draw()))
    }

    /// Opens the port only for reading, without a session.
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
        let opened = NodeLine::open(&link.port);
        link.line = Some(opened.map_err(|source| link.not_opened(source))?);
        link.profile = link.meet()?;
        link.is_unmet = false;
        Ok(link)
    }

    /// The node's description.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The node's port.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// Number of times that the session had ended on the node's side: by a restart, or because
    /// the deadline passed without a request.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Whether the session was ended by [`release`](Self::release) and not opened again.
    pub fn is_released(&self) -> bool {
        self.is_released
    }

    /// Number of unreadable frames from the node.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Time since the last answer.
    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    pub fn idle(&self) -> Duration {
        Instant::now().saturating_duration_since(self.asked_at)
    }

    /// Sends a request; `read` converts the answer, or returns `None` if the answer is of
    /// another kind.
    pub fn ask<T>(
        &mut self,
        request: &NodeRequest<'_>,
        read: impl Fn(NodeAnswer<'_>) -> Option<T>,
    ) -> Result<T, LinkError> {
        if self.is_unmet {
            return Err(self.meet_again());
        }
        self.has_acted |= request.kind() == RequestKind::Act;
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
        request: &NodeRequest<'_>,
        patience: Duration,
        read: impl Fn(NodeAnswer<'_>) -> Option<T>,
    ) -> Result<T, LinkError> {
        // A delimiter ends an incomplete frame before.
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
                    // The line may lead to another node next.
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

    /// Sends a frame and waits for its answer; `None` if none came in time.
    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    fn once<T>(
        &mut self,
        frame: &[u8],
        read: &impl Fn(NodeAnswer<'_>) -> Option<T>,
    ) -> io::Result<Option<Result<T, Refusal>>> {
        let Self { line, port, client, damaged, wait, .. } = self;
        let line = match line {
            Some(line) => line,
            none => none.insert(NodeLine::open(port)?),
        };
        line.write(frame)?;
        let sent = Instant::now();
        let (mut limit, mut is_damaged) = (wait.length(), false);
        while let Some(left) = limit.checked_sub(sent.elapsed()) {
            for byte in line.read(left)? {
                match client.push(byte) {
                    Some(Ok(NodeAnswer::Refused(refusal))) => return Ok(Some(Err(refusal))),
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
                    // No answer yet, or one to another request.
                    None | Some(Err(_)) => {}
                }
            }
        }
        if !is_damaged {
            *wait = wait.in_vain();
        }
        Ok(None)
    }

    /// The error for a refusal of the last request.
    fn refused(&self, refusal: Refusal) -> LinkError {
        match refusal {
            // Late copies have earlier numbers, so this number comes from another host.
            Refusal::Stale { .. } | Refusal::SequenceReused => self.taken(0),
            Refusal::Version { node } => LinkError::Version { port: self.port.to_string(), node },
            other => other.into(),
        }
    }

    /// Whether this link has a session, instead of only reading.
    fn acts(&self) -> bool {
        self.client.sender() != Sender::Observer
    }

    fn taken(&self, left_ms: u32) -> LinkError {
        LinkError::Taken { port: self.port.to_string(), left_s: left_ms.div_ceil(1000) }
    }

    /// Whether the line is a command that has never answered, which must not be started repeatedly.
    fn is_first_line(&self) -> bool {
        matches!(self.port, Port::Command(_)) && self.profile == Profile::default()
    }

    fn not_opened(&self, source: io::Error) -> LinkError {
        LinkError::Open { port: self.port.to_string(), source }
    }
}

/// A random number, probably different from those of earlier hosts.
fn draw() -> u32 {
    let drawn = RandomState::new().build_hasher().finish();
    u32::try_from(drawn >> 32).unwrap_or(0)
}
