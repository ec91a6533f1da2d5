//! When, where and how a run was played.

use serde::{Deserialize, Serialize};

/// The circumstances of a run, in which repeated runs differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The first session.
    #[serde(flatten)]
    pub first: RunSession,
    /// When these results were written, in UTC, in the format of RFC 3339.
    pub end: String,
    /// The sessions that resumed it, in order, including those with nothing left to play.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<RunSession>,
}

/// A session: one execution of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSession {
    /// When it began, in UTC, in the format of RFC 3339.
    pub start: String,
    /// The program and its arguments, without secrets.
    pub command_line: Vec<String>,
    /// Version, kernels and device of each inference engine.
    pub engines: Vec<String>,
    /// Number of threads of each engine on this machine; `None` if no engine ran here.
    pub threads: Option<u32>,
    /// When the engine's settings were measured to be this machine's fastest for the actor, in
    /// the format of RFC 3339; `None` where they were not, or others were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuned: Option<String>,
    /// The machine.
    pub machine: Machine,
}

/// A description of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's model; empty if unknown.
    pub processor: String,
    /// Number of cores that this program may use.
    pub cores: u32,
    /// Size of the memory.
    pub memory_bytes: u64,
    /// The operating system, its version and its kernel.
    pub system: String,
}

impl Circumstances {
    /// The circumstances of a run with these sessions, up to `end`; `None` without sessions.
    pub fn new(sessions: &[RunSession], end: String) -> Option<Self> {
        let (first, resumed) = sessions.split_first()?;
        Some(Self { first: first.clone(), end, resumed: resumed.to_vec() })
    }
}
