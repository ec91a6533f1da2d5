//! Importance weights, since the device's model sampled the tokens, not the trained model.
//!
//! A device samples at a temperature, from a part of the vocabulary, with kernels
//! that round: its probabilities are not the trainer's. A token's weight is the
//! ratio of the two. All weights whole, at the level of sequences, make expected
//! gradients exact; cutting them trades that for less variance (Ionides, 2008).

use serde::{Deserialize, Serialize};

use super::prepared::KnownLogProbs;
use crate::dataset::ReflectionOutcome;
use crate::error::{TrainError, require};

/// The settings of importance weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    /// The level of weights.
    pub level: Level,
    /// The treatment of weights over `weight_max`.
    pub over: Over,
    /// The greatest weight; `inf` for any.
    pub weight_max: f32,
}

/// The level of importance weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No correction: all weights are 1.0.
    None,
    /// Each token by itself: small weights, and a bias.
    Token,
    /// The whole reflection: no bias, and weights that grow with its length.
    Sequence,
}

/// The treatment of a weight that is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// It is cut to the greatest.
    Truncate,
    /// It becomes 0.0, so that the token or reflection has no effect.
    Mask,
}

impl Importance {
    /// Checks the numbers.
    pub fn check(&self) -> Result<(), TrainError> {
        let most = self.weight_max;
        require(most > 0.0, "stage.importance.weight_max", &most, "more than 0")
    }

    /// The weights of each sample's tokens.
    pub fn of_samples(
        self,
        known: &[KnownLogProbs],
        outcomes: &[ReflectionOutcome],
    ) -> Vec<Vec<f32>> {
        let pairs = known.iter().zip(outcomes);
        pairs.map(|(known, outcome)| self.weights(&known.before, &outcome.sampled)).collect()
    }

    /// The weight of each token: `[tokens]`.
    ///
    /// - `log_probs` `[tokens]`: under the model that is trained, as the run begins;
    /// - `sampled` `[tokens]`: under the distribution that they were drawn from.
    pub fn weights(self, log_probs: &[f32], sampled: &[f32]) -> Vec<f32> {
        let ratios = log_probs.iter().zip(sampled).map(|(now, then)| now - then);
        match self.level {
            Level::None => vec![1.0; log_probs.len()],
            Level::Token => ratios.map(|ratio| self.bounded(ratio.exp())).collect(),
            Level::Sequence => vec![self.bounded(ratios.sum::<f32>().exp()); log_probs.len()],
        }
    }

    fn bounded(self, weight: f32) -> f32 {
        match self.over {
            Over::Truncate => weight.min(self.weight_max),
            Over::Mask if weight > self.weight_max => 0.0,
            Over::Mask => weight,
        }
    }
}

