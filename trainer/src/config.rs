//! The configuration of a training run: one TOML file, no defaults, unknown keys refused.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use models::paths;
use models_decoder::adapter::Target;
use models_decoder::decoder::Decoder;
use serde::{Deserialize, Serialize};

use crate::dataset::{DataConfig, Select};
use crate::error::{TrainError, require};
use crate::replace::replace;
use crate::stages::Stage;
use crate::stages::method::Reference;

/// The configuration of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The folder to which the paths below are relative; default: the folder of this file, or
    /// the working folder for a stored file. Stored configurations name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// The training stage.
    pub stage: Stage,
    /// Name or file of the base model.
    pub model: String,
    /// The adapter from which training starts; without it factors are new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<PathBuf>,
    /// The adapter that `reference = "start"` means; without it that is the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<PathBuf>,
    /// The seed of the factors, the order of samples and dropout.
    pub seed: u64,
    /// The training data.
    pub data: DataConfig,
    /// The adapter.
    pub adapter: AdapterConfig,
    /// The optimizer.
    pub optimizer: OptimizerConfig,
    /// Length, batches and checkpoints of the run.
    pub run: RunConfig,
}

/// The shape of the trained adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterConfig {
    /// Rank of the factors.
    pub rank: usize,
    /// The factors' product is multiplied by alpha / rank, with rsLoRA by
    /// alpha / √rank.
    pub alpha: f32,
    /// Whether rsLoRA's scale is used (Kalajdzievski, 2023).
    pub rank_stabilized: bool,
    /// The share of the factors' inputs that is zeroed, 0 to below 1.
    pub dropout: f32,
    /// The adapted matrices, by their names in the file, such as `attn_q`.
    pub targets: Vec<String>,
}

/// The settings of the optimizer `AdamW` (Loshchilov and Hutter, 2019).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// The greatest learning rate.
    pub learning_rate: f64,
    /// The schedule of the learning rate after the warm-up.
    pub schedule: Schedule,
    /// Number of warm-up steps, over which the learning rate rises from 0.
    pub warmup_steps: u64,
    /// Weight decay.
    pub weight_decay: f32,
    /// Decay rate of the mean of gradients (first moment).
    pub beta_1: f32,
    /// Decay rate of the mean of squared gradients (second moment).
    pub beta_2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Gradient clipping: the greatest norm of the gradients of all factors together.
    pub gradient_norm_max: f32,
}

/// The schedule of the learning rate after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Constant.
    Constant,
    /// Linear decay to 0.
    Linear,
    /// Cosine decay to 0.
    Cosine,
}

/// Length, batches and checkpoints of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Number of epochs: passes over all samples.
    pub epochs: u64,
    /// Greatest number of tokens in a batch; a longer sample is a batch by itself.
    pub batch_tokens: usize,
    /// Gradient accumulation: number of batches for each step.
    pub accumulation: usize,
    /// Activation checkpointing: whether activations are recomputed in the backward pass,
    /// which takes less memory and a third more work.
    pub recompute: bool,
    /// Number of steps between two checkpoints.
    pub checkpoint_steps: u64,
    /// The precision of activations and products; default `f32`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub precision: Precision,
}

/// The precision of activations and products; factors, their gradients and sums are always f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    F32,
    /// 32-bit floating point, but what products multiply is rounded to bfloat16, where a processor is
    /// faster by it (AVX-512 BF16).
    Bf16Products,
    /// bfloat16, half of the memory, on devices that support it.
    Bf16,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Precision {
    /// The decoder in this precision; an error if its device does not support it.
    pub fn of(self, decoder: Decoder) -> Result<Decoder, TrainError> {
        match self {
            Self::F32 => Ok(decoder),
            Self::Bf16Products => Ok(decoder.with_rounded_products()),
            Self::Bf16 => Ok(decoder.in_bf16()?),
        }
    }
}

