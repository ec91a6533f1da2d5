//! Reward-weighted regression, as RISE does it (Qu et al., 2024): imitation of all
//! reflections, each by the exponential of what it earned.
//!
//! ```text
//! L = 1/n · Σ exp(reward / T) · mean over its tokens of −log π
//! ```

use serde::{Deserialize, Serialize};

use super::method::{BatchLoss, ComputedBatch, Method, MethodState};
use super::prepared::{PreparedSamples, rewards_and_groups};
use super::supervised;
use crate::dataset::ReflectionOutcome;
use crate::error::{TrainError, require};

/// How rewards become weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardWeights {
    /// What a reward is divided by, T; RISE takes 0.4.
    pub temperature: f32,
    /// Whether weights are divided by their mean.
    pub normalize: bool,
    /// The greatest weight, before it is normalized; `inf` for any.
    pub weight_max: f32,
}

impl RewardWeights {
    /// The weight of each reflection: `[n]`.
    pub fn weights(&self, rewards: &[f32]) -> Vec<f32> {
        let weight = |reward: &f32| (reward / self.temperature).exp().min(self.weight_max);
        let weights: Vec<f32> = rewards.iter().map(weight).collect();
        if !self.normalize {
            return weights;
        }
        let mean = weights.iter().sum::<f32>() / weights.len().max(1) as f32;
        weights.into_iter().map(|weight| weight / mean).collect()
    }
}

impl Method for RewardWeights {
    fn check(&self) -> Result<(), TrainError> {
        let Self { temperature, weight_max, .. } = self;
        require(*temperature > 0.0, "stage.temperature", temperature, "more than 0")?;
        require(*weight_max > 0.0, "stage.weight_max", weight_max, "more than 0")
    }

    fn imitates(&self) -> bool {
        true
    }

    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        self.weights(&rewards_and_groups(outcomes).0)
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

    #[test]
    fn weights_are_those_of_rise() {
        let weights =
            RewardWeights { temperature: 0.4, normalize: false, weight_max: f32::INFINITY };

        let found = weights.weights(&[-1.0, 0.0, 1.0]);

        let expected = [0.082, 1.0, 12.182];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
    }

    #[test]
    fn weights_can_be_cut_and_normalized() {
        let weights = RewardWeights { temperature: 0.4, normalize: true, weight_max: 3.0 };

        let found = weights.weights(&[0.0, 1.0]);

        assert_eq!(found, [0.5, 1.5]);
    }
}
