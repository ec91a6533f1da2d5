//! Sampling of a token from a row of logits.
//!
//! mask ─► temperature ─► `top_p` ─► draw. Random numbers depend only on the
//! request's seed and the number of the draw, not on other requests or on the
//! composition of batches.

use runtime_core::model::Sampling;
use runtime_core::seed::mix;

use crate::exponential::{exponentiate, maximum, narrow, sum, sum_of_exponentials};

/// Number of weights in a block, whose sum is searched before its weights.
const BLOCK: usize = 512;

/// The tokens that may be sampled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AllowedTokens<'a> {
    /// The whole vocabulary.
    All,
    /// These ids, ascending, each once.
    Ids(&'a [u32]),
}

/// A sampled token with its natural log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SampledToken {
    /// Its id.
    pub(crate) id: u32,
    /// Under the distribution it was sampled from; 0.0 at temperature 0.
    pub(crate) log_prob: f32,
    /// Under the softmax of the whole row.
    pub(crate) log_prob_full: f32,
}

/// Samples the tokens of one request.
#[derive(Debug)]
pub(crate) struct Sampler {
    sampling: Sampling,
    draws: u64,
    weights: Vec<f32>,
}

impl Sampler {
    /// The sampler of a request; only `sampling` determines its draws.
    pub(crate) fn new(sampling: Sampling) -> Self {
        Self { sampling, draws: 0, weights: Vec::new() }
    }

    /// Samples a token from `logits`; `None` if they are not finite or no token is
    /// allowed.
    pub(crate) fn draw(
        &mut self,
        logits: &[f32],
        allowed: AllowedTokens<'_>,
    ) -> Option<SampledToken> {
        let top = maximum(logits);
        let total = sum_of_exponentials(logits, top);
        let (id, log_prob) = if self.sampling.temperature > 0.0 {
            self.draw_at_random(logits, allowed)?
        } else {
            (likeliest(logits, allowed)?, 0.0)
        };
        let logit = *logits.get(id as usize)?;
        let log_prob_full = f64::from(logit) - f64::from(top) - total.ln();
        let numbers = log_prob.is_finite() && log_prob_full.is_finite();
        numbers.then(|| SampledToken {
            id,
            log_prob: narrow(log_prob),
            log_prob_full: narrow(log_prob_full),
        })
    }

    fn draw_at_random(&mut self, logits: &[f32], allowed: AllowedTokens<'_>) -> Option<(u32, f64)> {
        let uniform = uniform(self.sampling.seed, self.draws);
        self.draws += 1;
        self.weights.clear();
        match allowed {
            AllowedTokens::All => self.weights.extend_from_slice(logits),
            AllowedTokens::Ids(ids) => {
                self.weights.extend(ids.iter().filter_map(|&id| logits.get(id as usize)));
            }
        }
        let top = maximum(&self.weights);
        let total = exponentiate(&mut self.weights, top, 1.0 / self.sampling.temperature);
        if !(top.is_finite() && total.is_finite()) {
            return None;
        }
        let (index, kept) = if self.sampling.top_p < 1.0 {
            draw_from_nucleus(&self.weights, f64::from(self.sampling.top_p) * total, uniform)?
        } else {
            (draw_from_all(&self.weights, uniform * total)?, total)
        };
        // The weight itself is the rounded exponential whose sum is `kept`.
        let log_prob = (f64::from(self.weights[index]) / kept).ln();
        let id = match allowed {
            AllowedTokens::All => u32::try_from(index).ok()?,
            AllowedTokens::Ids(ids) => ids[index],
        };
        Some((id, log_prob))
    }
}