impl TrainConfig {
    /// Reads and checks a configuration file.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let config = Self::parse(path, &read(path)?)?;
        let start = paths::start(path, config.folder.as_deref());
        Ok(Self { folder: Some(start), ..config })
    }

    /// Reads and checks a configuration that [`TrainConfig::write`] stored with a run.
    pub fn read_stored(path: &Path) -> Result<Self, TrainError> {
        let config = Self::parse(path, &read(path)?)?;
        let start = paths::start_of_stored(config.folder.as_deref());
        Ok(Self { folder: Some(start), ..config })
    }

    /// Parses and checks the text of the file `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, TrainError> {
        let wrong = |reason| TrainError::Content { file: path.into(), reason };
        let config: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        config.check().map_err(|error| wrong(error.to_string()))?;
        Ok(config)
    }

    /// Writes the file that [`TrainConfig::read_stored`] reads, its folder in full.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let start = self.folder.as_deref().unwrap_or(Path::new(""));
        let folder = paths::named(start)
            .map_err(|source| TrainError::Read { file: start.into(), source })?;
        let text = Self { folder: Some(folder), ..self.clone() }.text();
        replace(path, text.as_bytes())
    }

    /// The file as it decides what is learned: its paths are as they were written, wherever
    /// they go from.
    pub fn asked(&self) -> String {
        Self { folder: None, ..self.clone() }.text()
    }

    /// The configuration with paths relative to the working folder.
    #[must_use]
    pub fn with_paths(mut self) -> Self {
        let Some(start) = self.folder.take() else { return self };
        self.model = paths::named_or_from(&start, &self.model);
        let DataConfig { records, files, reward_model, .. } = &mut self.data;
        let adapters = reward_model.iter_mut().chain(&mut self.parent).chain(&mut self.start);
        for path in records.iter_mut().chain(files).chain(adapters) {
            *path = paths::from(&start, path);
        }
        self
    }

    /// The configuration as text for [`TrainConfig::parse`].
    pub fn text(&self) -> String {
        toml::to_string(self).unwrap_or_else(|error| unreachable!("every key has a value: {error}"))
    }

    /// Checks the numbers.
    pub fn check(&self) -> Result<(), TrainError> {
        let Self { data, adapter, optimizer, run, .. } = self;
        let share = |share: f32| (0.0..1.0).contains(&share);
        let positive = |number: f32| number > 0.0 && number.is_finite();
        let (rank, alpha, rate) = (adapter.rank, adapter.alpha, optimizer.learning_rate);
        let (norm, length) = (optimizer.gradient_norm_max, data.sequence_tokens_max);
        let OptimizerConfig { beta_1, beta_2, epsilon, weight_decay: decay, .. } = *optimizer;
        let (dropout, validation) = (adapter.dropout, data.validation_share);
        let some = !(data.records.is_empty() && data.files.is_empty());
        let what = "a run's folder or a log, or else a file in data.files";
        require(some, "data.records", &"[] beside data.files = []", what)?;
        self.check_stage()?;
        require((1..=1024).contains(&rank), "adapter.rank", &rank, "1 to 1024")?;
        require(positive(alpha), "adapter.alpha", &alpha, "more than 0, finite")?;
        require(share(dropout), "adapter.dropout", &dropout, "0 to below 1")?;
        require(share(validation), "data.validation_share", &validation, "0 to below 1")?;
        require(length >= 2, "data.sequence_tokens_max", &length, "2 or more")?;
        let between = "between 0 and 1";
        require(rate > 0.0 && rate < 1.0, "optimizer.learning_rate", &rate, between)?;
        require(share(beta_1), "optimizer.beta_1", &beta_1, "0 to below 1")?;
        require(share(beta_2), "optimizer.beta_2", &beta_2, "0 to below 1")?;
        require(positive(epsilon), "optimizer.epsilon", &epsilon, "more than 0, finite")?;
        require((0.0..=1.0).contains(&decay), "optimizer.weight_decay", &decay, "0 to 1")?;
        require(norm > 0.0, "optimizer.gradient_norm_max", &norm, "more than 0")?;
        require(run.epochs > 0, "run.epochs", &run.epochs, "1 or more")?;
        require(run.accumulation > 0, "run.accumulation", &run.accumulation, "1 or more")?;
        require(run.batch_tokens > 0, "run.batch_tokens", &run.batch_tokens, "1 or more")?;
        let steps = run.checkpoint_steps;
        require(steps > 0, "run.checkpoint_steps", &steps, "1 or more")?;
        adapter.targets().map(|_| ())
    }

    /// Checks the stage's settings, and that the data suit it.
    fn check_stage(&self) -> Result<(), TrainError> {
        let (data, method) = (&self.data, self.stage.method());
        let reflections = data.reflections.is_some();
        let what = "reflections, in the table data.reflections";
        let found = format!("{} of actions", self.stage.name());
        let attempts = method.learns_from_attempts() && data.records.is_empty();
        let learns = method.learns_from_actions() || reflections || attempts;
        require(learns, "stage", &found, what)?;
        let alone = !reflections || data.files.is_empty();
        require(alone, "data.files", &"files beside data.reflections", "[]")?;
        let all = !(reflections && data.solved_only);
        require(all, "data.solved_only", &"true beside data.reflections", "false")?;
        let whole = data.reflections.is_some_and(|data| data.select == Select::All);
        let scored = data.reward_model.is_none() || whole && method.weighs_rewards();
        let what = "all reflections, and a stage that weighs rewards";
        require(scored, "data.reward_model", &"beside others", what)?;
        let credit = data.reflections.and_then(|data| data.credit);
        let credited = credit.is_none_or(|credit| credit.is_finite() && method.gives_credit());
        let what = "a finite number, in the stage policy-gradient with ratio = \"token\"";
        require(credited, "data.reflections.credit", &credit.unwrap_or_default(), what)?;
        let read = self.start.is_none() || method.reference() == Some(Reference::Start);
        require(read, "start", &"an adapter", "reference = \"start\" in the stage beside it")?;
        method.check()
    }
}

impl AdapterConfig {
    /// The adapted matrices.
    pub fn targets(&self) -> Result<Vec<Target>, TrainError> {
        let wrong = |found: &str| TrainError::Setting {
            key: "adapter.targets",
            found: format!("{found:?}"),
            expected: "some of attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down",
        };
        if self.targets.is_empty() {
            return Err(wrong(""));
        }
        let found = self.targets.iter();
        found.map(|name| Target::from_name(name).ok_or_else(|| wrong(name))).collect()
    }

    /// The scale of the factors' product.
    pub fn scale(&self) -> f32 {
        let rank = self.rank as f32;
        self.alpha / if self.rank_stabilized { rank.sqrt() } else { rank }
    }
}

fn read(path: &Path) -> Result<String, TrainError> {
    runtime_files::read_text(path).map_err(|source| TrainError::Read { file: path.into(), source })
}
