//! Requests and answers: the words between host and node.
//!
//! ```text
//! request  0x51 · sequence u32 · message · sender
//! answer   0x41 · sequence u32 · message
//! message  variant (its place in the enum, from 0) · its fields in order
//! sender   0 · session u32, for the host that acts; 1, for one who only looks
//! ```
//!
//! Numbers are postcard's: `u8` is one byte, wider ones are varints, signed ones
//! zigzag varints, strings and lists begin with their length, an option with 0 or
//! 1. A payload is one message: bytes after it are an error.
//!
//! What no version may change, so that any two can tell that they differ: the
//! direction, the sequence, `Hello` as variant 0 with its version first, `Refused`
//! as answer 1, and `Refusal::Version` as refusal 0. Every other change of layout
//! is a new [`VERSION`]. Version 1 had no senders.
//!
//! One host acts at a time, in a session of its own; only its requests keep
//! actuators where they were set. Whoever only looks needs no session, and is no
//! sign of life. The host numbers its requests upwards within a session, and each
//! answer carries its request's number. How messages become bytes on a line is
//! [`frame`](crate::frame)'s matter.

mod refusal;

use heapless::Vec;
use serde::{Deserialize, Serialize};

use crate::description::{
    ACTUATORS_MAX, Actuator, Description, Range, Readings, SENSORS_MAX, Sensor,
};
use crate::memory::{RememberedStep, StoredReflection};

pub use refusal::Refusal;

/// The version of the protocol that this code speaks.
pub const VERSION: u16 = 2;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sender {
    /// The host that acts. Each of its requests is a sign of life.
    Host {
        /// A number that the host draws when it starts, so that no other host's requests
        /// are taken for its own.
        session: u32,
    },
    /// One who only looks: what it asks changes nothing and keeps nothing going.
    Observer,
}

/// What is asked of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeRequest<'a> {
    /// Who are you? Opens the session of a host; its first request after either side
    /// started.
    Hello {
        /// The sender's [`VERSION`].
        version: u16,
    },
    /// Set an actuator.
    Act {
        /// Its place in the description.
        actuator: u8,
        /// The value, as its scale counts.
        value: i32,
    },
    /// Read all sensors.
    Observe,
    /// Begin an episode: actuators to their safe states, simulations to their start.
    Reset {
        /// Seeds what is random, where the hardware is simulated.
        seed: u32,
    },
    /// Keep a reflection.
    Remember {
        /// The host's number for the task that it is about.
        task: u32,
        /// At most [`REFLECTION_BYTES_MAX`](crate::memory::REFLECTION_BYTES_MAX).
        text: &'a str,
    },
    /// Tell one thing that is remembered.
    Recall {
        /// Which kind of thing.
        kind: Recollection,
        /// 0 is the latest.
        age: u8,
    },
    /// How are you?
    Status,
    /// The host goes: actuators to their safe states, and the session is over.
    Release,
}

/// What a node remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recollection {
    /// An action and what it led to.
    Step,
    /// Advice that the host left.
    Reflection,
}

/// What a node answers. All but `Refused` bear their request's name.
#[allow(clippy::large_enum_variant, reason = "there is no allocator to box the greatest in")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeAnswer<'a> {
    /// Who the node is.
    #[serde(borrow)]
    Hello(Hello<'a>),
    /// The request was not carried out.
    Refused(Refusal),
    /// What there was to see right after the action.
    Act(Observation),
    /// What there is to see.
    Observe(Observation),
    /// What there is to see at the start of the episode.
    Reset(Observation),
    /// The reflection is kept; where memory outlives the power, it is in flash.
    Remember,
    /// `None` if nothing of that age is remembered.
    RecallStep(Option<RememberedStep>),
    /// `None` if nothing of that age is remembered.
    RecallReflection(#[serde(borrow)] Option<StoredReflection<'a>>),
    /// How the node fares.
    Status(Status),
    /// What there is to see now that the actuators are safe.
    Release(Observation),
}

/// Who a node is. The host makes its prompt and admissible actions of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// The node's [`VERSION`].
    pub version: u16,
    /// See [`Description::name`].
    pub name: &'a str,
    /// See [`Description::deadline_ms`].
    pub deadline_ms: u32,
    /// Most steps that the node remembers.
    pub steps_max: u16,
    /// Most reflections that the node remembers.
    pub reflections_max: u16,
    /// Whether memory outlives a power cut.
    pub outlives_power: bool,
    /// See [`Description::sensors`].
    #[serde(borrow)]
    pub sensors: Vec<Sensor<'a>, SENSORS_MAX>,
    /// See [`Description::actuators`].
    #[serde(borrow)]
    pub actuators: Vec<Actuator<'a>, ACTUATORS_MAX>,
}

