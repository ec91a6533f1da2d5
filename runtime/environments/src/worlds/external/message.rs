//! What a program and Rebound say to each other about a world: a JSON object a line.
//!
//! ```text
//! → {"id": 1, "method": "describe"}
//! ← {"id": 1, "result": {"protocol": 1, "name": "doors", "splits": […], …}}
//! → {"id": 2, "method": "tasks", "params": {"split": "train", "from": 0}}
//! ← {"id": 2, "result": {"tasks": [{"id": "train/0", "instruction": "Get out."}], "more": false}}
//! → {"id": 3, "method": "reset", "params": {"task": "train/0"}}
//! ← {"id": 3, "result": {"observation": "Two doors.", "actions": ["open left", "open right"]}}
//! → {"id": 4, "method": "step", "params": {"action": "open left"}}
//! ← {"id": 4, "result": {"observation": "A wall.", "reward": 0, "progress": 0, "done": true}}
//! ← {"id": 4, "error": {"message": "the left door is stuck"}}
//! → {"id": 5, "method": "close"}
//! ```

use std::collections::BTreeMap;

use runtime_core::task::{Difficulty, TaskTraits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::split::Purpose;

/// The version that is spoken.
pub(super) const PROTOCOL: u32 = 1;

/// A request; its answer has the same number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Request<'a> {
    pub(super) id: u64,
    #[serde(flatten)]
    pub(super) method: Method<'a>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "method", content = "params", rename_all = "lowercase")]
pub(super) enum Method<'a> {
    /// What the world is.
    Describe,
    /// Tasks of a split, from this one on.
    Tasks { split: &'a str, from: usize },
    /// A task's beginning.
    Reset { task: &'a str },
    /// An action.
    Step { action: &'a str },
    /// The end; the program exits.
    Close,
}

impl Method<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Tasks { .. } => "tasks",
            Self::Reset { .. } => "reset",
            Self::Step { .. } => "step",
            Self::Close => "close",
        }
    }
}

/// An answer.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) result: Option<Value>,
    #[serde(default)]
    pub(super) error: Option<AnswerError>,
}

/// What was wrong, in the world's words.
#[derive(Debug, Deserialize)]
pub(super) struct AnswerError {
    pub(super) message: String,
}

/// What a world is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Description {
    /// The version of the protocol.
    pub(super) protocol: u32,
    /// The world's name, in results.
    pub(super) name: String,
    /// Its splits; without any it has the split `test`, of which nothing is learned.
    #[serde(default)]
    pub(super) splits: Vec<DescribedSplit>,
    /// The split that is played where none is named; the first for validation, or else the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) default_split: Option<String>,
    /// Greatest number of steps in an episode.
    #[serde(default = "steps_max")]
    pub(super) steps_max: u32,
    /// Whether the same task and the same actions give the same answers.
    #[serde(default = "repeats")]
    pub(super) repeats: bool,
}

fn repeats() -> bool {
    true
}

fn steps_max() -> u32 {
    30
}

/// Some of a world's tasks.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct DescribedSplit {
    /// The name.
    pub(super) name: String,
    /// What it is for.
    pub(super) purpose: DescribedPurpose,
}

/// The purpose of a split.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DescribedPurpose {
    /// Training.
    Train,
    /// Choosing adapters, settings and methods.
    Validation,
    /// The final evaluation only.
    Test,
}

impl From<Purpose> for DescribedPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Train => Self::Train,
            Purpose::Validation => Self::Validation,
            Purpose::Test => Self::Test,
        }
    }
}

impl From<DescribedPurpose> for Purpose {
    fn from(purpose: DescribedPurpose) -> Self {
        match purpose {
            DescribedPurpose::Train => Self::Train,
            DescribedPurpose::Validation => Self::Validation,
            DescribedPurpose::Test => Self::Test,
        }
    }
}

/// Tasks of a split.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct TaskPage {
    pub(super) tasks: Vec<DescribedTask>,
    /// Whether there are more behind these.
    #[serde(default)]
    pub(super) more: bool,
}

/// A task.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct DescribedTask {
    /// Its id, of which there is one in the world.
    pub(super) id: String,
    /// Its type, by which results are split.
    #[serde(default)]
    pub(super) kind: String,
    /// What is to be done; empty where the first observation says it.
    pub(super) instruction: String,
    /// How hard it is, for the analysis of runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) difficulty: Option<Difficulty>,
    /// The abilities that it needs and how much of each, 1 to 3.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) abilities: BTreeMap<String, u8>,
}

impl DescribedTask {
    /// What it says for the analysis of runs.
    pub(super) fn traits(&self) -> TaskTraits {
        let abilities = self.abilities.iter().map(|(name, weight)| (name.clone(), *weight));
        TaskTraits { difficulty: self.difficulty, abilities: abilities.collect() }
    }
}

/// The beginning of an episode.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Opening {
    pub(super) observation: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) actions: Option<Vec<String>>,
    /// The JSON schema of an action, where they are values rather than listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<Map<String, Value>>,
}

/// What an action led to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Outcome {
    pub(super) observation: String,
    #[serde(default)]
    pub(super) reward: f64,
    /// The share of what is to be done that was reached; without it the rewards so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) progress: Option<f64>,
    #[serde(default)]
    pub(super) done: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) feedback: Option<String>,
    /// Whether the world knew the action; without it, whether it was listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) known: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) actions: Option<Vec<String>>,
    /// The JSON schema of an action, where they are values rather than listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<Map<String, Value>>,
}
