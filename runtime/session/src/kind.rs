//! The kinds of a run.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "Keys", into = "Keys")]
pub enum RunKind {
    /// Strategies play the same tasks.
    #[default]
    Comparison,
    /// An expert plays, whose answers an actor is to learn.
    Demonstration {
        /// How likely a step is random and no lesson, 0.0 to 1.0.
        noise: f32,
    },
    /// Failed first trials have groups of reflections, each with a next trial.
    Collection {
        /// Reflections of a group.
        members: NonZeroU32,
    },
}

impl RunKind {
    /// Reflections that a failed trial has.
    pub(crate) fn members(self) -> u32 {
        match self {
            Self::Collection { members } => members.get(),
            Self::Comparison | Self::Demonstration { .. } => 1,
        }
    }

    /// Whether what is played is there to be learned from.
    pub(crate) fn is_to_learn_from(self) -> bool {
        self != Self::Comparison
    }

    /// The program's command that plays such runs.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Comparison => "run",
            Self::Demonstration { .. } => "demonstrate",
            Self::Collection { .. } => "collect",
        }
    }
}

/// How files and settings write the kind: a comparison has no key.
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
}

impl From<RunKind> for Keys {
    fn from(kind: RunKind) -> Self {
        match kind {
            RunKind::Comparison => Self::default(),
            RunKind::Demonstration { noise } => {
                Self { demonstration: Some(Demonstration { noise }), ..Self::default() }
            }
            RunKind::Collection { members } => {
                Self { collection: Some(Collection { members }), ..Self::default() }
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
            (None, Some(Collection { members })) => Ok(Self::Collection { members }),
            (Some(_), Some(_)) => Err("a run is a demonstration or a collection, not both"),
        }
    }
}
