//! A reward model: the score of a reflection, one row over the hidden state from which
//! its last token was drawn (Stiennon et al., 2020).
//!
//! It learns from pairs of one group, of which the one that earned more should score
//! higher (Bradley and Terry, 1952), or from single reflections, whose label is
//! whether they earned more than a threshold; Retroformer's is 0.25.

use serde::{Deserialize, Serialize};
use trainer_contract::metrics::Quality;

use super::critic::Critic;
use super::method::{BatchLoss, ComputedBatch, LossInputs, Method, MethodState};
use super::preference;
use super::prepared::{PreparedSamples, rewards_and_groups};
use super::quality;
use super::sums::Sums;
use crate::dataset::{ReflectionOutcome, Sample};
use crate::error::{TrainError, require};
use crate::packing;

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardModelSettings {
    /// What is learned from.
    pub labels: Labels,
    /// How far a reflection moves the row against its loss's slope, over the length of its
    /// state, more than 0 and at most 1; the adapter has the optimizer's rate.
    pub learning_rate: f32,
}

/// What is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Labels {
    /// Pairs whose rewards differ by at least this.
    Pairs {
        /// The least difference of rewards.
        margin: f32,
    },
    /// Whether a reward is over a threshold; the rarer label weighs more, so that
    /// both together weigh the same.
    Binary {
        /// The threshold.
        threshold: f32,
    },
}

impl Method for RewardModelSettings {
    fn check(&self) -> Result<(), TrainError> {
        let (key, number) = match &self.labels {
            Labels::Pairs { margin } => ("stage.labels.pairs.margin", margin),
            Labels::Binary { threshold } => ("stage.labels.binary.threshold", threshold),
        };
        require(number.is_finite(), key, number, "a number")?;
        let (rate, what) = (self.learning_rate, "more than 0, at most 1");
        require(rate > 0.0 && rate <= 1.0, "stage.learning_rate", &rate, what)
    }

    fn weighs_rewards(&self) -> bool {
        false
    }

    fn reads(&self) -> LossInputs {
        LossInputs::LastStates
    }

    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        match self.labels {
            Labels::Pairs { margin } => preference::units(samples, margin),
            Labels::Binary { .. } => packing::groups(samples),
        }
    }

    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        self.weights(&rewards_and_groups(outcomes).0)
    }

    fn state(&self, width: usize) -> MethodState {
        MethodState { critic: vec![0.0; width], kl_weight: 0.0 }
    }

    /// Scores by the row as it stands, which then learns.
    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        state: &mut MethodState,
    ) -> BatchLoss {
        let hidden = (batch.hidden)();
        let found = scores(&state.critic, &hidden);
        let by_place =
            |of: &dyn Fn(usize) -> f32| batch.places.iter().map(|&place| of(place)).collect();
        let weights: Vec<f32> = by_place(&|place| prepared.counts[place]);
        let rewards: Vec<f32> = by_place(&|place| prepared.outcomes[place].reward);
        let (loss, slopes) = self.loss(&found, &weights, &rewards);
        let share = 1.0 / self.divisor(batch.size.sequences);
        let row = &state.critic;
        let by_state = slopes.iter().flat_map(|slope| row.iter().map(move |x| share * slope * x));
        let part =
            BatchLoss { loss: share * loss, slopes: by_state.collect(), sums: Sums::default() };
        self.learn(&mut state.critic, &hidden, &weights, &rewards);
        part
    }

    fn quality(&self, scores: &[f32], outcomes: &[ReflectionOutcome]) -> Option<Quality> {
        let (rewards, groups) = rewards_and_groups(outcomes);
        let threshold = match self.labels {
            Labels::Pairs { .. } => None,
            Labels::Binary { threshold } => Some(threshold),
        };
        (!scores.is_empty()).then(|| quality::of(scores, (&rewards, &groups), threshold))
    }
}

impl RewardModelSettings {
    /// How much each sample counts.
    pub fn weights(&self, rewards: &[f32]) -> Vec<f32> {
        match self.labels {
            Labels::Pairs { .. } => vec![1.0; rewards.len()],
            Labels::Binary { threshold } => balanced(&quality::labels(rewards, threshold)),
        }
    }

