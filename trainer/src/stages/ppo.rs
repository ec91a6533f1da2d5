//! Proximal policy optimization of reflections, with a critic.
//!
//! A reflection is an episode whose actions are its tokens. Every token earns
//! minus β times its log-ratio to the reference, by the policy as it stands and without a
//! gradient, the last one the reflection's reward as well (Ziegler et al., 2019, eq. 2).
//! Advantages are generalized (Schulman et al., 2016, eq. 16), and the policy's loss is the
//! clipped one of [`super::policy_gradient`] with these for advantages.
//!
//! What is expected is one of two: a critic's value of each token's state, one row over the
//! decoder's hidden states, or, without a critic, the mean reward of the reflection's group.
//! Then λ is 1, every token of a reflection expects the same, and groups that earned the same
//! are left out. With few reflections a group's mean is the better guess: the critic begins
//! at 0 and sees what its group earned only after the step.
//!
//! Left out: the critic shares no weights with the policy, its gradient stops at the
//! hidden states; and its values are not clipped, since a batch moves them by a share of
//! its mean error and thus never past what was earned.

use serde::{Deserialize, Serialize};

use super::adaptive_kl::AdaptiveKl;
use super::advantage::{AdvantageScale, Baseline, advantages};
use super::critic::{Critic, generalized_advantages};
use super::importance::Importance;
use super::method::{BatchLoss, ComputedBatch, Method, MethodState, Reference};
use super::prepared::{KnownLogProbs, PreparedSamples, informative_groups, rewards_and_groups};
use super::sums::Sums;
use super::surrogate::Surrogate;
use crate::dataset::{ReflectionOutcome, Sample, TrainableTokens};
use crate::error::{TrainError, require};
use crate::packing;

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ppo {
    /// Subtracted from every reward, beside a critic; without one that is the group's mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_baseline: Option<f32>,
    /// How a batch becomes a loss; its KL divergence is taken from rewards, by no estimator.
    pub surrogate: Surrogate,
    /// How it is corrected for where it was drawn.
    pub importance: Importance,
    /// What the KL divergence is from.
    pub reference: Reference,
    /// What keeps the divergence near a target; its weight is fixed without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptive_kl: Option<AdaptiveKl>,
    /// What values states; the group's mean reward without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic: Option<Critic>,
    /// The run ends once the policy is this far, in nats a token, from what it was, with the
    /// newest factors that were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence_max: Option<f32>,
}

impl Method for Ppo {
    fn check(&self) -> Result<(), TrainError> {
        let (critic, baseline) = (&self.critic, self.reward_baseline);
        critic.as_ref().map_or(Ok(()), Critic::check)?;
        let told = baseline.map_or("nothing".to_owned(), |baseline| baseline.to_string());
        let what = "a number beside stage.critic, nothing without it";
        require(critic.is_some() == baseline.is_some(), "stage.reward_baseline", &told, what)?;
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

    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        if self.critic.is_some() { packing::groups(samples) } else { informative_groups(samples) }
    }

    fn counts(&self, outcomes: &[ReflectionOutcome]) -> Vec<f32> {
        if let Some(baseline) = self.reward_baseline {
            return outcomes.iter().map(|outcome| outcome.reward - baseline).collect();
        }
        let (rewards, groups) = rewards_and_groups(outcomes);
        advantages(&rewards, &groups, Baseline::Group, AdvantageScale::None)
    }

    fn weights(&self, known: &[KnownLogProbs], outcomes: &[ReflectionOutcome]) -> Vec<Vec<f32>> {
        self.importance.of_samples(known, outcomes)
    }

