//! What each stage compares its samples with, and which it computes together.

use super::{outcomes, rewards_and_groups};
use crate::config::Stage;
use crate::dataset::Sample;
use crate::packing;
use crate::stages::advantage::are_alike;
use crate::stages::policy_gradient::Reference;
use crate::stages::preference::{self, Preference};
use crate::stages::reward_model::{Labels, RewardModel};

impl Stage {
    /// What log-probabilities are compared with; `None` where they are not.
    pub fn reference(&self) -> Option<Reference> {
        match self {
            Self::Supervised | Self::RewardWeighted(_) | Self::RewardModel(_) => None,
            Self::PolicyGradient(settings) => Some(settings.reference),
            Self::Ppo(settings) => Some(settings.reference),
            Self::Preference(settings) => Some(settings.reference),
        }
    }

    /// How far the policy may go, in nats a token.
    pub fn divergence_max(&self) -> Option<f32> {
        match self {
            Self::PolicyGradient(settings) => settings.divergence_max,
            Self::Ppo(settings) => settings.divergence_max,
            _ => None,
        }
    }

    /// Samples that are computed together, by their places: groups, a group's pairs, or each
    /// alone.
    /// Those in none teach nothing, such as a group compared with itself whose members
    /// all earned the same (DAPO's dynamic sampling, without the resampling).
    pub fn units(&self, samples: &[Sample]) -> Vec<Vec<usize>> {
        let (rewards, groups) = rewards_and_groups(&outcomes(samples));
        let pairs = |margin| {
            let pairs = preference::pairs(&rewards, &groups, margin);
            preference::by_group(&pairs, &groups)
        };
        match self {
            Self::Preference(Preference { margin, .. })
            | Self::RewardModel(RewardModel { labels: Labels::Pairs { margin }, .. }) => {
                pairs(*margin)
            }
            Self::PolicyGradient(settings) if settings.baseline.is_of_group() => {
                let earned = |unit: &[usize]| -> Vec<f32> {
                    unit.iter().map(|&place| rewards[place]).collect()
                };
                let units = packing::groups(samples).into_iter();
                units.filter(|unit| !are_alike(&earned(unit))).collect()
            }
            _ => packing::groups(samples),
        }
    }
}
