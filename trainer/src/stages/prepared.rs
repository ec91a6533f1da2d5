//! What a run holds of its samples before its first step.

use super::advantage::are_alike;
use crate::dataset::{ReflectionOutcome, Sample};
use crate::packing;

/// What is known of a sample before the first step; slices are by learned token.
#[derive(Clone, Debug, Default)]
pub struct KnownLogProbs {
    /// Its log-probabilities as the run begins.
    pub before: Vec<f32>,
    /// Under the reference.
    pub reference: Vec<f32>,
}

/// What a run holds of its samples, by their places.
#[derive(Clone, Debug, Default)]
pub struct PreparedSamples {
    /// Empty for methods without a reference.
    pub known: Vec<KnownLogProbs>,
    /// How much each counts.
    pub counts: Vec<f32>,
    /// How much each of its tokens counts beside that; empty if all count alike.
    pub weights: Vec<Vec<f32>>,
    /// What came of each.
    pub outcomes: Vec<ReflectionOutcome>,
}

/// What each reflection earned, and its group.
pub(crate) fn rewards_and_groups(outcomes: &[ReflectionOutcome]) -> (Vec<f32>, Vec<usize>) {
    outcomes.iter().map(|outcome| (outcome.reward, outcome.group)).unzip()
}

/// Groups in which one earned more than another, or a claim has credit.
pub(crate) fn informative_groups(samples: &[Sample]) -> Vec<Vec<usize>> {
    let outcomes = outcomes(samples);
    let mut groups = packing::groups(samples);
    let of = |place: &usize| &outcomes[*place];
    let earned =
        |group: &[usize]| -> Vec<f32> { group.iter().map(|place| of(place).reward).collect() };
    let is_credited = |place: &usize| of(place).credits.iter().any(|credit| *credit != 0.0);
    groups.retain(|group| !are_alike(&earned(group)) || group.iter().any(is_credited));
    groups
}

/// A sample without an outcome earned nothing, alone.
pub(crate) fn outcomes(samples: &[Sample]) -> Vec<ReflectionOutcome> {
    let nothing = |group| ReflectionOutcome { group, ..ReflectionOutcome::default() };
    let places = samples.iter().enumerate();
    places.map(|(place, sample)| sample.outcome.clone().unwrap_or_else(|| nothing(place))).collect()
}
