//! Proximal policy optimization of reflections, with a critic.
//!
//! A reflection is an episode whose actions are its tokens. Every token earns
//! minus β times its log-ratio to the reference, the last one the reflection's
//! reward as well (Ziegler et al., 2019, eq. 2). A critic, one row over the
//! decoder's hidden states, values each token's state; advantages are generalized
//! (Schulman et al., 2016, eq. 16), and the policy's loss is the clipped one of
//! [`super::policy_gradient`] with these for advantages.
//!
//! Left out: the critic shares no weights with the policy, its gradient stops at the
//! hidden states; and its values are not clipped, since each batch makes one step.

use serde::{Deserialize, Serialize};

use super::importance::Importance;
use super::method::{BatchLoss, ComputedBatch, Method, MethodState, Reference};
use super::prepared::{KnownLogProbs, PreparedSamples};
use super::sums::Sums;
use super::surrogate::Surrogate;
use crate::dataset::{ReflectionOutcome, TrainableTokens};
use crate::error::{TrainError, require};

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ppo {
    /// Subtracted from every reward.
    pub reward_baseline: f32,
    /// How a batch becomes a loss; its KL divergence is taken from rewards.
    pub surrogate: Surrogate,
    /// How it is corrected for where it was drawn.
    pub importance: Importance,
    /// What the KL divergence is from.
    pub reference: Reference,
    /// What keeps the divergence near a target; its weight is fixed without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptive_kl: Option<AdaptiveKl>,
    /// What values states.
    pub critic: Critic,
    /// The run ends once the policy is this far, in nats a token, from what it was, with the
    /// newest factors that were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence_max: Option<f32>,
}

impl Method for Ppo {
    fn check(&self) -> Result<(), TrainError> {
        self.critic.check()?;
        if let Some(AdaptiveKl { target, horizon }) = &self.adaptive_kl {
            require(*target > 0.0, "stage.adaptive_kl.target", target, "more than 0")?;
            require(*horizon > 0.0, "stage.adaptive_kl.horizon", horizon, "more than 0")?;
        }
        self.surrogate.check()?;
        self.importance.check()
    }

    fn lessons(&self) -> TrainableTokens {
        TrainableTokens::Drawn
    }

    fn reference(&self) -> Option<Reference> {
        Some(self.reference)
    }

    fn divergence_max(&self) -> Option<f32> {
        self.divergence_max
    }

    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        outcomes.iter().map(|outcome| outcome.reward - self.reward_baseline).collect()
    }

    fn weights(&self, known: &[KnownLogProbs], outcomes: &[ReflectionOutcome]) -> Vec<Vec<f32>> {
        self.importance.of_samples(known, outcomes)
    }

    fn state(&self, width: usize) -> MethodState {
        MethodState { critic: vec![0.0; width], kl_weight: self.surrogate.kl_weight }
    }

    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        state: &mut MethodState,
    ) -> BatchLoss {
        let advantages = self.learn_values(batch, prepared, state);
        // The divergence is in the rewards already.
        let surrogate = Surrogate { kl_weight: 0.0, ..self.surrogate };
        surrogate.part(batch, prepared, &advantages)
    }

    fn step_done(&self, sums: &Sums, state: &mut MethodState) {
        if let Some(adaptive) = &self.adaptive_kl {
            let mean = sums.kl / sums.samples.max(1) as f32;
            state.kl_weight = adaptive.next(state.kl_weight, mean, sums.samples);
        }
    }
}

impl Ppo {
    /// Advantages by the critic as it stands, which then learns from their returns.
    fn learn_values(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        state: &mut MethodState,
    ) -> Vec<Vec<f32>> {
        let hidden = (batch.hidden)();
        let (width, kl_weight) = (state.critic.len(), state.kl_weight);
        let values = Critic::values(&state.critic, &hidden);
        let (mut advantages, mut returns, mut first) = (Vec::new(), Vec::new(), 0);
        for &place in batch.places {
            let KnownLogProbs { before, reference } = &prepared.known[place];
            let rewards = token_rewards(before, reference, prepared.counts[place], kl_weight);
            let values = &values[first..first + rewards.len()];
            let found = generalized_advantages(&rewards, values, &self.critic);
            first += rewards.len();
            advantages.push(found.0);
            returns.extend(found.1);
        }
        debug_assert_eq!(first * width, hidden.len());
        self.critic.learn(&mut state.critic, &hidden, &returns);
        advantages
    }
}

/// What values the states of a reflection: a row over the decoder's hidden states.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Critic {
    /// How much a later reward counts, γ.
    pub discount: f32,
    /// How far rewards are trusted over the critic, λ.
    pub trace: f32,
    /// The share of its error that each token mends, 0 to 1.
    pub learning_rate: f32,
}

impl Critic {
    /// Whether the numbers make sense.
    pub fn check(&self) -> Result<(), TrainError> {
        let share =
            |key, number: f32| require((0.0..=1.0).contains(&number), key, &number, "0 to 1");
        share("stage.critic.discount", self.discount)?;
        share("stage.critic.trace", self.trace)?;
        share("stage.critic.learning_rate", self.learning_rate)
    }

    /// The value of each state; `hidden` is `[tokens, width]`, `weights` `[width]`.
    pub fn values(weights: &[f32], hidden: &[f32]) -> Vec<f32> {
        let rows = hidden.chunks_exact(weights.len());
        rows.map(|row| row.iter().zip(weights).map(|(x, w)| x * w).sum()).collect()
    }

