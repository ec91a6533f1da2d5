//! What a policy's step measures of its samples.

use super::{Known, Objective};
use crate::metrics::PolicyMetrics;
use crate::stages::importance::effective_sample_size;

/// Sums over tokens and samples of a step.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    pub(super) samples: usize,
    tokens: usize,
    rewards: f32,
    pub(super) kl: f32,
    divergence: f32,
    surprise: f32,
    pub(super) clipped: usize,
    weights: Vec<f32>,
    log_ratios: Vec<f32>,
}

impl Sums {
    /// Takes in another batch of the same step.
    pub fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.tokens += other.tokens;
        self.rewards += other.rewards;
        self.kl += other.kl;
        self.divergence += other.divergence;
        self.surprise += other.surprise;
        self.clipped += other.clipped;
        self.weights.extend(other.weights);
        self.log_ratios.extend(other.log_ratios);
    }
}

impl Objective {
    /// What a whole step measured; `None` for stages without a policy.
    pub fn metrics(&self, sums: &Sums) -> Option<PolicyMetrics> {
        self.stage.reference()?;
        let (samples, tokens) = (sums.samples.max(1) as f32, sums.tokens.max(1) as f32);
        let ratios = sums.log_ratios.iter().map(|ratio| ratio.abs());
        Some(PolicyMetrics {
            reward: sums.rewards / samples,
            length: tokens / samples,
            kl: sums.kl / tokens,
            divergence: sums.divergence / tokens,
            entropy: sums.surprise / tokens,
            clipped: sums.clipped as f32 / tokens,
            log_ratio_mean: ratios.clone().sum::<f32>() / tokens,
            log_ratio_max: ratios.fold(0.0, f32::max),
            effective_samples: effective_sample_size(&sums.weights) / tokens,
            groups_without_variance: self.groups_flat,
        })
    }

    pub(super) fn measure(&self, place: usize, log_probs: &[f32], sums: &mut Sums) {
        let Known { before, reference } = &self.known[place];
        let outcome = &self.outcomes[place];
        sums.samples += 1;
        sums.tokens += log_probs.len();
        sums.rewards += outcome.reward;
        sums.surprise -= log_probs.iter().sum::<f32>();
        sums.kl += divergence(log_probs, reference);
        // The tokens were drawn as the run began: a token that is hardly likely any more counts
        // by its log-ratio here, and there by the exponential of it.
        sums.divergence += divergence(before, log_probs);
        match self.weights.get(place) {
            Some(weights) => sums.weights.extend(weights),
            None => sums.weights.extend(log_probs.iter().map(|_| 1.0)),
        }
        sums.log_ratios.extend(before.iter().zip(&outcome.full).map(|(now, then)| now - then));
    }
}

/// Sum over tokens of the estimate "k3" of how far `to` is from `from` (Schulman,
/// 2020), on tokens that were drawn near `from`.
fn divergence(from: &[f32], to: &[f32]) -> f32 {
    let each = |(from, to): (&f32, &f32)| (to - from).exp() - (to - from) - 1.0;
    from.iter().zip(to).map(each).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_became_unlikely_counts_by_its_log_ratio_where_it_was_drawn() {
        let (before, now) = ([-0.1], [-9.1]);

        assert!((divergence(&before, &now) - 8.0).abs() < 1e-3);
        assert!(divergence(&now, &before) > 8000.0);
        assert!(divergence(&before, &before).abs() < 1e-6);
    }
}
