//! Strategies: what the prompt of the next trial contains about failed trials.

use core::fmt;
use core::str::FromStr;

use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

/// What the prompt of the next trial contains about failed trials.
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

    /// Whether a reflection is written after a failed trial.
    pub fn reflects(self) -> bool {
        matches!(self, Self::Reflexion | Self::LastAttemptAndReflexion | Self::Retrospective)
    }

    /// Whether the next trial's prompt contains the failed trajectory.
    pub fn shows_last_attempt(self) -> bool {
        matches!(self, Self::LastAttempt | Self::LastAttemptAndReflexion)
    }

    /// Number of reflections in the next trial's prompt, at most `wanted`; 1 if the
    /// prompt also contains the last trajectory, as in Reflexion.
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

/// What the agent is shown about the result of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feedback {
    /// Whether the trial succeeded.
    Success,
    /// The return and the progress, as numbers.
    Score,
    /// The environment's description of the result.
    Text,
    /// The same, and a trial counts as passed when the environment shows its goal as reached: the
    /// return, which may rest on what the environment hides, decides nothing.
    Shown,
    /// Nothing; the agent judges its own success.
    #[serde(rename = "self")]
    Own,
}

/// Who judges whether a trial succeeded, and thereby whether there is a next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// The environment, which is always right.
    Environment,
    /// The environment by what it shows, its progress, which may be wrong.
    Progress,
    /// The agent, which may be wrong.
    Agent,
}

impl Feedback {
    /// All settings.
    pub const ALL: [Self; 5] = [Self::Success, Self::Score, Self::Text, Self::Shown, Self::Own];

    /// Who judges whether a trial succeeded.
    pub fn judge(self) -> Judge {
        match self {
            Self::Success | Self::Score | Self::Text => Judge::Environment,
            Self::Shown => Judge::Progress,
            Self::Own => Judge::Agent,
        }
    }

    /// The name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Score => "score",
            Self::Text => "text",
            Self::Shown => "shown",
            Self::Own => "self",
        }
    }
}

/// A name that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} {name:?}; choose one of {known}")]
pub struct UnknownName {
    /// The kind of name: a strategy, a feedback.
    pub what: &'static str,
    /// The name given.
    pub name: String,
    /// The known names.
    pub known: &'static str,
}

impl FromStr for Strategy {
    type Err = UnknownName;

    /// Parses a name, ignoring case.
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

    /// Parses a name, ignoring case.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownName {
            what: "feedback",
            name: name.to_string(),
            known: "success, score, text, shown, self",
        })
    }
}
