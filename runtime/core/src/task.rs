//! Tasks and their limits.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// A problem with an instruction, a seed and limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Identifies the task within its environment, for example
    /// `valid_seen/pick_and_place_simple-…/trial_T2019…` or `test/easy/17`.
    pub id: String,
    /// The task type that results are grouped by, for example
    /// `pick_and_place_simple`.
    pub kind: String,
    /// The goal as text for the agent. Empty if the first observation states it.
    pub instruction: String,
    /// The seed of everything random in the environment.
    pub seed: u64,
    /// The limits of the agent's attempts.
    pub limits: Limits,
}

impl Task {
    /// The task of an id, where nobody needs to know more to play it.
    pub fn named(id: &str) -> Self {
        let (kind, instruction) = (String::new(), String::new());
        Self { id: id.into(), kind, instruction, seed: 0, limits: Limits::default() }
    }
}

/// What a world says of a task for the analysis of runs (`AgentBoard`, section 3). It decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskTraits {
    /// How hard the task is, where the world grades its tasks.
    pub difficulty: Option<Difficulty>,
    /// The abilities that the task needs and how much of each, 1 to 3.
    pub abilities: Vec<(String, u8)>,
}

/// How hard a task is among the world's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// One of the easier half or so.
    Easy,
    /// One of the harder ones.
    Hard,
}

/// The limits of an agent's attempts. Every loop over a model is bounded by one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Greatest number of steps in one episode, at least 1.
    pub steps_max: u32,
    /// Greatest number of trials of one task, at least 1.
    pub trials_max: u32,
    /// Greatest number of tokens that the actor generates in one episode.
    pub episode_tokens_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps_max: 30, trials_max: 3, episode_tokens_max: 8192 }
    }
}
