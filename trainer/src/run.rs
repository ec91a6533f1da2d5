//! A run from its file to its adapter.
//!
//! ```text
//! OUT/train.toml            what was asked; resume reads it
//! OUT/metrics.jsonl         a line a step
//! OUT/checkpoints/step-N    where it stands
//! OUT/adapter.gguf          written at the end
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use models::gguf::{Gguf, Value};
use models_decoder::adapter::{Adapter, Dropout};
use models_decoder::checkpointing::Activations;
use models_decoder::decoder::Decoder;
use runtime_core::seed::mix;

use crate::config::TrainConfig;
use crate::dataset::{self, Dataset, Sample, Selection};
use crate::error::TrainError;
use crate::metrics::{self, MetricsFile, StepMetrics};
use crate::optimizer::{self, Optimizer};
use crate::packing::{self, Packing};
use crate::stages::supervised;
use crate::{checkpoint, factors, schedule};

/// The base model of a run.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its file.
    pub path: PathBuf,
    /// The file's sha256.
    pub sha256: String,
}

/// What a run is watched and stopped by.
pub struct Watch<'a> {
    /// Microseconds since any moment.
    pub now_us: &'a dyn Fn() -> u64,
    /// Whether the run should stop after the step under way.
    pub interrupted: &'a dyn Fn() -> bool,
    /// Is told each step, and how many there are in all.
    pub progress: &'a dyn Fn(&StepMetrics, u64),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The adapter is written.
    Finished(PathBuf),
    /// It was interrupted after this many steps, which are checkpointed.
    Interrupted(u64),
}

/// A run that is ready to step.
pub struct Run {
    config: TrainConfig,
    /// The run's file as text: a checkpoint belongs to it.
    text: String,
    out: PathBuf,
    base: Base,
    decoder: Decoder,
    /// What is learned from.
    pub dataset: Dataset,
    adapter: Adapter,
    optimizer: Optimizer,
    done: u64,
}

impl Run {
    /// Loads the model and the data, and the newest checkpoint where there is one.
    pub fn open(
        config: TrainConfig,
        base: Base,
        out: &Path,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let decoder = Decoder::load(Arc::new(Gguf::open(&base.path)?), device)?;
        let dataset = load(&config, &base.sha256)?;
        let mut adapter = factors::initial(&decoder, &config.adapter, config.seed)?;
        let mut optimizer = Optimizer::new(&config.optimizer);
        let text = toml::to_string(&config).unwrap_or_default();
        let checkpoints = out.join("checkpoints");
        let done = checkpoint::restore(&checkpoints, &text, &mut adapter, &mut optimizer)?;
        let out = out.to_owned();
        Ok(Self { config, text, out, base, decoder, dataset, adapter, optimizer, done })
    }

    /// Steps until the end or an interruption.
    pub fn run(&mut self, watch: &Watch<'_>) -> Result<Ended, TrainError> {
        let mut file = MetricsFile::open(&self.out.join("metrics.jsonl"), self.done)?;
        let per_epoch = self.epoch(0).len() as u64;
        let steps = per_epoch * self.config.run.epochs;
        let mut epoch = None;
        while self.done < steps {
            let number = self.done / per_epoch;
            let order = match epoch.take() {
                Some((at, order)) if at == number => order,
                _ => self.epoch(number),
            };
            let place = usize::try_from(self.done % per_epoch).unwrap_or(usize::MAX);
            // Another epoch's batches may be fewer: lengths fall differently.
            let batches = order.get(place).cloned().unwrap_or_default();
            epoch = Some((number, order));
            let start = (watch.now_us)();
            let mut metrics = self.step(&batches, steps)?;
            let seconds = (watch.now_us)().saturating_sub(start).max(1) as f64 / 1e6;
            metrics.tokens_per_second = metrics.tokens as f64 / seconds;
            metrics.epoch = number + 1;
            let interrupted = (watch.interrupted)();
            let whole = self.done == steps;
            if whole || self.done.is_multiple_of(self.config.run.checkpoint_steps) || interrupted {
                if !interrupted || whole {
                    metrics.validation_loss = self.validation_loss()?;
                }
                self.save()?;
            }
            file.push(&metrics)?;
            (watch.progress)(&metrics, steps);
            if interrupted && !whole {
                return Ok(Ended::Interrupted(self.done));
            }
        }
        self.export().map(Ended::Finished)
    }

    fn epoch(&self, number: u64) -> Vec<Vec<packing::Batch>> {
        let run = &self.config.run;
        let packing = Packing {
            seed: self.config.seed,
            batch_tokens: run.batch_tokens,
            accumulation: run.accumulation,
        };
        packing::steps(&self.dataset.train, packing, number)
    }

