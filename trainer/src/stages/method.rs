//! What a run asks of its stage, and what passes between the two. All of it is on the host.

use serde::{Deserialize, Serialize};
use trainer_contract::metrics::Quality;

use super::prepared::{Known, Prepared};
use super::sums::Sums;
use crate::dataset::{Lessons, Outcome, Sample};
use crate::error::TrainError;
use crate::packing;

/// A way to learn: the settings of a stage, and what they make of samples.
///
/// ```text
/// before the first step   units, counts, weights, state
/// each batch              term
/// each step               step_done
/// ```
pub trait Method {
    /// Whether its numbers make sense.
    fn check(&self) -> Result<(), TrainError>;

    /// Whether it can learn from actions; others learn from reflections alone.
    fn learns_from_actions(&self) -> bool {
        false
    }

    /// Whether a reward model's scores can stand for what reflections earned.
    fn weighs_rewards(&self) -> bool {
        true
    }

    /// Which reflections it can learn from.
    fn lessons(&self) -> Lessons {
        Lessons::All
    }

    /// Whether held-out samples should become likelier, so that their loss is measured.
    fn imitates(&self) -> bool {
        false
    }

    /// What of a batch its loss is made of.
    fn reads(&self) -> Reads {
        Reads::LogProbs
    }

    /// What log-probabilities are compared with; `None` where they are not.
    fn reference(&self) -> Option<Reference> {
        None
    }

    /// How far the policy may go, in nats a token.
    fn divergence_max(&self) -> Option<f32> {
        None
    }

    /// Samples that are computed together, by their places: groups, a group's pairs, or each
    /// alone. Those in none teach nothing.
    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        packing::groups(samples)
    }

    /// How much each sample counts: its weight, or its advantage.
    fn counts(&self, outcomes: &[Outcome]) -> Vec<f32> {
        vec![1.0; outcomes.len()]
    }

    /// How much each token of each sample counts beside that; empty where all count alike.
    fn weights(&self, _known: &[Known], _outcomes: &[Outcome]) -> Vec<Vec<f32>> {
        Vec::new()
    }

    /// The state before the first step; hidden states are of this width.
    fn state(&self, _width: usize) -> State {
        State::default()
    }

    /// A batch's part of a step's loss.
    fn term(&self, batch: &Batch<'_>, prepared: &Prepared, state: &mut State) -> Part;

    /// Takes a step's measurements into what changes.
    fn step_done(&self, _sums: &Sums, _state: &mut State) {}

    /// How good the scores of held-out samples are; `None` for methods without scores.
    fn quality(&self, _scores: &[f32], _outcomes: &[Outcome]) -> Option<Quality> {
        None
    }
}

/// What of a batch a loss is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The log-probability of each learned token.
    LogProbs,
    /// The state that each sample's last learned token was predicted from, which a row scores.
    LastStates,
}

/// What a policy is kept near to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The base model, without any adapter.
    Base,
    /// The model as the run begins, with its parent's adapter.
    Parent,
}

/// How large a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Reflections.
    pub sequences: usize,
    /// Their tokens.
    pub tokens: usize,
}

/// Samples that were computed together.
pub struct Batch<'a> {
    /// The samples, by their places.
    pub places: &'a [usize],
    /// The log-probabilities of their learned tokens; empty for a method of last states.
    pub log_probs: &'a [&'a [f32]],
    /// The states that these came from, `[tokens, width]`; the last states, `[samples, width]`,
    /// for a method of those.
    pub hidden: &'a dyn Fn() -> Vec<f32>,
    /// Of the step that the batch is of.
    pub size: Size,
}

/// What changes from step to step beside the adapter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The critic's row, or the reward model's; empty where there is none.
    pub critic: Vec<f32>,
    /// The weight of the KL divergence; 0.0 where none adapts it.
    pub kl_weight: f32,
}

/// A batch's part of a step's loss.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The value.
    pub loss: f32,
    /// Its derivative by the log-probability of each learned token of the batch; for a method
    /// of last states by each of those, `[samples, width]`.
    pub slopes: Vec<f32>,
    /// What a policy's stage measured; sums, by token or by sample.
    pub sums: Sums,
}