    /// The loss of some samples' scores, and its derivative by each of them; `weights` and
    /// `rewards` are the samples'.
    pub fn loss(&self, scores: &[f32], weights: &[f32], rewards: &[f32]) -> (f32, Vec<f32>) {
        match self.labels {
            Labels::Pairs { .. } => {
                let pairs = scores.chunks_exact(2).map(|pair| pair_loss(pair[0], pair[1]));
                let (losses, slopes): (Vec<f32>, Vec<f32>) = pairs.unzip();
                (losses.iter().sum(), slopes.into_iter().flat_map(|by| [by, -by]).collect())
            }
            Labels::Binary { threshold } => {
                let labelled = scores.iter().zip(quality::labels(rewards, threshold)).zip(weights);
                let found = labelled.map(|((&score, label), weight)| {
                    let (loss, slope) = binary_loss(score, label);
                    (weight * loss, weight * slope)
                });
                let (losses, slopes): (Vec<f32>, Vec<f32>) = found.unzip();
                (losses.iter().sum(), slopes)
            }
        }
    }

    /// Moves the row `[width]` by `hidden` `[samples, width]`, one unit after the other,
    /// each against its slope as the row stands by then. The step is over the state's
    /// length, so that no scale of hidden states upsets it, and no weight makes a slope
    /// more than 1.
    pub fn learn(&self, row: &mut [f32], hidden: &[f32], weights: &[f32], rewards: &[f32]) {
        let unit = match self.labels {
            Labels::Pairs { .. } => 2,
            Labels::Binary { .. } => 1,
        };
        let units = hidden.chunks_exact(unit * row.len());
        for ((states, weights), rewards) in
            units.zip(weights.chunks_exact(unit)).zip(rewards.chunks_exact(unit))
        {
            let (_, slopes) = self.loss(&scores(row, states), weights, rewards);
            for (state, slope) in states.chunks_exact(row.len()).zip(slopes) {
                let length: f32 = state.iter().map(|x| x * x).sum();
                let step = self.learning_rate * slope.clamp(-1.0, 1.0) / (length + 1e-8);
                row.iter_mut().zip(state).for_each(|(weight, x)| *weight -= step * x);
            }
        }
    }

    /// What a step's losses are divided by: its pairs, or its samples.
    pub fn divisor(&self, samples: usize) -> f32 {
        match self.labels {
            Labels::Pairs { .. } => samples.max(2) as f32 / 2.0,
            Labels::Binary { .. } => samples.max(1) as f32,
        }
    }
}

/// The score of each state: `hidden` is `[samples, width]`, `row` `[width]`.
pub fn scores(row: &[f32], hidden: &[f32]) -> Vec<f32> {
    Critic::values(row, hidden)
}

/// The loss of a pair's scores, and its derivative by the better one's; by the
/// worse one's it is the opposite.
pub fn pair_loss(better: f32, worse: f32) -> (f32, f32) {
    preference::loss(better, worse, 1.0)
}

/// The cross-entropy of a score's logistic function with a label, and its
/// derivative by the score.
pub fn binary_loss(score: f32, label: bool) -> (f32, f32) {
    let toward = if label { score } else { -score };
    // log(1 + exp(−t)), without an overflow.
    let loss = (-toward).max(0.0) + (-toward.abs()).exp().ln_1p();
    let slope = -1.0 / (1.0 + toward.exp());
    (loss, if label { slope } else { -slope })
}

/// Weights with which both labels weigh the same, and 1.0 in the mean: `[n]`.
/// Where one label is missing, all are 1.0.
pub fn balanced(labels: &[bool]) -> Vec<f32> {
    let positive = labels.iter().filter(|&&label| label).count();
    let negative = labels.len() - positive;
    if positive == 0 || negative == 0 {
        return vec![1.0; labels.len()];
    }
    let half = labels.len() as f32 / 2.0;
    let weight = |&label: &bool| half / if label { positive } else { negative } as f32;
    labels.iter().map(weight).collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_equal_cost_log_2() {
        let (loss, slope) = pair_loss(1.0, 1.0);

        assert!((loss - 2.0_f32.ln()).abs() < 1e-6);
        assert_eq!(slope, -0.5);
    }

    #[test]
    fn slopes_are_the_derivative_on_both_labels() {
        for label in [true, false] {
            for score in [-3.0, 0.0, 2.0] {
                let loss = |score| binary_loss(score, label).0;
                let difference = (loss(score + 1e-2) - loss(score - 1e-2)) / 2e-2;
                assert!((binary_loss(score, label).1 - difference).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_score_far_off_costs_its_distance() {
        assert_eq!(binary_loss(-200.0, true), (200.0, -1.0));
        assert_eq!(binary_loss(200.0, true).0, 0.0);
    }

    #[test]
    fn both_labels_weigh_the_same() {
        let found = balanced(&[true, false, false, false]);

        assert_eq!(found, [2.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(balanced(&[true, true]), [1.0, 1.0]);
    }
}
