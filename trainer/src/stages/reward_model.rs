//! A reward model: the score of a reflection, one row over the hidden state from which
//! its last token was drawn (Stiennon et al., 2020).
//!
//! It learns from pairs of one group, of which the one that earned more should score
//! higher (Bradley and Terry, 1952), or from single reflections, whose label is
//! whether they earned more than a threshold; Retroformer's is 0.25.

use serde::{Deserialize, Serialize};

use super::ppo::Critic;
use super::preference;

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardModel {
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

impl RewardModel {
    /// How much each sample counts.
    pub fn weights(&self, rewards: &[f32]) -> Vec<f32> {
        match self.labels {
            Labels::Pairs { .. } => vec![1.0; rewards.len()],
            Labels::Binary { threshold } => balanced(&labels(rewards, threshold)),
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
                let labelled = scores.iter().zip(labels(rewards, threshold)).zip(weights);
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

    /// How good scores are of reflections with these rewards and groups.
    pub fn quality(&self, scores: &[f32], rewards: &[f32], groups: &[usize]) -> Quality {
        let pairs = preference::pairs(rewards, groups, f32::MIN_POSITIVE);
        let right = pairs.iter().filter(|pair| scores[pair.better] > scores[pair.worse]).count();
        let threshold = match self.labels {
            Labels::Pairs { .. } => 0.0,
            Labels::Binary { threshold } => threshold,
        };
        let labels = labels(rewards, threshold);
        let binary = matches!(self.labels, Labels::Binary { .. });
        Quality {
            pairs: pairs.len(),
            pair_accuracy: (!pairs.is_empty()).then(|| right as f32 / pairs.len() as f32),
            auc: auc(scores, &labels),
            calibration_error: binary.then(|| calibration_error(scores, &labels)),
        }
    }
}

/// The score of each state: `hidden` is `[samples, width]`, `row` `[width]`.
pub fn scores(row: &[f32], hidden: &[f32]) -> Vec<f32> {
    Critic::values(row, hidden)
}

fn labels(rewards: &[f32], threshold: f32) -> Vec<bool> {
    rewards.iter().map(|reward| *reward > threshold).collect()
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

/// How good scores are, on reflections that were not learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Pairs of a group that earned differently.
    pub pairs: usize,
    /// The share of pairs in which the better one scored higher; `None` without pairs.
    pub pair_accuracy: Option<f32>,
    /// The chance that a reflection over the threshold scores higher than one that
    /// is not, ties counting half; 0.5 where one label is missing.
    pub auc: f32,
    /// Mean distance between the predicted chance of being over the threshold and
    /// how many were, over ten equal parts of the predictions (Guo et al., 2017); `None`
    /// for scores of pairs, whose level means nothing.
    pub calibration_error: Option<f32>,
}

/// The area under the curve of scores for these labels (Mann and Whitney, 1947).
pub fn auc(scores: &[f32], labels: &[bool]) -> f32 {
    let of = |wanted: bool| {
        let pairs = scores.iter().zip(labels);
        pairs.filter(move |(_, label)| **label == wanted).map(|(score, _)| *score)
    };
    let (mut higher, mut all) = (0.0, 0.0);
    for positive in of(true) {
        for negative in of(false) {
            all += 1.0;
            higher += match positive.total_cmp(&negative) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    if all > 0.0 { higher / all } else { 0.5 }
}

/// The expected calibration error of scores' logistic functions, in ten parts.
pub fn calibration_error(scores: &[f32], labels: &[bool]) -> f32 {
    const PARTS: usize = 10;
    let mut parts = [(0.0, 0.0); PARTS];
    for (score, &label) in scores.iter().zip(labels) {
        let chance = 1.0 / (1.0 + (-score).exp());
        let below = |&part: &usize| chance >= part as f32 / PARTS as f32;
        let part = (1..PARTS).take_while(below).count();
        parts[part].0 += chance;
        parts[part].1 += f32::from(u8::from(label));
    }
    let distance: f32 = parts.iter().map(|(chance, label)| (chance - label).abs()).sum();
    distance / scores.len().max(1) as f32
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

    #[test]
    fn the_area_counts_pairs_in_order() {
        let labels = [true, false, true, false];

        assert_eq!(auc(&[0.9, 0.1, 0.8, 0.2], &labels), 1.0);
        assert_eq!(auc(&[0.9, 0.85, 0.8, 0.2], &labels), 0.75);
        assert_eq!(auc(&[0.5; 4], &labels), 0.5);
        assert_eq!(auc(&[0.5; 2], &[true, true]), 0.5);
    }

    #[test]
    fn chances_that_come_true_are_calibrated() {
        let even = [0.0; 4];

        assert_eq!(calibration_error(&even, &[true, false, true, false]), 0.0);
        assert_eq!(calibration_error(&even, &[true; 4]), 0.5);
    }
}
