//! Direct preference optimization (Rafailov et al., 2023, eq. 7) on reflections of
//! one group: of two, the one that earned more becomes likelier.
//!
//! ```text
//! L = −log σ(β · ((log π − log ref)(better) − (log π − log ref)(worse)))
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::method::{BatchLoss, ComputedBatch, Method, MethodState, Reference};
use super::prepared::{PreparedSamples, outcomes, rewards_and_groups};
use crate::dataset::Sample;
use crate::error::{TrainError, require};

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// How near the policy is kept to the reference, β.
    pub beta: f32,
    /// Rewards of a pair differ by at least this.
    pub margin: f32,
    /// What both are compared with.
    pub reference: Reference,
}

impl Method for Preference {
    fn check(&self) -> Result<(), TrainError> {
        require(self.beta > 0.0, "stage.beta", &self.beta, "more than 0")
    }

    fn reference(&self) -> Option<Reference> {
        Some(self.reference)
    }

    fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        units(samples, self.margin)
    }

    fn term(
        &self,
        batch: &ComputedBatch<'_>,
        prepared: &PreparedSamples,
        _: &mut MethodState,
    ) -> BatchLoss {
        let mut part = BatchLoss::default();
        let share = 2.0 / batch.size.sequences.max(1) as f32;
        for (pair, tokens) in batch.places.chunks_exact(2).zip(batch.log_probs.chunks_exact(2)) {
            let gain = |member: usize| -> f32 {
                let reference = &prepared.known[pair[member]].reference;
                tokens[member].iter().zip(reference).map(|(now, before)| now - before).sum()
            };
            let (loss, slope) = loss(gain(0), gain(1), self.beta);
            part.loss += loss * share;
            part.slopes.extend(tokens[0].iter().map(|_| slope * share));
            part.slopes.extend(tokens[1].iter().map(|_| -slope * share));
            for (&place, tokens) in pair.iter().zip(tokens) {
                part.sums.measure(prepared, place, tokens);
            }
        }
        part
    }
}

/// Two reflections of one group, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreferencePair {
    /// Which one earned more.
    pub better: usize,
    /// Which one earned less.
    pub worse: usize,
}

/// Pairs whose rewards differ by at least `margin`, each reflection of a group with
/// every other.
pub fn pairs(rewards: &[f32], groups: &[usize], margin: f32) -> Vec<PreferencePair> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, &group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(place);
    }
    let mut pairs = Vec::new();
    for places in members.values() {
        for &better in places {
            let worse = places.iter().filter(|&&worse| {
                rewards[better] > rewards[worse] && rewards[better] - rewards[worse] >= margin
            });
            pairs.extend(worse.map(|&worse| PreferencePair { better, worse }));
        }
    }
    pairs
}

/// A group's pairs whose rewards differ by at least `margin`, each group's together.
pub fn units(samples: &[Sample], margin: f32) -> Vec<Vec<usize>> {
    let (rewards, groups) = rewards_and_groups(&outcomes(samples));
    by_group(&pairs(&rewards, &groups, margin), &groups)
}

/// The places of pairs, the better one before the worse, those of one group together: what
/// they have in common need be computed only once.
pub fn by_group(pairs: &[PreferencePair], groups: &[usize]) -> Vec<Vec<usize>> {
    let of_one_group =
        |a: &PreferencePair, b: &PreferencePair| groups[a.better] == groups[b.better];
    let places = |pairs: &[PreferencePair]| {
        pairs.iter().flat_map(|pair| [pair.better, pair.worse]).collect()
    };
    pairs.chunk_by(of_one_group).map(places).collect()
}

/// The loss of a pair, and its derivative by each log-probability of the better
/// reflection; by the worse one's it is the opposite.
///
/// `better` and `worse` are the sums over tokens of `log π − log ref`.
pub fn loss(better: f32, worse: f32, beta: f32) -> (f32, f32) {
    let margin = beta * (better - worse);
    // log(1 + exp(−m)), without an overflow.
    let loss = (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
    (loss, -beta / (1.0 + margin.exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_paired_with_those_that_earned_less() {
        let found = pairs(&[1.0, 0.0, 0.5, 1.0, 0.0], &[0, 0, 0, 1, 2], 0.1);

        let expected =
            [(0, 1), (0, 2), (2, 1)].map(|(better, worse)| PreferencePair { better, worse });
        assert_eq!(found, expected);
        assert_eq!(pairs(&[1.0, 0.95], &[0, 0], 0.1), []);
    }

    #[test]
    fn pairs_of_a_group_stand_together() {
        let groups = [0, 0, 0, 1, 1];
        let pairs = pairs(&[1.0, 0.0, 0.0, 0.0, 1.0], &groups, 0.1);

        assert_eq!(by_group(&pairs, &groups), [vec![0, 1, 0, 2], vec![4, 3]]);
    }

    #[test]
    fn a_pair_that_is_not_told_apart_costs_log_2() {
        let (cost, slope) = loss(0.3, 0.3, 0.1);

        assert!((cost - 2.0_f32.ln()).abs() < 1e-6);
        assert!((slope + 0.05).abs() < 1e-6);
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for better in [-40.0, -1.0, 0.5, 40.0] {
            let (at, beta) = (|better| loss(better, 0.2, beta_of()).0, beta_of());
            let difference = (at(better + 1e-2) - at(better - 1e-2)) / 2e-2;
            let (_, slope) = loss(better, 0.2, beta);
            assert!((slope - difference).abs() < 1e-3, "{slope}, {difference}");
        }
    }

    fn beta_of() -> f32 {
        0.5
    }
}
