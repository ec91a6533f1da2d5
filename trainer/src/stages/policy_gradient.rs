//! Policy gradient on reflections: what earned more than expected becomes likelier.
//!
//! A reflection's tokens share its advantage (see [`super::advantage`]), and their loss is
//! that of [`super::surrogate`].

use serde::{Deserialize, Serialize};

use super::advantage::{Baseline, Scale, advantages, are_alike};
use super::importance::Importance;
use super::method::{Batch, Method, Part, Reference, State};
use super::prepared::{Known, Prepared, outcomes, rewards_and_groups};
use super::surrogate::Surrogate;
use crate::dataset::{Lessons, Outcome, Sample};
use crate::error::TrainError;
use crate::packing;

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyGradient {
    /// What a reward is compared with.
    pub baseline: Baseline,
    /// What the difference is divided by.
    pub scale: Scale,
    /// How a batch becomes a loss.
    pub surrogate: Surrogate,
    /// How it is corrected for where it was drawn.
    pub importance: Importance,
    /// What the KL divergence is from.
    pub reference: Reference,
    /// The run ends once the policy is this far, in nats a token, from what it was, with the
    /// newest factors that were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence_max: Option<f32>,
}

impl Method for PolicyGradient {
    fn check(&self) -> Result<(), TrainError> {
        self.surrogate.check()?;
        self.importance.check()
    }

    fn lessons(&self) -> Lessons {
        Lessons::Drawn
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
        let mut units = packing::groups(samples);
        if self.baseline.is_of_group() {
            let (rewards, _) = rewards_and_groups(&outcomes(samples));
            let earned =
                |unit: &[usize]| -> Vec<f32> { unit.iter().map(|&place| rewards[place]).collect() };
            units.retain(|unit| !are_alike(&earned(unit)));
        }
        units
    }

    fn counts(&self, outcomes: &[Outcome]) -> Vec<f32> {
        let (rewards, groups) = rewards_and_groups(outcomes);
        advantages(&rewards, &groups, self.baseline, self.scale)
    }

    fn weights(&self, known: &[Known], outcomes: &[Outcome]) -> Vec<Vec<f32>> {
        self.importance.of_samples(known, outcomes)
    }

    fn term(&self, batch: &Batch<'_>, prepared: &Prepared, _: &mut State) -> Part {
        let advantages: Vec<Vec<f32>> = batch
            .places
            .iter()
            .zip(batch.log_probs)
            .map(|(&place, tokens)| vec![prepared.counts[place]; tokens.len()])
            .collect();
        self.surrogate.part(batch, prepared, &advantages)
    }
}
