//! Trajectories: the steps of one episode and its ending.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::environment::Step;
use crate::model::Generation;

/// A return of at least this much solves a task. It is below 1.0 because returns are
/// sums of rounded `f32`s.
pub const SUCCESS_RETURN: f32 = 0.999;

/// What happened in one episode, from reset to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// The first observation.
    pub opening: String,
    /// The steps, in order.
    pub steps: Vec<TakenStep>,
    /// Why the episode ended.
    pub ending: Ending,
    /// The environment's description of the result.
    pub feedback: String,
}

impl Trajectory {
    /// What the actor saw, the first observation first.
    pub fn observations(&self) -> Vec<&str> {
        let steps = self.steps.iter().map(|step| step.outcome.observation.as_str());
        core::iter::once(self.opening.as_str()).chain(steps).collect()
    }

    /// The sum of the rewards, 0.0 to 1.0.
    pub fn episode_return(&self) -> f32 {
        self.steps.iter().map(|step| step.outcome.reward).sum()
    }

    /// The greatest share of subgoals reached, 0.0 to 1.0.
    pub fn progress(&self) -> f32 {
        self.steps.last().map_or(0.0, |step| step.outcome.progress)
    }

    /// The same before anything of its results is known: what was done, without what came of it.
    #[must_use]
    pub fn without_results(&self) -> Self {
        let mut unseen = self.clone();
        unseen.feedback = "Nothing is known of the result.".into();
        unseen.ending = Ending::Over;
        for TakenStep { outcome, grounded, .. } in &mut unseen.steps {
            let (observation, done) = (String::new(), outcome.done);
            *outcome = Step { observation, reward: 0.0, progress: 0.0, done };
            *grounded = None;
        }
        unseen
    }

    /// Whether the task was solved.
    pub fn succeeded(&self) -> bool {
        self.episode_return() >= SUCCESS_RETURN
    }
}

/// One decision of the actor and the environment's response.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenStep {
    /// The actor's decision.
    pub decision: Decision,
    /// The environment's response.
    pub outcome: Step,
    /// Whether the world knew the action: as it said, or as it had listed; `None` where it does neither.
    pub grounded: Option<bool>,
}

/// The actor's decision in one step, with all tokens generated for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The action that the environment receives. If `malformed`, it is the raw
    /// text of the answer.
    pub action: String,
    /// Whether no action could be read from the answer.
    pub malformed: bool,
    /// Older steps that the prompt no longer showed.
    pub dropped_steps: u32,
    /// The generation of the thought before the action, of agents that write thoughts.
    pub thought: Option<Generation>,
    /// The generation that the action was read from.
    pub answer: Generation,
}

impl Decision {
    /// The generations of this step, in order.
    pub fn generations(&self) -> impl Iterator<Item = &Generation> {
        self.thought.iter().chain(core::iter::once(&self.answer))
    }

    /// Number of tokens that the actor generated in this step.
    pub fn generated_tokens(&self) -> u32 {
        let tokens: usize = self.generations().map(|generation| generation.tokens.len()).sum();
        u32::try_from(tokens).unwrap_or(u32::MAX)
    }
}

/// Why an episode ended. None of these is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The return reached [`SUCCESS_RETURN`].
    Solved,
    /// The environment ended the episode without success.
    Over,
    /// The task's limit of steps was reached.
    StepLimit,
    /// The limit of generated tokens was reached, or the prompt no longer fitted.
    TokenLimit,
    /// The same action led to the same observation three times in a row.
    Loop,
    /// The world failed, as the feedback says; nothing is concluded from such an episode.
    Broken,
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
            Self::Broken => "broken",
        }
    }
}
