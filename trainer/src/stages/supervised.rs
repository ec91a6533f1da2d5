//! Imitation: the log-likelihood of given completions is raised.
//!
//! The loss of a step is the mean, over its learned tokens, of the negative
//! log-probability of each token given all before it. Tokens of prompts, and
//! forced or unknown ones, are read and not learned.

use super::method::{BatchLoss, ComputedBatch, Method, MethodState};
use super::prepared::PreparedSamples;
use crate::error::TrainError;

/// Imitation has no settings.
#[derive(Clone, Copy, Debug)]
pub struct Supervised;

impl Method for Supervised {
    fn check(&self) -> Result<(), TrainError> {
        Ok(())
    }

    fn learns_from_actions(&self) -> bool {
        true
    }

    fn weighs_rewards(&self) -> bool {
        false
    }

    fn imitates(&self) -> bool {
        true
    }

    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        _: &mut MethodState,
    ) -> BatchLoss {
        part(batch, prepared, |_| batch.size.tokens)
    }
}

/// A batch's part of the loss; `divisor` is a sample's by the number of its tokens.
pub fn part(
    batch: &ComputedBatch<'_>,
    prepared: &PreparedSamples,
    divisor: impl Fn(usize) -> usize,
) -> BatchLoss {
    let mut part = BatchLoss::default();
    for (&place, tokens) in batch.places.iter().zip(batch.log_probs) {
        let (loss, slopes) = term(tokens, prepared.counts[place], divisor(tokens.len()));
        part.loss += loss;
        part.slopes.extend(slopes);
    }
    part
}

/// What a sample adds to the loss, and its derivative by each of its log-probabilities
/// `[tokens]`: the sum of their negatives by `count`, divided by `divisor`.
///
/// Imitation counts each sample as 1.0 and divides by the tokens of the step.
pub fn term(log_probs: &[f32], count: f32, divisor: usize) -> (f32, Vec<f32>) {
    let share = count / divisor.max(1) as f32;
    (-log_probs.iter().sum::<f32>() * share, vec![-share; log_probs.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_of_a_step_weighs_the_same() {
        let (loss, slopes) = term(&[-1.0, -3.0], 1.0, 4);

        assert!((loss - 1.0).abs() < 1e-6, "{loss}");
        assert_eq!(slopes, [-0.25, -0.25]);
    }
}
