//! Strategies: what the prompt of the next trial contains about failed trials.

use core::fmt;
use core::str::FromStr;

use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};

use crate::choice::Counted;

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
    /// Nothing, as in the control arm; of these independent trials the best by progress counts.
    Rerank,
    /// The best trajectory so far and the reflection on it, at most three times the same; the best
    /// trial by progress counts (`reflexion-ucs` of Reflexion's programs, Shinn et al. 2023).
    Search,
    /// Reflections that the actor wrote without having seen any results: nothing of a trial is known
    /// before the last one (the ablation of the same name in Reflexion's programs).
    ImmediateReflexion,
}

/// Other names of strategies: those that Reflexion's programs have for them (Shinn et al. 2023).
const ALIASES: [(&str, Strategy); 2] =
    [("immediate-refinement", Strategy::LastAttempt), ("reflexion-ucs", Strategy::Search)];

impl Strategy {
    /// All strategies, the control arm first.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::LastAttempt,
        Self::Reflexion,
        Self::LastAttemptAndReflexion,
        Self::Retrospective,
        Self::Rerank,
        Self::Search,
        Self::ImmediateReflexion,
    ];

    /// The name in options, files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::LastAttempt => "last-attempt",
            Self::Reflexion => "reflexion",
            Self::LastAttemptAndReflexion => "last-attempt-and-reflexion",
            Self::Retrospective => "retrospective",
            Self::Rerank => "rerank",
            Self::Search => "search",
            Self::ImmediateReflexion => "immediate-reflexion",
        }
    }

    /// The other names that are read as it.
    pub fn aliases(self) -> impl Iterator<Item = &'static str> {
        ALIASES.into_iter().filter(move |(_, strategy)| *strategy == self).map(|(name, _)| name)
    }

    /// Whether anything of a trial's results is known before the last trial.
    pub fn sees_results(self) -> bool {
        self != Self::ImmediateReflexion
    }

    /// Who judges whether a trial succeeded, where the agent is shown `feedback`.
    pub fn judge(self, feedback: Feedback) -> Judge {
        if self.sees_results() { feedback.judge() } else { Judge::Nobody }
    }

    /// What the agent is shown about the result of a trial, where `asked` is the setting.
    pub fn feedback(self, asked: Feedback) -> Feedback {
        // Of a trajectory without results the text says that there are none.
        if self.sees_results() { asked } else { Feedback::Text }
    }

    /// Whether a reflection is written after a failed trial.
    pub fn reflects(self) -> bool {
        !matches!(self, Self::None | Self::LastAttempt | Self::Rerank)
    }

    /// Whether the next trial's prompt contains a failed trajectory.
    pub fn shows_last_attempt(self) -> bool {
        matches!(self, Self::LastAttempt | Self::LastAttemptAndReflexion | Self::Search)
    }

    /// Which of a task's trials counts.
    pub fn counted(self) -> Counted {
        match self {
            Self::Rerank | Self::Search => Counted::Best,
            _ => Counted::Last,
        }
    }

    /// Number of reflections in the next trial's prompt, at most `wanted`; 1 if the
    /// prompt also contains a trajectory, as in Reflexion.
    pub fn reflections_shown(self, wanted: usize) -> usize {
        match self {
            Self::None | Self::LastAttempt | Self::Rerank => 0,
            Self::LastAttemptAndReflexion | Self::Search => wanted.min(1),
            Self::Reflexion | Self::Retrospective | Self::ImmediateReflexion => wanted,
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
    /// Nobody: every trial is followed by the next.
    Nobody,
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

    /// Parses a name or another name of the same, ignoring case.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let is_it = |known: &str| known.eq_ignore_ascii_case(name);
        let found = Self::ALL
            .into_iter()
            .find(|strategy| is_it(strategy.name()) || strategy.aliases().any(is_it));
        found.ok_or_else(|| UnknownName {
            what: "strategy",
            name: name.to_string(),
            known: "none, last-attempt, reflexion, last-attempt-and-reflexion, retrospective, rerank, \
                    search, immediate-reflexion",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategies_are_read_by_their_names_and_those_of_reflexion() {
        for strategy in Strategy::ALL {
            assert_eq!(strategy.name().parse(), Ok(strategy));
        }
        assert_eq!("Immediate-Refinement".parse(), Ok(Strategy::LastAttempt));
        assert_eq!("reflexion-ucs".parse(), Ok(Strategy::Search));
        let unknown = "simple".parse::<Strategy>().unwrap_err();
        assert!(Strategy::ALL.iter().all(|strategy| unknown.known.contains(strategy.name())));
    }
}