/// The effective sample size of some weights (Kish, 1965):
/// `(Σ w)² / Σ w²`; 0.0 if all weights are 0.0.
pub fn effective_sample_size(weights: &[f32]) -> f32 {
    let sum: f32 = weights.iter().sum();
    let squares: f32 = weights.iter().map(|weight| weight * weight).sum();
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::method::StepSize;
    use crate::stages::surrogate::{Normalize, Ratio, Rollout, Surrogate, term};

    fn importance(level: Level, over: Over, weight_max: f32) -> Importance {
        Importance { level, over, weight_max }
    }

    fn check(importance: Importance, expected: [f32; 2]) {
        // Ratios of 4 and of a half.
        let found =
            importance.weights(&[0.8_f32.ln(), 0.2_f32.ln()], &[0.2_f32.ln(), 0.4_f32.ln()]);
        assert!((found[0] - expected[0]).abs() < 1e-5, "{found:?}");
        assert!((found[1] - expected[1]).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn weights_are_ratios_of_tokens_or_of_the_whole() {
        check(importance(Level::None, Over::Truncate, 2.0), [1.0, 1.0]);
        check(importance(Level::Token, Over::Truncate, f32::INFINITY), [4.0, 0.5]);
        check(importance(Level::Sequence, Over::Truncate, f32::INFINITY), [2.0, 2.0]);
    }

    #[test]
    fn a_weight_too_large_is_cut_or_dropped() {
        check(importance(Level::Token, Over::Truncate, 3.0), [3.0, 0.5]);
        check(importance(Level::Token, Over::Mask, 3.0), [0.0, 0.5]);
        check(importance(Level::Sequence, Over::Mask, 1.5), [0.0, 0.0]);
    }

    #[test]
    fn one_heavy_sample_among_many_is_worth_little_more_than_one() {
        assert!((effective_sample_size(&[1.0; 4]) - 4.0).abs() < 1e-6);
        assert!(effective_sample_size(&[0.0; 4]).abs() < 1e-6);
        assert!(effective_sample_size(&[100.0, 1.0, 1.0, 1.0]) < 1.1);
    }

    /// Two words of two tokens each: the policy's log-odds of the second token at each
    /// place, and those of a device that rounds them to eighths and samples at 0.7.
    const LOG_ODDS: [f32; 2] = [0.9, -0.4];
    const REWARDS: [[f32; 2]; 2] = [[0.2, -1.0], [0.5, 1.0]];

    fn log_prob(log_odds: f32, token: usize) -> f32 {
        -(if token == 1 { -log_odds } else { log_odds }).exp().ln_1p()
    }

    fn device(log_odds: f32) -> f32 {
        (log_odds * 8.0).round() / 8.0 / 0.7
    }

    /// The expected gradient by the log-odds, over what `drawn` draws.
    fn expected(drawn: fn(f32) -> f32, importance: Importance) -> [f32; 2] {
        let surrogate = Surrogate {
            ratio: Ratio::Token,
            clip_low: 0.2,
            clip_high: 0.2,
            normalize: Normalize::Length(1),
            kl_weight: 0.0,
            kl_estimator: None,
        };
        let mut gradient = [0.0; 2];
        for words in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let log_probs = [0, 1].map(|place| log_prob(LOG_ODDS[place], words[place]));
            let sampled = [0, 1].map(|place| log_prob(drawn(LOG_ODDS[place]), words[place]));
            let rollout = Rollout {
                log_probs: &log_probs,
                before: &log_probs,
                reference: &log_probs,
                weights: &importance.weights(&log_probs, &sampled),
                advantages: &[REWARDS[words[0]][words[1]]; 2],
            };
            let found = term(&rollout, &surrogate, StepSize { sequences: 1, tokens: 2 });
            let chance = sampled.iter().sum::<f32>().exp();
            for place in 0..2 {
                let odds_slope = words[place] as f32 - log_prob(LOG_ODDS[place], 1).exp();
                gradient[place] += chance * found.slopes[place] * odds_slope;
            }
        }
        gradient
    }

    #[test]
    fn whole_weights_of_sequences_make_the_expected_gradient_exact() {
        let whole = |level| importance(level, Over::Truncate, f32::INFINITY);
        let exact = expected(|log_odds| log_odds, whole(Level::None));

        let corrected = expected(device, whole(Level::Sequence));
        let bias = |importance| {
            let found = expected(device, importance);
            ((found[0] - exact[0]).powi(2) + (found[1] - exact[1]).powi(2)).sqrt()
        };

        let near = (corrected[0] - exact[0]).abs() < 1e-6 && (corrected[1] - exact[1]).abs() < 1e-6;
        assert!(near, "{corrected:?}, exact {exact:?}");
        let biases = [
            bias(importance(Level::None, Over::Truncate, 1.0)),
            bias(whole(Level::Token)),
            bias(importance(Level::Sequence, Over::Truncate, 1.1)),
            bias(importance(Level::Sequence, Over::Mask, 1.1)),
        ];
        let told = biases.map(|bias| format!("{bias:.4}"));
        expect_test::expect!["0.0145 0.0293 0.0229 0.1015"].assert_eq(&told.join(" "));
    }
}
