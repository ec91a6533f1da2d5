//! Policy gradient on reflections: those with a positive advantage become likelier.
//!
//! A reflection's tokens share its advantage (see [`super::advantage`]), and their loss is
//! that of [`super::surrogate`].

use serde::{Deserialize, Serialize};

use super::advantage::{AdvantageScale, Baseline, advantages};
use super::importance::Importance;
use super::method::{BatchLoss, ComputedBatch, Method, MethodState, Reference};
use super::prepared::{KnownLogProbs, PreparedSamples, informative_groups, rewards_and_groups};
use super::surrogate::Surrogate;
use crate::dataset::{ReflectionOutcome, Sample, TrainableTokens};
use crate::error::TrainError;
use crate::packing;

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyGradient {
    /// The baseline of advantages.
    pub baseline: Baseline,
    /// The scale of advantages.
    pub scale: AdvantageScale,
    /// The surrogate loss.
    pub surrogate: Surrogate,
    /// The importance weights.
    pub importance: Importance,
    /// The reference of the KL divergence.
    pub reference: Reference,
    /// The run ends once the policy is this far, in nats a token, from what it was, with the
    /// newest factors that were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence_max: Option<f32>,
}

impl Method for PolicyGradient {
    fn check(&self) -> Result<(), TrainError> {
        self.surrogate.check()?;
        self.surrogate.check_estimator()?;
        self.importance.check()
    }

    fn lessons(&self) -> TrainableTokens {
        TrainableTokens::Drawn
    }

    fn reference(&self) -> Option<Reference> {
        Some(self.reference)
    }

    fn divergence_max(&self) -> Option<f32> {
        self.divergence_max
    }

    /// Groups; one that is compared with itself, and whose members all earned the same,
    /// teaches nothing (DAPO's dynamic sampling, without the resampling).
    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        if self.baseline.is_of_group() {
            informative_groups(samples)
        } else {
            packing::groups(samples)
        }
    }

    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        let (rewards, groups) = rewards_and_groups(outcomes);
        advantages(&rewards, &groups, self.baseline, self.scale)
    }

    fn weights(&self, known: &[KnownLogProbs], outcomes: &[ReflectionOutcome]) -> Vec<Vec<f32>> {
        self.importance.of_samples(known, outcomes)
    }

    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        _: &mut MethodState,
    ) -> BatchLoss {
        let advantages: Vec<Vec<f32>> = batch
            .places
            .iter()
            .zip(batch.log_probs)
            .map(|(&place, tokens)| vec![prepared.counts[place]; tokens.len()])
            .collect();
        self.surrogate.part(batch, prepared, &advantages)
    }
}
