//! When, where and how a run was played.

use serde::{Deserialize, Serialize};

/// The circumstances of a run: what two equal runs differ in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The session that began it.
    #[serde(flatten)]
    pub first: Session,
    /// When these results were written, in UTC, as RFC 3339 has it.
    pub end: String,
    /// The sessions that went on with it, in order; also those that found nothing left to play.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Session>,
}

/// One start of the program, up to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// When it began, in UTC, as RFC 3339 has it.
    pub start: String,
    /// The program and its arguments as they were given, without secrets.
    pub command_line: Vec<String>,
    /// What computed the models: the version, the kernels, the device. One for each that the
    /// run's models have.
    pub engines: Vec<String>,
    /// Threads of each engine on this machine; `None` where none computed here.
    pub threads: Option<u32>,
    /// The machine that played.
    pub machine: Machine,
}

/// A machine, as far as it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's model; empty where it is not known.
    pub processor: String,
    /// Cores that this program may use.
    pub cores: u32,
    /// Memory in all.
    pub memory_bytes: u64,
    /// The operating system, its version and its kernel.
    pub system: String,
}

impl Circumstances {
    /// The circumstances of a run that these sessions played, until `end`; `None` where there
    /// is none.
    pub fn new(sessions: &[Session], end: String) -> Option<Self> {
        let (first, resumed) = sessions.split_first()?;
        Some(Self { first: first.clone(), end, resumed: resumed.to_vec() })
    }
}