impl Hello<'_> {
    /// The node's account of itself.
    pub fn description(&self) -> Description<'_> {
        Description {
            name: self.name,
            deadline_ms: self.deadline_ms,
            sensors: &self.sensors,
            actuators: &self.actuators,
        }
    }
}

/// What there is to see, and what may be done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The episode that the observation belongs to; counts resets.
    pub episode: u32,
    /// One a sensor.
    pub readings: Readings,
    /// One an actuator, in the order of the description.
    pub actuators: Vec<ActuatorState, ACTUATORS_MAX>,
}

/// Where an actuator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActuatorState {
    /// What it was last set to.
    pub value: i32,
    /// What it may be set to now, within its scale; `None` if it may not move.
    pub admissible: Option<Range>,
}

/// How a node fares. Counts go on from the node's start and stop at their greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Since the node started.
    pub uptime_ms: u64,
    /// The current episode.
    pub episode: u32,
    /// Steps remembered.
    pub steps: u16,
    /// Reflections remembered.
    pub reflections: u16,
    /// Frames that came in damaged.
    pub frames_bad: u32,
    /// Times that the host was silent for longer than the deadline.
    pub deadlines_missed: u32,
    /// Times that an actuator or a reset failed.
    pub faults: u32,
    /// Times that memory could not be loaded or saved.
    pub storage_failures: u32,
    /// Whether an actuator ought to be in its safe state and could not be set to it.
    pub safe_state_owed: bool,
    /// Whether a host's session is open.
    pub has_host: bool,
}

/// Which request a message is, or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the requests")]
pub enum RequestKind {
    Hello,
    Act,
    Observe,
    Reset,
    Remember,
    RecallStep,
    RecallReflection,
    Status,
    Release,
}

impl NodeRequest<'_> {
    /// Which request this is.
    pub fn kind(&self) -> RequestKind {
        match self {
            Self::Hello { .. } => RequestKind::Hello,
            Self::Act { .. } => RequestKind::Act,
            Self::Observe => RequestKind::Observe,
            Self::Reset { .. } => RequestKind::Reset,
            Self::Remember { .. } => RequestKind::Remember,
            Self::Recall { kind: Recollection::Step, .. } => RequestKind::RecallStep,
            Self::Recall { kind: Recollection::Reflection, .. } => RequestKind::RecallReflection,
            Self::Status => RequestKind::Status,
            Self::Release => RequestKind::Release,
        }
    }

    /// Whether it changes nothing, so that an observer may ask it.
    pub fn only_looks(&self) -> bool {
        matches!(self, Self::Hello { .. } | Self::Observe | Self::Recall { .. } | Self::Status)
    }
}

impl NodeAnswer<'_> {
    /// Which request this answers; `None` for a refusal, which answers any.
    pub fn kind(&self) -> Option<RequestKind> {
        Some(match self {
            Self::Hello(_) => RequestKind::Hello,
            Self::Refused(_) => return None,
            Self::Act(_) => RequestKind::Act,
            Self::Observe(_) => RequestKind::Observe,
            Self::Reset(_) => RequestKind::Reset,
            Self::Remember => RequestKind::Remember,
            Self::RecallStep(_) => RequestKind::RecallStep,
            Self::RecallReflection(_) => RequestKind::RecallReflection,
            Self::Status(_) => RequestKind::Status,
            Self::Release(_) => RequestKind::Release,
        })
    }
}
