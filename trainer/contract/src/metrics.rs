//! The metrics of a training, one line of JSON for each step.

use serde::{Deserialize, Deserializer, Serialize};

/// The metrics of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// The step, from 1.
    pub step: u64,
    /// The epoch, from 1.
    pub epoch: u64,
    /// Mean negative log-probability of the tokens with a loss, in nats.
    pub loss: f32,
    /// The learning rate.
    pub learning_rate: f64,
    /// Norm of the gradients before clipping.
    pub gradient_norm: f32,
    /// Number of computed tokens.
    pub tokens: usize,
    /// Number of tokens with a loss.
    pub learned_tokens: usize,
    /// Tokens per second.
    pub tokens_per_second: f64,
    /// Memory of the process, resident, in bytes; 0 if the system does not say.
    pub resident_bytes: u64,
    /// When the step ended, in microseconds since 1970; 0 if unknown.
    #[serde(default)]
    pub time_us: u64,
    /// Loss on the validation samples, if measured in this step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validation_loss: Option<f32>,
    /// The metrics of a stage that trains a policy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub policy: Option<PolicyMetrics>,
    /// Quality of a reward model on the validation samples, if measured in this step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reward_model: Option<Quality>,
}

/// The metrics of a stage that trains a policy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyMetrics {
    /// Mean reward of the step's reflections.
    #[serde(deserialize_with = "number")]
    pub reward: f32,
    /// Their mean length in tokens with a loss.
    #[serde(deserialize_with = "number")]
    pub length: f32,
    /// KL divergence from the reference, estimated by "k3" whatever the loss is, in nats per token.
    #[serde(deserialize_with = "number")]
    pub kl: f32,
    /// KL divergence of the policy at the start of the run from the current one, estimated on
    /// sampled tokens, in nats per token.
    #[serde(deserialize_with = "number")]
    pub divergence: f32,
    /// Entropy, estimated by the drawn tokens, in nats per token.
    #[serde(deserialize_with = "number")]
    pub entropy: f32,
    /// The share of tokens whose ratio was clipped.
    #[serde(deserialize_with = "number")]
    pub clipped: f32,
    /// Mean absolute difference of log-probabilities between trainer and device at the start of
    /// the run.
    #[serde(deserialize_with = "number")]
    pub log_ratio_mean: f32,
    /// The greatest of these differences.
    #[serde(deserialize_with = "number")]
    pub log_ratio_max: f32,
    /// Effective sample size per token of the importance weights, 0 to 1.
    #[serde(deserialize_with = "number")]
    pub effective_samples: f32,
    /// Groups of the run whose members earned the same.
    pub groups_without_variance: usize,
}

/// The quality of a reward model's scores on validation reflections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Number of pairs within groups with different rewards.
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
