//! The loss of a policy: what was better than expected becomes likelier.
//!
//! For a reflection whose token `t` has the advantage `A`, that token adds
//!
//! ```text
//! L(t) = −w(t) · min(r(t) · A, clip(r(t), 1 − low, 1 + high) · A) + β · k(t)
//! ```
//!
//! with `r` the ratio of the policy to what it was when the run began (Schulman et
//! al., 2017, eq. 7), `w` the weight of [`super::importance`], which is constant, and
//! `k` the estimate of the KL divergence from the reference that [`KlEstimator`] names. In a
//! run's first step `r` is 1 and this is REINFORCE.
//!
//! | method | [`Ratio`] | clip | [`Normalize`] |
//! | --- | --- | --- | --- |
//! | GRPO | `token` | 0.2, 0.2 | `sequence` |
//! | Dr. GRPO | `token` | 0.2, 0.2 | `length` |
//! | DAPO | `token` | 0.2, 0.28 | `tokens` |
//! | GSPO | `sequence` | 3e-4, 4e-4 | `sequence` |
//!
//! Left out of the papers: DAPO's resampling of groups without variance (they are
//! counted and left out) and its penalty on length.

use serde::{Deserialize, Serialize};

use super::divergence::KlEstimator;
use super::method::{BatchLoss, ComputedBatch, StepSize};
use super::prepared::{KnownLogProbs, PreparedSamples};
use crate::error::{TrainError, require};

/// How a batch becomes a loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surrogate {
    /// What a ratio is of.
    pub ratio: Ratio,
    /// A ratio below 1 minus this earns no more for falling.
    pub clip_low: f32,
    /// A ratio over 1 plus this earns no more for rising.
    pub clip_high: f32,
    /// What the sum over tokens is divided by.
    pub normalize: Normalize,
    /// Weight of the KL divergence from the reference, β.
    pub kl_weight: f32,
    /// The estimate of that divergence; not needed where it has no weight, and not read where
    /// rewards contain it, as those of PPO do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl_estimator: Option<KlEstimator>,
}

/// What a ratio is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ratio {
    /// Each token.
    Token,
    /// The geometric mean of a reflection's tokens (GSPO, eq. 7).
    Sequence,
}

/// What the sum over tokens is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalize {
    /// Its reflection's tokens, and the number of reflections: a token of a short
    /// reflection weighs more.
    Sequence,
    /// All tokens of the step.
    Tokens,
    /// A length that is the same for all, times the number of reflections.
    Length(usize),
}

/// A reflection of a step; all slices are `[tokens]`.
#[derive(Clone, Copy, Debug)]
pub struct Rollout<'a> {
    /// Log-probabilities under the policy that is trained.
    pub log_probs: &'a [f32],
    /// Under the same policy when the run began.
    pub before: &'a [f32],
    /// Under the reference; not read where the KL divergence has no weight.
    pub reference: &'a [f32],
    /// How much each token counts.
    pub weights: &'a [f32],
    /// How much better than expected each token was; without a critic the same for
    /// all of a reflection.
    pub advantages: &'a [f32],
}

/// What a reflection adds to the loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LossTerm {
    /// The value.
    pub loss: f32,
    /// Its derivative by each log-probability `[tokens]`.
    pub slopes: Vec<f32>,
    /// Tokens whose ratio was clipped.
    pub clipped: usize,
}

impl Surrogate {
    /// Whether the numbers make sense.
    pub fn check(&self) -> Result<(), TrainError> {
        let Self { clip_low: low, clip_high: high, kl_weight: weight, .. } = self;
        require((0.0..=1.0).contains(low), "stage.surrogate.clip_low", low, "0 to 1")?;
        require(*high >= 0.0, "stage.surrogate.clip_high", high, "0 or more")?;
        require(*weight >= 0.0, "stage.surrogate.kl_weight", weight, "0 or more")
    }

    /// Whether it says how the KL divergence is estimated, where that is part of the loss.
    pub fn check_estimator(&self) -> Result<(), TrainError> {
        let said = self.kl_weight == 0.0 || self.kl_estimator.is_some();
        let expected = "\"k2\", or \"k3\" for what files without it were trained by";
        require(said, "stage.surrogate.kl_estimator", &"nothing beside a kl_weight", expected)
    }

    /// A batch's part of the loss; `advantages` are each sample's by token.
    pub fn part(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        advantages: &[Vec<f32>],
    ) -> BatchLoss {
        let mut part = BatchLoss::default();
        for ((&place, log_probs), advantages) in
            batch.places.iter().zip(batch.log_probs).zip(advantages)
        {
            let KnownLogProbs { before, reference } = &prepared.known[place];
            let weights = &prepared.weights[place];
            let rollout = Rollout { log_probs, before, reference, weights, advantages };
            let term = term(&rollout, self, batch.size);
            part.loss += term.loss;
            part.slopes.extend(term.slopes);
            part.sums.clipped += term.clipped;
            part.sums.measure(prepared, place, log_probs);
        }
        part
    }
}

/// What `rollout` adds to the loss of a step of `size`.
pub fn term(rollout: &Rollout<'_>, surrogate: &Surrogate, size: StepSize) -> LossTerm {
    let count = rollout.log_probs.len();
    let divisor = match surrogate.normalize {
        Normalize::Sequence => count * size.sequences,
        Normalize::Tokens => size.tokens,
        Normalize::Length(length) => length * size.sequences,
    };
    let share = 1.0 / divisor.max(1) as f32;
    let ratios = ratios(rollout, surrogate.ratio);
    // A common ratio moves with each of its tokens.
    let weighted = rollout.weights.iter().zip(rollout.advantages).map(|(w, a)| w * a);
    let common = weighted.sum::<f32>() / count.max(1) as f32;
    let mut term = LossTerm::default();
    for (token, ratio) in ratios.into_iter().enumerate() {
        let (weight, advantage) = (rollout.weights[token], rollout.advantages[token]);
        let bounded = ratio.clamp(1.0 - surrogate.clip_low, 1.0 + surrogate.clip_high);
        let clipped = bounded * advantage < ratio * advantage;
        let kept = if clipped { bounded } else { ratio };
        let (mut loss, mut slope) = (-weight * kept * advantage, 0.0);
        if !clipped {
            slope =
                -ratio * if surrogate.ratio == Ratio::Token { weight * advantage } else { common };
        }
        if let Some(estimator) = surrogate.kl_estimator.filter(|_| surrogate.kl_weight > 0.0) {
            let (kl, kl_slope) = estimator.of(rollout.log_probs[token], rollout.reference[token]);
            loss += surrogate.kl_weight * kl;
            slope += surrogate.kl_weight * kl_slope;
        }
        term.loss += loss * share;
        term.slopes.push(slope * share);
        term.clipped += usize::from(clipped);
    }
    term
}

fn ratios(rollout: &Rollout<'_>, ratio: Ratio) -> Vec<f32> {
    let logs = rollout.log_probs.iter().zip(rollout.before).map(|(now, before)| now - before);
    match ratio {
        Ratio::Token => logs.map(f32::exp).collect(),
        Ratio::Sequence => {
            let count = rollout.log_probs.len();
            vec![(logs.sum::<f32>() / count.max(1) as f32).exp(); count]
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
