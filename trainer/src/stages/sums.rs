//! What a policy's step measures of its samples.

use trainer_contract::metrics::PolicyMetrics;

use super::importance::effective_sample_size;
use super::prepared::{KnownLogProbs, PreparedSamples};

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

    /// Takes in a sample that has these log-probabilities by now.
    pub(super) fn measure(&mut self, prepared: &PreparedSamples, place: usize, log_probs: &[f32]) {
        let KnownLogProbs { before, reference } = &prepared.known[place];
        let outcome = &prepared.outcomes[place];
        self.samples += 1;
        self.tokens += log_probs.len();
        self.rewards += outcome.reward;
        self.surprise -= log_probs.iter().sum::<f32>();
        self.kl += divergence(log_probs, reference);
        // The tokens were drawn as the run began: a token that is hardly likely any more counts
        // by its log-ratio here, and there by the exponential of it.
        self.divergence += divergence(before, log_probs);
        match prepared.weights.get(place) {
            Some(weights) => self.weights.extend(weights),
            None => self.weights.extend(log_probs.iter().map(|_| 1.0)),
        }
        self.log_ratios.extend(before.iter().zip(&outcome.full).map(|(now, then)| now - then));
    }

    /// What a whole step measured, in a run with so many groups whose members all earned the
    /// same.
    pub(crate) fn metrics(&self, groups_without_variance: usize) -> PolicyMetrics {
        let (samples, tokens) = (self.samples.max(1) as f32, self.tokens.max(1) as f32);
        let ratios = self.log_ratios.iter().map(|ratio| ratio.abs());
        PolicyMetrics {
            reward: self.rewards / samples,
            length: tokens / samples,
            kl: self.kl / tokens,
            divergence: self.divergence / tokens,
            entropy: self.surprise / tokens,
            clipped: self.clipped as f32 / tokens,
            log_ratio_mean: ratios.clone().sum::<f32>() / tokens,
            log_ratio_max: ratios.fold(0.0, f32::max),
            effective_samples: effective_sample_size(&self.weights) / tokens,
            groups_without_variance,
        }
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
