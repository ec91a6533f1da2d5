//! Reward-weighted regression, as RISE does it (Qu et al., 2024): imitation of all
//! reflections, each by the exponential of what it earned over a baseline.
//!
//! ```text
//! L = 1/n · Σ exp((reward − baseline) / T) · mean over its tokens of −log π
//! ```
//!
//! An attempt in a file, which has a reward, counts as a reflection does; one without a reward
//! earned 0.
//!
//! RISE has no baseline. Then failures that are easy to mend weigh most, whatever their
//! reflections say; with `baseline = "group"` reflections compete with those of the same
//! failure alone (Peng et al., 2019, whose baseline is a critic's value of the state), and
//! groups whose members all earned the same are left out.

use serde::{Deserialize, Serialize};

use super::advantage::{AdvantageScale, Baseline, advantages};
use super::method::{BatchLoss, ComputedBatch, Method, MethodState};
use super::prepared::{PreparedSamples, informative_groups, rewards_and_groups};
use super::supervised;
use crate::dataset::{ReflectionOutcome, Sample};
use crate::error::{TrainError, require};
use crate::packing;

/// How rewards become weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardWeights {
    /// Subtracted from a reward first; absent for nothing, as in RISE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What a reward is divided by, T; RISE takes 0.4.
    pub temperature: f32,
    /// Whether weights are divided by their mean.
    pub normalize: bool,
    /// The greatest weight, before it is normalized; `inf` for any.
    pub weight_max: f32,
}

impl RewardWeights {
    /// The weight of each reflection, `[n]`; `rewards` and `groups` are `[n]`.
    pub fn weights(&self, rewards: &[f32], groups: &[usize]) -> Vec<f32> {
        let over = advantages(rewards, groups, self.baseline(), AdvantageScale::None);
        let weight = |over: &f32| (over / self.temperature).exp().min(self.weight_max);
        let weights: Vec<f32> = over.iter().map(weight).collect();
        if !self.normalize {
            return weights;
        }
        let mean = weights.iter().sum::<f32>() / weights.len().max(1) as f32;
        weights.into_iter().map(|weight| weight / mean).collect()
    }

    fn baseline(&self) -> Baseline {
        self.baseline.unwrap_or(Baseline::None)
    }
}

impl Method for RewardWeights {
    fn check(&self) -> Result<(), TrainError> {
        let Self { temperature, weight_max, .. } = self;
        require(*temperature > 0.0, "stage.temperature", temperature, "more than 0")?;
        require(*weight_max > 0.0, "stage.weight_max", weight_max, "more than 0")
    }

    fn learns_from_attempts(&self) -> bool {
        true
    }

    fn imitates(&self) -> bool {
        true
    }

    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        if self.baseline().is_of_group() {
            informative_groups(samples)
        } else {
            packing::groups(samples)
        }
    }

    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        let (rewards, groups) = rewards_and_groups(outcomes);
        self.weights(&rewards, &groups)
    }

    /// The mean over reflections of the mean over their tokens.
    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        _: &mut MethodState,
    ) -> BatchLoss {
        supervised::part(batch, prepared, |tokens| tokens * batch.size.sequences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RISE: RewardWeights = RewardWeights {
        baseline: None,
        temperature: 0.4,
        normalize: false,
        weight_max: f32::INFINITY,
    };

    #[test]
    fn weights_are_those_of_rise() {
        let found = RISE.weights(&[-1.0, 0.0, 1.0], &[0; 3]);

        let expected = [0.082, 1.0, 12.182];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
    }

    #[test]
    fn weights_can_be_cut_and_normalized() {
        let weights = RewardWeights { normalize: true, weight_max: 3.0, ..RISE };

        let found = weights.weights(&[0.0, 1.0], &[0; 2]);

        assert_eq!(found, [0.5, 1.5]);
    }

    #[test]
    fn against_its_group_an_easy_failure_weighs_no_more_than_a_hard_one() {
        // Of the easy one both helped but for a half, of the hard one hardly any.
        let (rewards, groups) = ([1.0, 0.5, 0.5, 0.0], [0, 0, 1, 1]);
        let weights = RewardWeights { baseline: Some(Baseline::Group), ..RISE };

        let found = weights.weights(&rewards, &groups);

        // exp(± 0.25 / 0.4).
        let expected = [1.868, 0.535, 1.868, 0.535];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
        let easy = RISE.weights(&rewards, &groups);
        assert!((easy[1] - easy[2]).abs() < 1e-6, "the worse of one is the better of the other");
    }

    #[test]
    fn a_group_that_earned_the_same_is_left_out_where_it_is_compared_with_itself() {
        let sample = |(reward, group): (f32, usize)| Sample {
            ids: vec![1, 2],
            learned: vec![false, true],
            origin: String::new(),
            outcome: Some(ReflectionOutcome {
                reward,
                group,
                sampled: vec![-1.0],
                full: vec![-1.0],
                ..ReflectionOutcome::default()
            }),
        };
        let samples = [(1.0, 0), (0.0, 0), (1.0, 1), (1.0, 1)].map(sample);
        let weights = RewardWeights { baseline: Some(Baseline::Group), ..RISE };

        assert_eq!(weights.units(&samples), [[0, 1]]);
        assert_eq!(RISE.units(&samples), [[0, 1], [2, 3]]);
    }
}
