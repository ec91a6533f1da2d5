//! A run from its file to its adapter.
//!
//! ```text
//! OUT/train.toml                   what was asked; resume reads it
//! OUT/metrics.jsonl                a line a step
//! OUT/events.out.tfevents.train    the same for TensorBoard
//! OUT/checkpoints/step-N           where it stands
//! OUT/loss.svg                     drawn whenever the run stops
//! OUT/adapter.gguf                 written at the end
//! ```

mod export;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use models::gguf::Gguf;
use models_decoder::adapter::{Adapter, Dropout};
use models_decoder::checkpointing::Activations;
use models_decoder::decoder::Decoder;
use runtime_core::seed::mix;

use crate::config::TrainConfig;
use crate::dataset::{self, Dataset, Sample};
use crate::error::TrainError;
use crate::journal::Journal;
use crate::metrics::{self, StepMetrics};
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
    /// Microseconds since 1970; never goes back.
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
    /// The run's file as text, and its parent's sha256: a checkpoint belongs to it.
    text: String,
    out: PathBuf,
    base: Base,
    parent_sha256: Option<String>,
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
        let mut text = config.text();
        let (mut adapter, parent_sha256) = match &config.parent {
            None => (factors::initial(&decoder, &config.adapter, config.seed)?, None),
            Some(parent) => {
                let (adapter, sha256) =
                    factors::of_parent(parent, &decoder, &config.adapter, &base.sha256)?;
                text = format!("{text}# parent_sha256 = {sha256}\n");
                (adapter, Some(sha256))
            }
        };
        let dataset = dataset::load(&config, decoder.gguf(), &base.sha256)?;
        let mut optimizer = Optimizer::new(&config.optimizer);
        let checkpoints = out.join("checkpoints");
        let done = checkpoint::restore(&checkpoints, &text, &mut adapter, &mut optimizer)?;
        let out = out.to_owned();
        Ok(Self {
            config,
            text,
            out,
            base,
            parent_sha256,
            decoder,
            dataset,
            adapter,
            optimizer,
            done,
        })
    }

    /// Steps until the end or an interruption.
    pub fn run(&mut self, watch: &Watch<'_>) -> Result<Ended, TrainError> {
        let mut journal = Journal::open(&self.out, self.done)?;
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
            let start_us = (watch.now_us)();
            let mut metrics = self.step(&batches, steps)?;
            metrics.time_us = (watch.now_us)();
            let seconds = metrics.time_us.saturating_sub(start_us).max(1) as f64 / 1e6;
            metrics.tokens_per_second = metrics.tokens as f64 / seconds;
            metrics.epoch = number + 1;
            let (interrupted, whole) = ((watch.interrupted)(), self.done == steps);
            let regular = self.done.is_multiple_of(self.config.run.checkpoint_steps);
            if whole || (regular && !interrupted) {
                metrics.validation_loss = self.validation_loss()?;
            }
            // Before the checkpoint: what is done must not be missing in the journal.
            journal.push(&metrics)?;
            if whole || regular || interrupted {
                journal.sync()?;
                self.save()?;
            }
            (watch.progress)(&metrics, steps);
            if interrupted && !whole {
                journal.plot()?;
                return Ok(Ended::Interrupted(self.done));
            }
        }
        let adapter = self.export()?;
        journal.plot()?;
        Ok(Ended::Finished(adapter))
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
            time_us: 0,
            validation_loss: None,
        })
    }

    fn dropout(&self, batch: u64) -> Option<Dropout> {
        let rate = self.config.adapter.dropout;
        let seed = mix(mix(self.config.seed ^ mix(self.done)) ^ batch);
        (rate > 0.0).then_some(Dropout { rate, seed })
    }

    /// Mean loss over all validation tokens; `None` where there are none.
    fn validation_loss(&self) -> Result<Option<f32>, TrainError> {
        let adapter = Adapter { dropout: None, ..self.adapter.clone() };
        let (mut sum, mut tokens) = (0.0, 0);
        for sample in &self.dataset.validation {
            let (batch, learned) = supervised::batch(&[sample]);
            let rows = self.decoder.forward(&batch, &adapter, None)?;
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
}
