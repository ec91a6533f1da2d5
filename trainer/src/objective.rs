//! What a step descends on: a stage, and what it knows of each sample beforehand.
//!
//! ```text
//! before the first step   samples ─► log-probabilities now and under the reference
//!                                    advantages, importance weights
//! each batch              log-probabilities ─► loss, its derivative by each of them
//! ```
//!
//! Everything here is on the host. What changes from step to step beside the adapter
//! (the critic, the weight of the KL divergence) is in [`State`], for checkpoints.

mod sums;
mod units;

pub use sums::Sums;

use crate::config::Stage;
use crate::dataset::{Outcome, Sample};
use crate::stages::advantage::advantages;
use crate::stages::importance::Importance;
use crate::stages::policy_gradient::{self, Rollout, Size, Surrogate};
use crate::stages::ppo::{self, Critic, Ppo};
use crate::stages::reward_model::{RewardModel, scores};
use crate::stages::{preference, supervised};

/// What a stage knows of a sample before the first step; slices are by learned token.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its log-probabilities as the run begins.
    pub before: Vec<f32>,
    /// Under the reference.
    pub reference: Vec<f32>,
}

/// What changes from step to step beside the adapter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The critic's row, or the reward model's; empty where there is none.
    pub critic: Vec<f32>,
    /// The weight of the KL divergence; 0.0 where none adapts it.
    pub kl_weight: f32,
}

/// A stage with what it knows of every sample.
pub struct Objective {
    stage: Stage,
    /// By sample; empty for stages that ask for nothing.
    known: Vec<Known>,
    /// How much each sample counts: its weight, or its advantage.
    counts: Vec<f32>,
    /// How much each of its tokens counts, beside that.
    weights: Vec<Vec<f32>>,
    outcomes: Vec<Outcome>,
    /// Groups whose members all earned the same.
    groups_flat: usize,
    /// What changes.
    pub state: State,
}

/// A batch's part of a step's loss.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The value.
    pub loss: f32,
    /// Its derivative by the log-probability of each learned token of the batch; a reward
    /// model's by the last state of each sample, `[samples, width]`.
    pub slopes: Vec<f32>,
    /// What a policy's stage measured; sums, by token or by sample.
    pub sums: Sums,
}

impl Objective {
    /// The objective of a stage. `known` is one for each sample where the stage has a
    /// reference, else empty; `width` is that of a hidden state. Before samples that teach
    /// nothing were left out, so many groups were flat: all their members earned the same.
    pub fn new(
        stage: Stage,
        samples: &[Sample],
        (known, groups_flat): (Vec<Known>, usize),
        width: usize,
    ) -> Self {
        let outcomes = outcomes(samples);
        let (rewards, groups) = rewards_and_groups(&outcomes);
        let counts = match &stage {
            Stage::Supervised | Stage::Preference(_) => vec![1.0; samples.len()],
            Stage::RewardWeighted(settings) => settings.weights(&rewards),
            Stage::RewardModel(settings) => settings.weights(&rewards),
            Stage::PolicyGradient(settings) => {
                advantages(&rewards, &groups, settings.baseline, settings.scale)
            }
            Stage::Ppo(settings) => {
                rewards.iter().map(|reward| reward - settings.reward_baseline).collect()
            }
        };
        let weights = match &stage {
            Stage::PolicyGradient(settings) => weights(settings.importance, &known, &outcomes),
            Stage::Ppo(settings) => weights(settings.importance, &known, &outcomes),
            _ => Vec::new(),
        };
        let mut objective =
            Self { stage, known, counts, weights, outcomes, groups_flat, state: State::default() };
        if let Stage::Ppo(settings) = stage {
            let kl_weight = settings.surrogate.kl_weight;
            objective.state = State { critic: vec![0.0; width], kl_weight };
        }
        if let Stage::RewardModel(_) = stage {
            objective.state.critic = vec![0.0; width];
        }
        objective
    }

    /// A batch's part of the loss of a step of `size`.
    ///
    /// `places` are the batch's samples, `log_probs` those of their learned tokens,
    /// one sample behind the other; `hidden` gives the states that these came from,
    /// `[tokens, width]`, to a critic. A reward model has no log-probabilities, and of
    /// each sample the last of these states alone, by which its slopes are, too.
    pub fn part(
        &mut self,
        places: &[usize],
        log_probs: &[&[f32]],
        size: Size,
        hidden: &dyn Fn() -> Vec<f32>,
    ) -> Part {
        match self.stage {
            Stage::Supervised => self.imitation(places, log_probs, |_| size.tokens),
            // The mean over reflections of the mean over their tokens.
            Stage::RewardWeighted(_) => {
                self.imitation(places, log_probs, |tokens| tokens * size.sequences)
            }
            Stage::PolicyGradient(settings) => {
                let advantages: Vec<Vec<f32>> = places
                    .iter()
                    .zip(log_probs)
                    .map(|(&place, tokens)| vec![self.counts[place]; tokens.len()])
                    .collect();
                self.policy(places, log_probs, &advantages, (&settings.surrogate, size))
            }
            Stage::Ppo(settings) => {
                let advantages = self.learn_values(&settings, places, &hidden());
                // The divergence is in the rewards already.
                let surrogate = Surrogate { kl_weight: 0.0, ..settings.surrogate };
                self.policy(places, log_probs, &advantages, (&surrogate, size))
            }
            Stage::Preference(settings) => self.pairs(places, log_probs, settings.beta, size),
            Stage::RewardModel(settings) => self.scored(&settings, places, &hidden(), size),
        }
    }

