//! The training stages, one method in each file, close to its paper.
//!
//! Losses are functions of log-probabilities on the host, a reward model's of scores: each
//! returns a value and its derivative by every one of them, from which the decoder goes on.

pub mod supervised;
pub mod reward_weighted;
pub mod advantage;
pub mod importance;
pub mod surrogate;
pub mod divergence;
pub mod policy_gradient;
pub mod ppo;
pub mod critic;
pub mod adaptive_kl;
pub mod preference;
pub mod reward_model;
pub mod quality;
pub mod prepared;
pub mod sums;
pub mod method;

use serde::{Deserialize, Serialize};

use method::Method;
use policy_gradient::PolicyGradient;
use ppo::Ppo;
use preference::Preference;
use reward_model::RewardModelSettings;
use reward_weighted::RewardWeights;
use supervised::Supervised;

/// What is learned, and how. Without settings it is a name, `stage = "supervised"`,
/// with settings a table, `[stage.policy-gradient]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Supervised fine-tuning on completions.
    Supervised,
    /// Reward-weighted regression on reflections.
    RewardWeighted(RewardWeights),
    /// Policy gradient on reflections.
    PolicyGradient(PolicyGradient),
    /// Proximal policy optimization, with a critic.
    Ppo(Ppo),
    /// Direct preference optimization on pairs of reflections.
    Preference(Preference),
    /// A reward model for reflections.
    RewardModel(RewardModelSettings),
}

impl Stage {
    /// The method of the stage.
    pub fn method(&self) -> &dyn Method {
        match self {
            Self::Supervised => &Supervised,
            Self::RewardWeighted(method) => method,
            Self::PolicyGradient(method) => method,
            Self::Ppo(method) => method,
            Self::Preference(method) => method,
            Self::RewardModel(method) => method,
        }
    }

    /// Its name in files.
    pub fn name(&self) -> String {
        let written = toml::Value::try_from(self).ok();
        let name = |value: &toml::Value| match value {
            toml::Value::Table(table) => table.keys().next().cloned(),
            value => value.as_str().map(str::to_owned),
        };
        written.as_ref().and_then(name).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use method::Reference;
    use reward_model::Labels;
    use trainer_contract::file::REWARD_MODEL_STAGE;

    #[test]
    fn a_stage_is_named_as_in_files() {
        let preference = Preference { beta: 0.1, margin: 0.5, reference: Reference::Base };

        assert_eq!(Stage::Supervised.name(), "supervised");
        assert_eq!(Stage::Preference(preference).name(), "preference");
    }

    #[test]
    fn a_reward_model_is_named_as_others_know_it() {
        let labels = Labels::Pairs { margin: 0.5 };
        let stage = Stage::RewardModel(RewardModelSettings { labels, learning_rate: 1.0 });

        assert_eq!(stage.name(), REWARD_MODEL_STAGE);
    }
}
