//! The kinds of a run.

use std::num::NonZeroU32;

use runtime_core::group::GroupSettings;
use serde::{Deserialize, Serialize};

/// The kind of a run.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Keys", into = "Keys")]
pub enum RunKind {
    /// Strategies are compared on the same tasks.
    #[default]
    Comparison,
    /// An expert is recorded as training data for an actor.
    Demonstration {
        /// Probability of a random action in a step, which training skips, 0.0 to 1.0.
        noise: f32,
    },
    /// Groups of reflections are sampled for failed trials, each with next trials.
    Collection {
        /// Number of distinct reflections in a group.
        members: NonZeroU32,
        /// Number of next trials of each; `None` in runs from before there was such a number,
        /// which have two trials.
        next_trials: Option<NonZeroU32>,
    },
}

impl RunKind {
    /// The reflections for a failed trial.
    pub(crate) fn group(self) -> GroupSettings {
        match self {
            Self::Collection { members, next_trials } => GroupSettings {
                members: members.get(),
                next_trials: next_trials.map(NonZeroU32::get),
            },
            Self::Comparison | Self::Demonstration { .. } => GroupSettings::NONE,
        }
    }

    /// Whether the run is training data.
    pub(crate) fn is_to_learn_from(self) -> bool {
        self != Self::Comparison
    }

    /// The program's command for such runs.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Comparison => "run",
            Self::Demonstration { .. } => "demonstrate",
            Self::Collection { .. } => "collect",
        }
    }
}

/// The form of the kind in files and settings: a comparison has no key.
#[derive(Default, Deserialize, Serialize)]
struct Keys {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    demonstration: Option<Demonstration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collection: Option<Collection>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Demonstration {
    noise: f32,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Collection {
    members: NonZeroU32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_trials: Option<NonZeroU32>,
}

impl From<RunKind> for Keys {
    fn from(kind: RunKind) -> Self {
        match kind {
            RunKind::Comparison => Self::default(),
            RunKind::Demonstration { noise } => {
                Self { demonstration: Some(Demonstration { noise }), ..Self::default() }
            }
            RunKind::Collection { members, next_trials } => {
                let collection = Some(Collection { members, next_trials });
                Self { collection, ..Self::default() }
            }
        }
    }
}

impl TryFrom<Keys> for RunKind {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        match (keys.demonstration, keys.collection) {
            (None, None) => Ok(Self::Comparison),
            (Some(Demonstration { noise }), None) => Ok(Self::Demonstration { noise }),
            (None, Some(Collection { members, next_trials })) => {
                Ok(Self::Collection { members, next_trials })
            }
            (Some(_), Some(_)) => Err("a run is a demonstration or a collection, not both"),
        }
    }
}