    /// Takes a step's measurements into what changes.
    pub fn step_done(&mut self, sums: &Sums) {
        if let Stage::Ppo(Ppo { adaptive_kl: Some(adaptive), .. }) = &self.stage {
            let mean = sums.kl / sums.samples.max(1) as f32;
            self.state.kl_weight = adaptive.next(self.state.kl_weight, mean, sums.samples);
        }
    }

    fn imitation(
        &self,
        places: &[usize],
        log_probs: &[&[f32]],
        divisor: impl Fn(usize) -> usize,
    ) -> Part {
        let mut part = Part::default();
        for (&place, tokens) in places.iter().zip(log_probs) {
            let (loss, slopes) =
                supervised::term(tokens, self.counts[place], divisor(tokens.len()));
            part.loss += loss;
            part.slopes.extend(slopes);
        }
        part
    }

    fn policy(
        &self,
        places: &[usize],
        log_probs: &[&[f32]],
        advantages: &[Vec<f32>],
        (surrogate, size): (&Surrogate, Size),
    ) -> Part {
        let mut part = Part::default();
        for ((&place, log_probs), advantages) in places.iter().zip(log_probs).zip(advantages) {
            let Known { before, reference } = &self.known[place];
            let weights = &self.weights[place];
            let rollout = Rollout { log_probs, before, reference, weights, advantages };
            let term = policy_gradient::term(&rollout, surrogate, size);
            part.loss += term.loss;
            part.slopes.extend(term.slopes);
            part.sums.clipped += term.clipped;
            self.measure(place, log_probs, &mut part.sums);
        }
        part
    }

    /// Advantages by the critic as it stands, which then learns from their returns.
    fn learn_values(&mut self, settings: &Ppo, places: &[usize], hidden: &[f32]) -> Vec<Vec<f32>> {
        let (width, kl_weight) = (self.state.critic.len(), self.state.kl_weight);
        let values = Critic::values(&self.state.critic, hidden);
        let (mut advantages, mut returns, mut first) = (Vec::new(), Vec::new(), 0);
        for &place in places {
            let Known { before, reference } = &self.known[place];
            let rewards = ppo::token_rewards(before, reference, self.counts[place], kl_weight);
            let values = &values[first..first + rewards.len()];
            let found = ppo::generalized_advantages(&rewards, values, &settings.critic);
            first += rewards.len();
            advantages.push(found.0);
            returns.extend(found.1);
        }
        debug_assert_eq!(first * width, hidden.len());
        settings.critic.learn(&mut self.state.critic, hidden, &returns);
        advantages
    }

    fn pairs(&self, places: &[usize], log_probs: &[&[f32]], beta: f32, size: Size) -> Part {
        let mut part = Part::default();
        let share = 2.0 / size.sequences.max(1) as f32;
        for (pair, tokens) in places.chunks_exact(2).zip(log_probs.chunks_exact(2)) {
            let gain = |member: usize| -> f32 {
                let reference = &self.known[pair[member]].reference;
                tokens[member].iter().zip(reference).map(|(now, before)| now - before).sum()
            };
            let (loss, slope) = preference::loss(gain(0), gain(1), beta);
            part.loss += loss * share;
            part.slopes.extend(tokens[0].iter().map(|_| slope * share));
            part.slopes.extend(tokens[1].iter().map(|_| -slope * share));
            for (&place, tokens) in pair.iter().zip(tokens) {
                self.measure(place, tokens, &mut part.sums);
            }
        }
        part
    }

    /// Scores by the row as it stands, which then learns.
    fn scored(
        &mut self,
        settings: &RewardModel,
        places: &[usize],
        hidden: &[f32],
        size: Size,
    ) -> Part {
        let found = scores(&self.state.critic, hidden);
        let weights: Vec<f32> = places.iter().map(|&place| self.counts[place]).collect();
        let rewards: Vec<f32> = places.iter().map(|&place| self.outcomes[place].reward).collect();
        let (loss, slopes) = settings.loss(&found, &weights, &rewards);
        let share = 1.0 / settings.divisor(size.sequences);
        let row = &self.state.critic;
        let by_state = slopes.iter().flat_map(|slope| row.iter().map(move |x| share * slope * x));
        let part = Part { loss: share * loss, slopes: by_state.collect(), sums: Sums::default() };
        settings.learn(&mut self.state.critic, hidden, &weights, &rewards);
        part
    }
}

fn weights(importance: Importance, known: &[Known], outcomes: &[Outcome]) -> Vec<Vec<f32>> {
    let pairs = known.iter().zip(outcomes);
    pairs.map(|(known, outcome)| importance.weights(&known.before, &outcome.sampled)).collect()
}

pub(crate) fn rewards_and_groups(outcomes: &[Outcome]) -> (Vec<f32>, Vec<usize>) {
    outcomes.iter().map(|outcome| (outcome.reward, outcome.group)).unzip()
}

/// A sample without an outcome earned nothing, alone.
pub(crate) fn outcomes(samples: &[Sample]) -> Vec<Outcome> {
    let nothing = |group| Outcome { reward: 0.0, group, sampled: Vec::new(), full: Vec::new() };
    let places = samples.iter().enumerate();
    places.map(|(place, sample)| sample.outcome.clone().unwrap_or_else(|| nothing(place))).collect()
}
