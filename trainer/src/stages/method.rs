//! The interface between a run and its stage. All its numbers are on the host.

use serde::{Deserialize, Serialize};
use trainer_contract::metrics::Quality;

use super::prepared::{KnownLogProbs, PreparedSamples};
use super::sums::Sums;
use crate::dataset::{ReflectionOutcome, Sample, TrainableTokens};
use crate::error::TrainError;
use crate::packing;

/// A training method: the settings of a stage, and its loss.
///
/// ```text
/// before the first step   units, counts, weights, state
/// each batch              term
/// each step               step_done
/// ```
pub trait Method {
    /// Checks its numbers.
    fn check(&self) -> Result<(), TrainError>;

    /// Whether it can train on actions; other methods train only on reflections.
    fn learns_from_actions(&self) -> bool {
        false
    }

    /// Whether it can train on attempts in files, which have a reward and no log-probabilities of
    /// the device.
    fn learns_from_attempts(&self) -> bool {
        self.learns_from_actions()
    }

    /// Whether it reads the credits of claims.
    fn gives_credit(&self) -> bool {
        false
    }

    /// Whether a reward model's scores can replace the rewards of reflections.
    fn weighs_rewards(&self) -> bool {
        true
    }

    /// The tokens that it can train on.
    fn lessons(&self) -> TrainableTokens {
        TrainableTokens::All
    }

    /// Whether held-out samples should become likelier, so that their loss is measured.
    fn imitates(&self) -> bool {
        false
    }

    /// The inputs of its loss.
    fn reads(&self) -> LossInputs {
        LossInputs::LogProbs
    }

    /// The reference model of log-probabilities, if any.
    fn reference(&self) -> Option<Reference> {
        None
    }

    /// Greatest divergence of the policy from the start, in nats per token.
    fn divergence_max(&self) -> Option<f32> {
        None
    }

    /// The indices of samples that are computed together: groups, pairs of a group, or single
    /// samples. Samples in no unit have no effect.
    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        packing::groups(samples)
    }

    /// The coefficient of each sample in the loss: its weight or its advantage.
    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        vec![1.0; outcomes.len()]
    }

    /// An additional weight of each token of each sample; empty if all are 1.0.
    fn weights(&self, _known: &[KnownLogProbs], _outcomes: &[ReflectionOutcome]) -> Vec<Vec<f32>> {
        Vec::new()
    }

    /// The state before the first step; hidden states are of this width.
    fn state(&self, _width: usize) -> MethodState {
        MethodState::default()
    }

    /// A batch's part of a step's loss.
    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        state: &mut MethodState,
    ) -> BatchLoss;

    /// Updates the state by a step's measurements.
    fn step_done(&self, _sums: &Sums, _state: &mut MethodState) {}

    /// The quality of the scores of validation samples; `None` for methods without scores.
    fn quality(&self, _scores: &[f32], _outcomes: &[ReflectionOutcome]) -> Option<Quality> {
        None
    }
}

/// The inputs of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossInputs {
    /// The log-probability of each learned token.
    LogProbs,
    /// The state that each sample's last learned token was predicted from, which a row scores.
    LastStates,
}

/// The reference model of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The base model, without any adapter.
    Base,
    /// The model at the start of the run, with its parent's adapter.
    Parent,
    /// The model with the adapter that the run's file names as `start`, or without any: over the
    /// rounds of a loop the policy stays held to where the loop began.
    Start,
}

/// The size of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepSize {
    /// Number of reflections.
    pub sequences: usize,
    /// Number of their tokens.
    pub tokens: usize,
}

/// A computed batch of samples.
pub struct ComputedBatch<'a> {
    /// The indices of the samples.
    pub places: &'a [usize],
    /// The log-probabilities of their learned tokens; empty for a method of last states.
    pub log_probs: &'a [&'a [f32]],
    /// The states that these came from, `[tokens, width]`; the last states, `[samples, width]`,
    /// for a method of those.
    pub hidden: &'a dyn Fn() -> Vec<f32>,
    /// The size of the batch's step.
    pub size: StepSize,
}

/// The state of a method that changes from step to step, besides the adapter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MethodState {
    /// The critic's row, or the reward model's; empty if there is none.
    pub critic: Vec<f32>,
    /// The weight of the KL divergence; 0.0 if none adapts it.
    pub kl_weight: f32,
}

/// A batch's part of a step's loss.
#[derive(Clone, Debug, Default)]
pub struct BatchLoss {
    /// The value.
    pub loss: f32,
    /// Its derivative by the log-probability of each learned token of the batch; for a method
    /// of last states by each of those, `[samples, width]`.
    pub slopes: Vec<f32>,
    /// Sums for the metrics of a policy.
    pub sums: Sums,
}