    fn state(&self, width: usize) -> MethodState {
        let width = self.critic.map_or(0, |_| width);
        MethodState { critic: vec![0.0; width], kl_weight: self.surrogate.kl_weight }
    }

    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        state: &mut MethodState,
    ) -> BatchLoss {
        let advantages = if let Some(critic) = &self.critic {
            learn_values(critic, batch, prepared, state)
        } else {
            let rewards = batch_rewards(batch, prepared, state.kl_weight);
            rewards.iter().map(|rewards| sums_to_come(rewards)).collect()
        };
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

/// Advantages by the critic as it stands, which then learns from their returns.
fn learn_values(
    critic: &Critic,
    batch: &ComputedBatch<'_>,
    prepared: &PreparedSamples,
    state: &mut MethodState,
) -> Vec<Vec<f32>> {
    let hidden = (batch.hidden)();
    let values = Critic::values(&state.critic, &hidden);
    let (mut advantages, mut returns, mut first) = (Vec::new(), Vec::new(), 0);
    for rewards in batch_rewards(batch, prepared, state.kl_weight) {
        let values = &values[first..first + rewards.len()];
        let found = generalized_advantages(&rewards, values, critic);
        first += rewards.len();
        advantages.push(found.0);
        returns.extend(found.1);
    }
    debug_assert_eq!(first * state.critic.len(), hidden.len());
    critic.learn(&mut state.critic, &hidden, &returns);
    advantages
}

/// What the tokens of each reflection earned, by the policy as it stands: were it by the policy
/// as the run began, a reference that is the parent would never be left.
fn batch_rewards(
    batch: &ComputedBatch<'_>,
    prepared: &PreparedSamples,
    kl_weight: f32,
) -> Vec<Vec<f32>> {
    let pairs = batch.places.iter().zip(batch.log_probs);
    let rewards = pairs.map(|(&place, log_probs)| {
        let KnownLogProbs { reference, .. } = &prepared.known[place];
        token_rewards(log_probs, reference, prepared.counts[place], kl_weight)
    });
    rewards.collect()
}

/// What each token and those behind it earned: `[tokens]`.
fn sums_to_come(rewards: &[f32]) -> Vec<f32> {
    let mut sums = rewards.to_vec();
    for token in (1..sums.len()).rev() {
        sums[token - 1] += sums[token];
    }
    sums
}

/// What each token of a reflection earned: `[tokens]`.
///
/// `log_probs`, under the policy as it stands, and `reference` are `[tokens]`, `reward` is the
/// reflection's.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::importance::{Level, Over};
    use crate::stages::method::StepSize;
    use crate::stages::surrogate::{Normalize, Ratio};

    const CRITIC: Critic = Critic { discount: 1.0, trace: 0.5, learning_rate: 0.5 };

    #[test]
    fn the_last_token_earns_the_reward_and_every_token_its_distance() {
        let found = token_rewards(&[-1.0, -2.0], &[-1.5, -2.0], 1.0, 0.2);

        assert!((found[0] + 0.1).abs() < 1e-6 && (found[1] - 1.0).abs() < 1e-6, "{found:?}");
    }

    const SURROGATE: Surrogate = Surrogate {
        ratio: Ratio::Token,
        clip_low: 1.0,
        clip_high: f32::INFINITY,
        normalize: Normalize::Tokens,
        kl_weight: 0.5,
        kl_estimator: None,
    };
    const PPO: Ppo = Ppo {
        reward_baseline: None,
        surrogate: SURROGATE,
        importance: Importance { level: Level::None, over: Over::Truncate, weight_max: 1.0 },
        reference: Reference::Parent,
        adaptive_kl: None,
        critic: None,
        divergence_max: None,
    };

    /// Two reflections of one group, of a token each, that earned `rewards`; the first has become
    /// twice as likely, the other has not moved. Their slopes.
    fn slopes(ppo: &Ppo, rewards: [f32; 2]) -> Vec<f32> {
        let before = vec![-1.0];
        let outcome = |reward| ReflectionOutcome {
            reward,
            group: 0,
            sampled: before.clone(),
            full: before.clone(),
            ..ReflectionOutcome::default()
        };
        let outcomes = rewards.map(outcome).to_vec();
        let known = KnownLogProbs { before: before.clone(), reference: before.clone() };
        let known = vec![known; 2];
        let prepared = PreparedSamples {
            counts: ppo.counts(&outcomes),
            weights: ppo.weights(&known, &outcomes),
            known,
            outcomes,
        };
        let (moved, hidden) = ([2.0_f32.ln() - 1.0], || vec![1.0, 1.0]);
        let batch = ComputedBatch {
            places: &[0, 1],
            log_probs: &[&moved, &before],
            hidden: &hidden,
            size: StepSize { sequences: 2, tokens: 2 },
        };
        ppo.term(&batch, &prepared, &mut ppo.state(1)).slopes
    }

    #[test]
    fn a_policy_that_left_its_parent_is_drawn_back_to_it() {
        let critic = Critic { discount: 1.0, trace: 1.0, learning_rate: 0.0 };
        let valued = Ppo { reward_baseline: Some(0.0), critic: Some(critic), ..PPO };

        // −r · A / 2 with r = 2 and A = −β · log 2.
        let expected = 0.5 * 2.0_f32.ln();
        for ppo in [PPO, valued] {
            let found = slopes(&ppo, [0.0, 0.0]);
            assert!((found[0] - expected).abs() < 1e-6 && found[1].abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn without_a_critic_a_reflection_is_compared_with_its_group() {
        let surrogate = Surrogate { kl_weight: 0.0, ..SURROGATE };

        let found = slopes(&Ppo { surrogate, ..PPO }, [1.0, 0.0]);

        // Half over the mean, and half under it: −r · A / 2.
        assert!((found[0] + 0.5).abs() < 1e-6 && (found[1] - 0.25).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn what_is_expected_is_said_once() {
        let critic = Some(CRITIC);
        assert!(PPO.check().is_ok());
        assert!(Ppo { critic, reward_baseline: Some(0.2), ..PPO }.check().is_ok());

        for ppo in [Ppo { critic, ..PPO }, Ppo { reward_baseline: Some(0.2), ..PPO }] {
            let error = ppo.check().unwrap_err().to_string();
            assert!(error.contains("stage.reward_baseline"), "{error}");
        }
    }
}
