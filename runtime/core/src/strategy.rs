//! What a next trial is told about the failed one: the names of the arms.

use core::fmt;
use core::str::FromStr;

use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

/// What a next trial is told about the failed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Nothing: a plain retry, the control arm.
    None,
    /// The last trajectory.
    LastAttempt,
    /// Reflections that the actor wrote itself (Reflexion, Shinn et al. 2023).
    Reflexion,
    /// The last trajectory and the newest reflection.
    LastAttemptAndReflexion,
    /// Reflections by a second model that can be trained (Retroformer, Yao et
    /// al. 2024).
    Retrospective,
}

impl Strategy {
    /// All strategies, the control arm first.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::LastAttempt,
        Self::Reflexion,
        Self::LastAttemptAndReflexion,
        Self::Retrospective,
    ];

    /// The name in options, files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::LastAttempt => "last-attempt",
            Self::Reflexion => "reflexion",
            Self::LastAttemptAndReflexion => "last-attempt-and-reflexion",
            Self::Retrospective => "retrospective",
        }
    }

    /// Whether a failure is followed by a reflection.
    pub fn reflects(self) -> bool {
        matches!(self, Self::Reflexion | Self::LastAttemptAndReflexion | Self::Retrospective)
    }

    /// Whether the next trial sees the failed trajectory itself.
    pub fn shows_last_attempt(self) -> bool {
        matches!(self, Self::LastAttempt | Self::LastAttemptAndReflexion)
    }

    /// How many of `wanted` reflections the next trial sees: beside the last
    /// trajectory only the newest, as in Reflexion.
    pub fn reflections_shown(self, wanted: usize) -> usize {
        match self {
            Self::None | Self::LastAttempt => 0,
            Self::LastAttemptAndReflexion => wanted.min(1),
            Self::Reflexion | Self::Retrospective => wanted,
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What the agent may learn about its success between trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feedback {
    /// Whether it succeeded.
    Success,
    /// Its return and progress, as numbers.
    Score,
    /// The environment's account of how the episode stood.
    Text,
    /// Nothing but what it judges itself.
    #[serde(rename = "self")]
    Own,
}

/// Who says whether a trial succeeded, and with that whether there is a next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// The environment, which knows.
    Environment,
    /// The agent, which may be wrong.
    Agent,
}

impl Feedback {
    /// All settings.
    pub const ALL: [Self; 4] = [Self::Success, Self::Score, Self::Text, Self::Own];

    /// Who says whether a trial succeeded.
    pub fn judge(self) -> Judge {
        match self {
            Self::Success | Self::Score | Self::Text => Judge::Environment,
            Self::Own => Judge::Agent,
        }
    }

    /// The name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Score => "score",
            Self::Text => "text",
            Self::Own => "self",
        }
    }
}

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name:?}; choose one of {known}")]
pub struct UnknownName {
    /// What was asked for: a strategy, a feedback.
    pub what: &'static str,
    /// The name given.
    pub name: String,
    /// The names that would do.
    pub known: &'static str,
}

impl FromStr for Strategy {
    type Err = UnknownName;

    /// Reads a name; its case does not matter.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownName {
            what: "strategy",
            name: name.to_string(),
            known: "none, last-attempt, reflexion, last-attempt-and-reflexion, retrospective",
        })
    }
}

impl FromStr for Feedback {
    type Err = UnknownName;

    /// Reads a name; its case does not matter.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownName {
            what: "feedback",
            name: name.to_string(),
            known: "success, score, text, self",
        })
    }
}
