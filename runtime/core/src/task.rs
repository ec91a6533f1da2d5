//! What an agent is asked to do, and how long it may try.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// A problem with an instruction, a seed and limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Names the task within its environment and split, for example
    /// `valid_seen/pick_and_place_simple-…/trial_T2019…` or `test/easy/17`.
    pub id: String,
    /// The task type that results are grouped by, for example
    /// `pick_and_place_simple`.
    pub kind: String,
    /// What is to be achieved, in words that the agent reads. Empty where the
    /// first observation says it.
    pub instruction: String,
    /// Everything random in the world is drawn from it.
    pub seed: u64,
    /// How long the agent may try.
    pub limits: Limits,
}

/// How long an agent may try. Every loop over a model is bounded by one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Steps in one episode, at least 1.
    pub steps_max: u32,
    /// Trials of one task, at least 1.
    pub trials_max: u32,
    /// Tokens that the actor may generate in one episode.
    pub episode_tokens_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps_max: 30, trials_max: 3, episode_tokens_max: 8192 }
    }
}
