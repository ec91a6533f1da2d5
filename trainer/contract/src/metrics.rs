//! A line of a training's metrics, which are a line of JSON a step.

use serde::{Deserialize, Deserializer, Serialize};

/// What a step measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// The step, from 1.
    pub step: u64,
    /// The epoch, from 1.
    pub epoch: u64,
    /// Mean negative log-probability of the learned tokens, in nats.
    pub loss: f32,
    /// The learning rate.
    pub learning_rate: f64,
    /// Norm of the gradients before they were shortened.
    pub gradient_norm: f32,
    /// Tokens that were computed.
    pub tokens: usize,
    /// Tokens that carried a loss.
    pub learned_tokens: usize,
    /// Tokens a second.
    pub tokens_per_second: f64,
    /// Memory of the process, resident, in bytes; 0 where the system does not say.
    pub resident_bytes: u64,
    /// When the step was done, in microseconds since 1970; 0 where it was not said.
    #[serde(default)]
    pub time_us: u64,
    /// Loss on the validation samples, where this step measured it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validation_loss: Option<f32>,
    /// What a policy's stage measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub policy: Option<PolicyMetrics>,
    /// How good a reward model is on the validation samples, where this step measured it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward_model: Option<Quality>,
}

/// What a policy's stage measured in a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyMetrics {
    /// Mean reward of the step's reflections.
    #[serde(deserialize_with = "number")]
    pub reward: f32,
    /// Their mean length in learned tokens.
    #[serde(deserialize_with = "number")]
    pub length: f32,
    /// KL divergence from the reference, estimated as losses do ("k3"), in nats a token.
    #[serde(deserialize_with = "number")]
    pub kl: f32,
    /// KL divergence of the policy as the run began from what it is now, estimated where tokens
    /// were drawn, in nats a token.
    #[serde(deserialize_with = "number")]
    pub divergence: f32,
    /// Entropy, estimated by the drawn tokens, in nats a token.
    #[serde(deserialize_with = "number")]
    pub entropy: f32,
    /// The share of tokens whose ratio was clipped.
    #[serde(deserialize_with = "number")]
    pub clipped: f32,
    /// How far trainer and device were apart as the run began: the mean over tokens of
    /// the distance of their log-probabilities.
    #[serde(deserialize_with = "number")]
    pub log_ratio_mean: f32,
    /// The greatest of these distances.
    #[serde(deserialize_with = "number")]
    pub log_ratio_max: f32,
    /// How many unweighted tokens one weighted token is worth, 0 to 1.
    #[serde(deserialize_with = "number")]
    pub effective_samples: f32,
    /// Groups of the run whose members earned the same.
    pub groups_without_variance: usize,
}

/// How good scores are, on reflections that were not learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Pairs of a group that earned differently.
    pub pairs: usize,
    /// The share of pairs in which the better one scored higher; `None` without pairs.
    pub pair_accuracy: Option<f32>,
    /// The chance that a reflection over the threshold scores higher than one that
    /// is not, ties counting half; 0.5 where one label is missing.
    pub auc: f32,
    /// Mean distance between the predicted chance of being over the threshold and
    /// how many were, over ten equal parts of the predictions (Guo et al., 2017); `None`
    /// for scores of pairs, whose level means nothing.
    pub calibration_error: Option<f32>,
}

/// JSON has no infinity and no NaN: they are written as null, and read as NaN.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f32::NAN))
}