/// The `draw`-th number in `[0, 1)` that belongs to `seed`.
fn uniform(seed: u64, draw: u64) -> f64 {
    let bits = mix(mix(seed) ^ draw.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

/// The allowed id with the greatest logit, the lowest id of equals.
fn likeliest(logits: &[f32], allowed: AllowedTokens<'_>) -> Option<u32> {
    let top = match allowed {
        AllowedTokens::All => {
            let top = maximum(logits);
            return logits.iter().position(|&logit| logit >= top)?.try_into().ok();
        }
        AllowedTokens::Ids(ids) => ids,
    };
    let logit = |id: u32| logits.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
    top.iter().copied().reduce(|best, id| if logit(id) > logit(best) { id } else { best })
}

/// The index at which the running sum of `weights` passes `target`.
fn draw_from_all(weights: &[f32], target: f64) -> Option<usize> {
    let mut before = 0.0;
    for (block, values) in weights.chunks(BLOCK).enumerate() {
        let after = before + sum(values);
        if after > target {
            let index = pass(values.iter().copied(), target - before);
            return Some(block * BLOCK + index?);
        }
        before = after;
    }
    // Because of rounding the sum did not reach the target.
    weights.iter().rposition(|&weight| weight > 0.0)
}

/// The index at which a running sum exceeds `target`; the last positive weight if
/// rounding keeps the sum below it.
fn pass(weights: impl Iterator<Item = f32>, target: f64) -> Option<usize> {
    let mut running = 0.0;
    let mut last = None;
    for (index, weight) in weights.enumerate() {
        running += f64::from(weight);
        if weight > 0.0 {
            last = Some(index);
        }
        if running > target {
            break;
        }
    }
    last
}

/// Draws among the heaviest weights that together reach `mass`; returns the
/// index and the sum of those weights.
fn draw_from_nucleus(weights: &[f32], mass: f64, uniform: f64) -> Option<(usize, f64)> {
    let mut nucleus = heaviest(weights, mass);
    nucleus.sort_unstable_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
    let mut kept = 0.0;
    let mut count = 0;
    for &index in &nucleus {
        kept += f64::from(weights[index]);
        count += 1;
        if kept >= mass {
            break;
        }
    }
    nucleus.truncate(count);
    let drawn = pass(nucleus.iter().map(|&index| weights[index]), uniform * kept)?;
    Some((nucleus[drawn], kept))
}

/// Indices of the greatest weights, enough of them to reach `mass`.
///
/// Weights are between 0 and 1, so their bits have the same order as the numbers: a
/// histogram over twelve bits finds the cut without sorting the vocabulary.
fn heaviest(weights: &[f32], mass: f64) -> Vec<usize> {
    const BUCKETS: usize = 1 << 10;
    let bucket = |weight: f32| ((weight.to_bits() >> 20) as usize).min(BUCKETS - 1);
    let mut sums = vec![0.0_f64; BUCKETS];
    for &weight in weights {
        sums[bucket(weight)] += f64::from(weight);
    }
    let mut running = 0.0;
    let mut cut = 0;
    for (index, sum) in sums.iter().enumerate().rev() {
        running += sum;
        if running >= mass {
            cut = index;
            break;
        }
    }
    (0..weights.len()).filter(|&index| bucket(weights[index]) >= cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature: f32, top_p: f32, seed: u64) -> Sampler {
        Sampler::new(Sampling { temperature, top_p, seed })
    }

    #[test]
    fn temperature_0_takes_the_lowest_of_the_likeliest() {
        let logits = [0.0, 2.0, 1.0, 2.0];

        let all = sampler(0.0, 1.0, 0).draw(&logits, AllowedTokens::All).unwrap();
        let some = sampler(0.0, 1.0, 0).draw(&logits, AllowedTokens::Ids(&[0, 2, 3])).unwrap();

        assert_eq!((all.id, some.id), (1, 3));
        assert!(all.log_prob.abs() < f32::EPSILON);
        // ln(e^2 / (1 + e + 2 e^2))
        assert!((all.log_prob_full + 0.917_575_8).abs() < 1e-5, "{}", all.log_prob_full);
    }

    #[test]
    fn draws_follow_the_tempered_distribution() {
        let logits = [1.0_f32.ln(), 2.0_f32.ln(), 5.0_f32.ln()];
        let mut counts = [0_u32; 3];

        let mut sampler = sampler(0.5, 1.0, 7);
        for _ in 0..30_000 {
            counts[sampler.draw(&logits, AllowedTokens::All).unwrap().id as usize] += 1;
        }

        // Temperature 0.5 squares the odds: 1, 4, 25 of 30.
        for (count, expected) in counts.into_iter().zip([1000.0, 4000.0, 25_000.0]) {
            assert!((f64::from(count) - expected).abs() < 250.0, "{counts:?}");
        }
    }

    #[test]
    fn log_probabilities_are_those_of_the_distribution_drawn_from() {
        let logits = [0.0, 1.0, 2.0, 3.0];

        let drawn = sampler(0.7, 1.0, 3).draw(&logits, AllowedTokens::Ids(&[1, 3])).unwrap();

        let weight = |logit: f64| (logit / 0.7).exp();
        let logit = f64::from(logits[drawn.id as usize]);
        let expected = (weight(logit) / (weight(1.0) + weight(3.0))).ln();
        assert!((f64::from(drawn.log_prob) - expected).abs() < 1e-5, "{drawn:?}");
    }

    #[test]
    fn top_p_keeps_the_smallest_sufficient_set() {
        let probabilities = [0.1_f32, 0.5, 0.15, 0.25];
        let logits = probabilities.map(f32::ln);

        let mut sampler = sampler(1.0, 0.7, 1);
        let draws: Vec<SampledToken> =
            (0..500).map(|_| sampler.draw(&logits, AllowedTokens::All).unwrap()).collect();

        assert!(draws.iter().all(|drawn| drawn.id == 1 || drawn.id == 3));
        assert!(draws.iter().any(|drawn| drawn.id == 3));
        for drawn in draws {
            let expected = (probabilities[drawn.id as usize] / 0.75).ln();
            assert!((drawn.log_prob - expected).abs() < 1e-5, "{drawn:?}");
        }
    }

    #[test]
    fn a_draw_depends_on_seed_and_number_alone() {
        let logits: Vec<f32> = (0_u8..200).map(|id| f32::from(id % 17) / 5.0).collect();
        let draw_five = |seed| {
            let mut sampler = sampler(1.0, 1.0, seed);
            (0..5)
                .map(|_| sampler.draw(&logits, AllowedTokens::All).unwrap().id)
                .collect::<Vec<_>>()
        };

        assert_eq!(draw_five(9), draw_five(9));
        assert_ne!(draw_five(9), draw_five(10));
    }

    #[test]
    fn logits_that_are_no_numbers_draw_nothing() {
        let nothing = [f32::NAN, 1.0];

        assert_eq!(sampler(1.0, 1.0, 0).draw(&nothing, AllowedTokens::All), None);
        assert_eq!(sampler(0.0, 1.0, 0).draw(&nothing, AllowedTokens::All), None);
        assert_eq!(sampler(1.0, 1.0, 0).draw(&[1.0], AllowedTokens::Ids(&[])), None);
    }
}