    /// Moves the weights toward `returns` `[tokens]`, one token after the other, each
    /// by its share of the error over the state's length: normalized least mean
    /// squares (Nagumo and Noda, 1967), which no scale of hidden states upsets.
    /// Returns the mean squared error before.
    pub fn learn(&self, weights: &mut [f32], hidden: &[f32], returns: &[f32]) -> f32 {
        let mut squares = 0.0;
        for (row, wanted) in hidden.chunks_exact(weights.len()).zip(returns) {
            let value: f32 = row.iter().zip(&*weights).map(|(x, w)| x * w).sum();
            let length: f32 = row.iter().map(|x| x * x).sum();
            let step = self.learning_rate * (wanted - value) / (length + 1e-8);
            weights.iter_mut().zip(row).for_each(|(weight, x)| *weight += step * x);
            squares += (wanted - value).powi(2);
        }
        squares / returns.len().max(1) as f32
    }
}

/// What each token of a reflection earned: `[tokens]`.
///
/// `log_probs` and `reference` are `[tokens]`, `reward` is the reflection's.
pub fn token_rewards(
    log_probs: &[f32],
    reference: &[f32],
    reward: f32,
    kl_weight: f32,
) -> Vec<f32> {
    let pairs = log_probs.iter().zip(reference);
    let mut rewards: Vec<f32> =
        pairs.map(|(now, reference)| -kl_weight * (now - reference)).collect();
    if let Some(last) = rewards.last_mut() {
        *last += reward;
    }
    rewards
}

/// Generalized advantages, and the returns that the critic learns: both `[tokens]`.
pub fn generalized_advantages(
    rewards: &[f32],
    values: &[f32],
    critic: &Critic,
) -> (Vec<f32>, Vec<f32>) {
    let mut advantages = vec![0.0; rewards.len()];
    let (mut later, mut next_value) = (0.0, 0.0);
    for token in (0..rewards.len()).rev() {
        let surprise = rewards[token] + critic.discount * next_value - values[token];
        later = surprise + critic.discount * critic.trace * later;
        advantages[token] = later;
        next_value = values[token];
    }
    let returns = advantages.iter().zip(values).map(|(advantage, value)| advantage + value);
    let returns = returns.collect();
    (advantages, returns)
}

/// A weight of the KL divergence that keeps it near a target (Ziegler et al.,
/// 2019, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveKl {
    /// The divergence to keep, in nats a reflection.
    pub target: f32,
    /// Reflections over which a weight that is off by a fifth is mended.
    pub horizon: f32,
}

impl AdaptiveKl {
    /// The next weight, after reflections with this mean divergence.
    pub fn next(&self, weight: f32, kl_mean: f32, reflections: usize) -> f32 {
        let off = (kl_mean / self.target - 1.0).clamp(-0.2, 0.2);
        weight * (1.0 + off * reflections as f32 / self.horizon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRITIC: Critic = Critic { discount: 1.0, trace: 0.5, learning_rate: 0.5 };

    #[test]
    fn the_last_token_earns_the_reward_and_every_token_its_distance() {
        let found = token_rewards(&[-1.0, -2.0], &[-1.5, -2.0], 1.0, 0.2);

        assert!((found[0] + 0.1).abs() < 1e-6 && (found[1] - 1.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn an_advantage_is_a_sum_of_surprises() {
        let (advantages, returns) = generalized_advantages(&[0.0, 1.0], &[0.4, 0.6], &CRITIC);

        // The last: 1 − 0.6 = 0.4. The first: 0 + 0.6 − 0.4 + 0.5 · 0.4 = 0.4.
        assert!((advantages[1] - 0.4).abs() < 1e-6, "{advantages:?}");
        assert!((advantages[0] - 0.4).abs() < 1e-6, "{advantages:?}");
        assert!((returns[0] - 0.8).abs() < 1e-6 && (returns[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_critic_that_is_right_leaves_nothing_to_learn() {
        let (advantages, _) = generalized_advantages(&[0.0, 1.0], &[1.0, 1.0], &CRITIC);

        assert_eq!(advantages, [0.0, 0.0]);
    }

    #[test]
    fn a_critic_learns_what_follows_from_its_states() {
        let hidden = [2.0, 0.0, 0.0, 30.0];
        let mut weights = [0.0; 2];

        let first = CRITIC.learn(&mut weights, &hidden, &[1.0, -1.0]);
        for _ in 0..20 {
            CRITIC.learn(&mut weights, &hidden, &[1.0, -1.0]);
        }

        assert!((first - 1.0).abs() < 1e-6, "{first}");
        let values = Critic::values(&weights, &hidden);
        assert!((values[0] - 1.0).abs() < 1e-3 && (values[1] + 1.0).abs() < 1e-3, "{values:?}");
    }

    #[test]
    fn a_divergence_over_its_target_weighs_more() {
        let adaptive = AdaptiveKl { target: 6.0, horizon: 100.0 };

        assert!(adaptive.next(0.2, 12.0, 10) > 0.2);
        assert!(adaptive.next(0.2, 3.0, 10) < 0.2);
        // At most a fifth of the share of the horizon.
        assert!((adaptive.next(0.2, 600.0, 10) - 0.204).abs() < 1e-6);
    }
}