    fn step(&mut self, batches: &[packing::Batch], steps: u64) -> Result<StepMetrics, TrainError> {
        let samples = |batch: &packing::Batch| -> Vec<&Sample> {
            batch.iter().map(|&place| &self.dataset.train[place]).collect()
        };
        let learned_tokens: usize =
            batches.iter().flat_map(&samples).map(Sample::learned_tokens).sum();
        let recompute = self.config.run.recompute;
        let activations = if recompute { Activations::Recompute } else { Activations::Keep };
        let (mut total, mut gradients, mut tokens) = (0.0, BTreeMap::new(), 0);
        for (index, batch) in batches.iter().enumerate() {
            self.adapter.dropout = self.dropout(index as u64);
            let (batch, learned) = supervised::batch(&samples(batch));
            let loss = |rows| supervised::loss(&self.decoder, rows, &learned, learned_tokens);
            let descent = self.decoder.gradients(&batch, &self.adapter, activations, &loss)?;
            total += descent.loss;
            tokens += batch.tokens.len();
            optimizer::add(&mut gradients, descent.gradients);
        }
        let learning_rate = schedule::learning_rate(&self.config.optimizer, self.done, steps);
        let norm = self.optimizer.step(&mut self.adapter, &gradients, learning_rate);
        if !(total.is_finite() && norm.is_finite()) {
            let samples: Vec<&str> =
                batches.iter().flat_map(&samples).map(|sample| &*sample.origin).collect();
            return Err(TrainError::NotANumber { step: self.done, samples: samples.join("; ") });
        }
        self.done += 1;
        Ok(StepMetrics {
            step: self.done,
            epoch: 0,
            loss: total,
            learning_rate,
            gradient_norm: norm,
            tokens,
            learned_tokens,
            tokens_per_second: 0.0,
            resident_bytes: metrics::resident_bytes(),
            validation_loss: None,
        })
    }

    fn dropout(&self, batch: u64) -> Option<Dropout> {
        let rate = self.config.adapter.dropout;
        let seed = mix(mix(self.config.seed ^ mix(self.done)) ^ batch);
        (rate > 0.0).then_some(Dropout { rate, seed })
    }

    /// Mean loss over all validation tokens; `None` where there are none.
    fn validation_loss(&mut self) -> Result<Option<f32>, TrainError> {
        self.adapter.dropout = None;
        let (mut sum, mut tokens) = (0.0, 0);
        for sample in &self.dataset.validation {
            let (batch, learned) = supervised::batch(&[sample]);
            let rows = self.decoder.forward(&batch, &self.adapter, None)?;
            let loss = supervised::loss(&self.decoder, rows, &learned, 1);
            sum += loss.into_scalar::<f32>();
            tokens += learned.ids.len();
        }
        Ok((tokens > 0).then(|| sum / tokens as f32))
    }

    fn save(&self) -> Result<(), TrainError> {
        let state = (&self.adapter, &self.optimizer);
        checkpoint::save(&self.out.join("checkpoints"), self.done, &self.text, state)
    }

    /// Writes the adapter as it stands; returns where.
    pub fn export(&self) -> Result<PathBuf, TrainError> {
        let text = |text: String| Value::from(text.as_str());
        let stage = serde_json::to_string(&self.config.stage).unwrap_or_default();
        let config_sha256 = models::checksum::sha256_bytes(self.text.as_bytes());
        let metadata = vec![
            ("rebound.adapter.stage".to_owned(), text(stage.replace('"', ""))),
            ("rebound.adapter.rank".to_owned(), Value::U64(self.config.adapter.rank as u64)),
            ("rebound.adapter.seed".to_owned(), Value::U64(self.config.seed)),
            ("rebound.adapter.steps".to_owned(), Value::U64(self.done)),
            ("rebound.adapter.config_sha256".to_owned(), text(config_sha256)),
        ];
        let new = factors::export(&self.adapter, &self.decoder, &self.base.sha256, metadata)?;
        let path = self.out.join("adapter.gguf");
        models::adapter::write(&path, &new)?;
        Ok(path)
    }
}

fn load(config: &TrainConfig, model_sha256: &str) -> Result<Dataset, TrainError> {
    let data = &config.data;
    let mut dropped = dataset::Dropped::default();
    let mut samples = Vec::new();
    for log in dataset::logs(&data.records) {
        samples.extend(dataset::read(&log, model_sha256, data.solved_only, &mut dropped)?);
    }
    let mut found = dataset::dataset(
        samples,
        Selection {
            sequence_tokens_max: data.sequence_tokens_max,
            validation_share: data.validation_share,
            seed: config.seed,
        },
    );
    found.dropped.unsolved = dropped.unsolved;
    if found.train.is_empty() {
        return Err(TrainError::Empty(format!("{:?}", found.dropped)));
    }
    Ok(found)
}
