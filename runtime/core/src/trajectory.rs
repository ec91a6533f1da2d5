//! What happened in one episode.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::environment::Step;
use crate::model::Generation;

/// A return of at least this much solves a task. Rewards are sums of `f32`s, so
/// exactly 1.0 would ask for luck.
pub const SUCCESS_RETURN: f32 = 0.999;

/// What happened in one episode, from reset to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// What there was to see at the start.
    pub opening: String,
    /// Every action and what it led to, in order.
    pub steps: Vec<TakenStep>,
    /// Why the episode ended.
    pub ending: Ending,
    /// The environment's own account of how the episode stood at its end.
    pub feedback: String,
}

impl Trajectory {
    /// The sum of the rewards, 0.0 to 1.0.
    pub fn episode_return(&self) -> f32 {
        self.steps.iter().map(|step| step.outcome.reward).sum()
    }

    /// The share of subgoals reached at best, 0.0 to 1.0.
    pub fn progress(&self) -> f32 {
        self.steps.last().map_or(0.0, |step| step.outcome.progress)
    }

    /// Whether the task was solved.
    pub fn succeeded(&self) -> bool {
        self.episode_return() >= SUCCESS_RETURN
    }
}

/// One action and what it led to.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenStep {
    /// What the actor decided.
    pub decision: Decision,
    /// What the world made of it.
    pub outcome: Step,
}

/// What an actor decided in one step, and every token that it took to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The action as the world gets it. Where nothing readable was generated it
    /// is the raw text, and `malformed` says so.
    pub action: String,
    /// Whether no action could be read from the answer.
    pub malformed: bool,
    /// Older steps that the prompt no longer showed.
    pub dropped_steps: u32,
    /// What was thought before acting; only agents that think have one.
    pub thought: Option<Generation>,
    /// The answer that the action was read from.
    pub answer: Generation,
}

impl Decision {
    /// The generations of this step, in the order they were made.
    pub fn generations(&self) -> impl Iterator<Item = &Generation> {
        self.thought.iter().chain(core::iter::once(&self.answer))
    }

    /// Tokens that the actor generated in this step.
    pub fn generated_tokens(&self) -> u32 {
        let tokens: usize = self.generations().map(|generation| generation.tokens.len()).sum();
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }
}

/// Why an episode ended. None of these is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The return reached success.
    Solved,
    /// The environment ended the episode without success.
    Over,
    /// The task's limit of steps was reached.
    StepLimit,
    /// The actor had generated its tokens, or its prompt no longer fitted.
    TokenLimit,
    /// The same action led to the same observation three times in a row.
    Loop,
}

impl Ending {
    /// A short name for tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::Over => "over",
            Self::StepLimit => "step-limit",
            Self::TokenLimit => "token-limit",
            Self::Loop => "loop",
        }
    }
}
