//! Policy gradient on reflections: those with a positive advantage become likelier.
//!
//! A reflection's tokens share its advantage (see [`super::advantage`]), beside the credit of the claim that they
//! belong to ([`ReflectionData::credit`](crate::dataset::ReflectionData::credit)). Their loss is that of
//! [`super::surrogate`].

use serde::{Deserialize, Serialize};

use super::advantage::{AdvantageScale, Baseline, advantages};
use super::importance::Importance;
use super::method::{BatchLoss, ComputedBatch, Method, MethodState, Reference};
use super::prepared::{KnownLogProbs, PreparedSamples, informative_groups, rewards_and_groups};
use super::surrogate::{Ratio, Surrogate};
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

    /// A common ratio moves with all tokens alike.
    fn gives_credit(&self) -> bool {
        self.surrogate.ratio == Ratio::Token
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
            .map(|(&place, tokens)| {
                let credits =
                    prepared.outcomes[place].credits.iter().chain(std::iter::repeat(&0.0));
                let tokens = tokens.iter().zip(credits);
                tokens.map(|(_, credit)| prepared.counts[place] + credit).collect()
            })
            .collect();
        self.surrogate.part(batch, prepared, &advantages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::importance::{Level, Over};
    use crate::stages::method::StepSize;
    use crate::stages::surrogate::tests::SURROGATE;

    const STAGE: PolicyGradient = PolicyGradient {
        baseline: Baseline::Group,
        scale: AdvantageScale::None,
        surrogate: SURROGATE,
        importance: Importance { level: Level::None, over: Over::Truncate, weight_max: 1.0 },
        reference: Reference::Parent,
        divergence_max: None,
    };

    #[test]
    fn a_token_s_advantage_is_its_reflection_s_and_its_claim_s() {
        let before = vec![-1.0; 2];
        let outcome = |(reward, credits): (f32, &[f32])| ReflectionOutcome {
            reward,
            sampled: before.clone(),
            full: before.clone(),
            credits: credits.to_vec(),
            ..ReflectionOutcome::default()
        };
        let outcomes = [(1.0, &[0.0, 0.75][..]), (0.0, &[])].map(outcome).to_vec();
        let known = vec![KnownLogProbs { before: before.clone(), reference: before.clone() }; 2];
        let prepared = PreparedSamples {
            counts: STAGE.counts(&outcomes),
            weights: STAGE.weights(&known, &outcomes),
            known,
            outcomes,
        };
        let batch = ComputedBatch {
            places: &[0, 1],
            log_probs: &[&before, &before],
            hidden: &Vec::new,
            size: StepSize { sequences: 2, tokens: 4 },
        };

        let found = STAGE.term(&batch, &prepared, &mut MethodState::default()).slopes;

        // Half over and half under the group's mean, of four tokens; the second is ahead by its claim, too.
        assert_eq!(found, [-0.125, -0.3125, 0.125, 0.125]);
    }

    #[test]
    fn a_ratio_of_whole_reflections_gives_no_claim_credit() {
        let surrogate = Surrogate { ratio: Ratio::Sequence, ..STAGE.surrogate };
        assert!(STAGE.gives_credit() && !PolicyGradient { surrogate, ..STAGE }.gives_credit());
    }
}
