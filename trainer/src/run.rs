//! A run from its file to its adapter.
//!
//! ```text
//! OUT/train.toml                   the configuration, for resume
//! OUT/metrics.jsonl                a line for each step
//! OUT/events.out.tfevents.train    the same for TensorBoard
//! OUT/checkpoints/step-N           the newest checkpoints
//! OUT/loss.svg                     drawn whenever the run stops
//! OUT/adapter.gguf                 written at the end
//! ```

mod adapters;
mod export;
mod scoring;
mod step;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use models::held::HeldFile;
use models_decoder::adapter::Adapter;
use models_decoder::decoder::Decoder;
use trainer_contract::folder::CHECKPOINTS;
use trainer_contract::metrics::StepMetrics;

use crate::checkpoint::{self, Restored, RunIdentity};
use crate::config::TrainConfig;
use crate::dataset::{self, Dataset};
use crate::error::TrainError;
use crate::journal::MetricsJournal;
use crate::optimizer::Optimizer;
use crate::packing::{self, PackingSettings};
use crate::stages::advantage::groups_without_variance;
use crate::stages::method::MethodState;
use crate::stages::prepared::{outcomes, rewards_and_groups};
use adapters::RunAdapters;

/// The base model of a run.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its file.
    pub path: PathBuf,
    /// The file's sha256.
    pub sha256: String,
}

/// The base's file, held open; an error if it is another one than was hashed.
fn held(base: &Base) -> Result<HeldFile, TrainError> {
    let unread = |source| TrainError::Read { file: base.path.clone(), source };
    let file = HeldFile::open(&base.path).map_err(unread)?;
    if file.sha256().map_err(unread)? == base.sha256 {
        Ok(file)
    } else {
        Err(file.changed().into())
    }
}

/// The callbacks that watch and stop a run.
pub struct Watch<'a> {
    /// Microseconds since 1970; never goes back.
    pub now_us: &'a dyn Fn() -> u64,
    /// Whether the run should stop after the current step.
    pub interrupted: &'a dyn Fn() -> bool,
    /// Receives the metrics of each step, and the number of steps.
    pub progress: &'a dyn Fn(&StepMetrics, u64),
    /// Receives the number of samples scored before the first step, and of all samples.
    pub scoring: &'a dyn Fn(usize, usize),
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
pub struct TrainingRun {
    config: TrainConfig,
    /// The identity in its checkpoints.
    of: RunIdentity,
    out: PathBuf,
    base: Base,
    parent_sha256: Option<String>,
    /// The reward model: an adapter and its head.
    reward_model: Option<(Adapter, Vec<f32>)>,
    /// What `reference = "start"` means; `None` for the base.
    start: Option<Adapter>,
    decoder: Decoder,
    /// The training data.
    pub dataset: Dataset,
    /// Samples that are computed together, once their rewards are known.
    units: Vec<Vec<usize>>,
    /// Number of groups whose rewards are all equal.
    groups_flat: usize,
    /// The adapter at the start of the run.
    initial: Adapter,
    adapter: Adapter,
    /// The newest adapter within the stage's greatest divergence from the start, if the stage
    /// limits it.
    within: Option<Adapter>,
    optimizer: Optimizer,
    state: Option<MethodState>,
    done: u64,
    /// The metrics of the last step.
    last: Option<StepMetrics>,
    /// Messages about damaged checkpoints that were skipped.
    pub damaged: Vec<String>,
}

impl TrainingRun {
    /// Loads the model, the data and the newest undamaged checkpoint, if there is one.
    pub fn open(
        config: TrainConfig,
        base: Base,
        out: &Path,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let file = held(&base)?;
        let decoder = Decoder::load(Arc::new(file.gguf()?), device)?;
        file.check()?;
        let decoder = config.run.precision.of(decoder)?;
        let mut text = config.asked();
        let config = config.with_paths();
        let RunAdapters { initial, parent_sha256, prompts_sha256, reward_model, start, identity } =
            RunAdapters::read(&config, &decoder, &base.sha256)?;
        text += &identity;
        let mut adapter = initial.clone();
        let lessons = config.stage.method().lessons();
        let mut dataset =
            dataset::load(&config.data, lessons, config.seed, decoder.gguf(), &base.sha256)?;
        dataset.prompts_sha256.extend(prompts_sha256);
        let mut optimizer = Optimizer::new(&config.optimizer);
        let checkpoints = out.join(CHECKPOINTS);
        let mut within = config.stage.method().divergence_max().map(|_| initial.clone());
        let adapters = (&mut adapter, within.as_mut());
        let (base_sha256, data_sha256) = (base.sha256.clone(), dataset.sha256());
        let of = RunIdentity { config: text, base_sha256, data_sha256 };
        let Restored { step: done, state, last, damaged } =
            checkpoint::restore(&checkpoints, &of, adapters, &mut optimizer)?;
        let out = out.to_owned();
        let mut run = Self {
            config,
            of,
            out,
            base,
            parent_sha256,
            reward_model,
            start,
            decoder,
            dataset,
            units: Vec::new(),
            groups_flat: 0,
            initial,
            adapter,
            within,
            optimizer,
            state,
            done,
            last,
            damaged,
        };
        if run.reward_model.is_none() {
            run.select()?;
        }
        Ok(run)
    }

    /// Drops samples without effect on the loss, once all rewards are known.
    fn select(&mut self) -> Result<(), TrainError> {
        let samples = &mut self.dataset.train;
        let (rewards, groups) = rewards_and_groups(&outcomes(samples));
        self.groups_flat = groups_without_variance(&rewards, &groups);
        let taught: BTreeSet<usize> =
            self.config.stage.method().units(samples).into_iter().flatten().collect();
        if taught.is_empty() {
            let reason = "in no group did one reflection earn more than another".to_owned();
            return Err(TrainError::Empty(reason));
        }
        self.dataset.dropped.alike = samples.len() - taught.len();
        let mut place = 0..;
        samples.retain(|_| place.next().is_some_and(|place| taught.contains(&place)));
        self.units = self.config.stage.method().units(samples);
        Ok(())
    }

    /// Steps until the end or an interruption.
    pub fn run(&mut self, watch: &Watch<'_>) -> Result<Ended, TrainError> {
        checkpoint::begin(&self.checkpoints(), &self.of)?;
        if self.reward_model.is_some() {
            if !self.score_rewards(watch)? {
                return Ok(Ended::Interrupted(self.done));
            }
            self.select()?;
        }
        let Some(mut objective) = self.objective(watch)? else {
            return Ok(Ended::Interrupted(self.done));
        };
        let mut journal = MetricsJournal::open(&self.out, self.done)?;
        self.last = self.last.take().or_else(|| journal.last());
        let mut strayed = self.has_strayed(self.last.as_ref());
        let per_epoch = self.epoch(0).len() as u64;
        let steps = per_epoch * self.config.run.epochs;
        let mut epoch = None;
        while self.done < steps && !strayed {
            let number = self.done / per_epoch;
            let order = match epoch.take() {
                Some((at, order)) if at == number => order,
                _ => self.epoch(number),
            };
            let place = usize::try_from(self.done % per_epoch).unwrap_or(usize::MAX);
            // Another epoch may have fewer batches, since lengths are packed differently.
            let batches = order.get(place).cloned().unwrap_or_default();
            epoch = Some((number, order));
            let start_us = (watch.now_us)();
            let measured = self.adapter.clone();
            let mut metrics = self.step(&mut objective, &batches, steps)?;
            metrics.time_us = (watch.now_us)();
            let seconds = metrics.time_us.saturating_sub(start_us).max(1) as f64 / 1e6;
            metrics.tokens_per_second = metrics.tokens as f64 / seconds;
            metrics.epoch = number + 1;
            strayed = self.has_strayed(Some(&metrics));
            match &mut self.within {
                Some(within) if strayed => self.adapter = within.clone(),
                Some(within) => *within = measured,
                None => {}
            }
            let (interrupted, whole) = ((watch.interrupted)(), self.done == steps || strayed);
            let regular = self.done.is_multiple_of(self.config.run.checkpoint_steps);
            if whole || (regular && !interrupted) {
                metrics.validation_loss = self.validation_loss()?;
                metrics.reward_model = self.quality(&objective)?;
            }
            // Before the checkpoint, so that no finished step is missing in the journal.
            journal.push(&metrics)?;
            if whole || regular || interrupted {
                journal.sync()?;
                self.save(&metrics, &objective.state)?;
                self.state = Some(objective.state.clone());
            }
            (watch.progress)(&metrics, steps);
            self.last = Some(metrics);
            if interrupted && !whole {
                journal.plot()?;
                return Ok(Ended::Interrupted(self.done));
            }
        }
        let adapter = self.export()?;
        journal.plot()?;
        Ok(Ended::Finished(adapter))
    }

    fn epoch(&self, number: u64) -> Vec<Vec<packing::SampleIndices>> {
        let run = &self.config.run;
        let packing = PackingSettings {
            seed: self.config.seed,
            batch_tokens: run.batch_tokens,
            accumulation: run.accumulation,
        };
        packing::steps(&self.dataset.train, &self.units, packing, number)
    }

    /// Whether the policy has reached the stage's greatest divergence.
    fn has_strayed(&self, metrics: Option<&StepMetrics>) -> bool {
        let divergence = metrics.and_then(|metrics| Some(metrics.policy?.divergence));
        self.config
            .stage
            .method()
            .divergence_max()
            .zip(divergence)
            .is_some_and(|(most, now)| now > most)
    }

    fn save(&self, last: &StepMetrics, state: &MethodState) -> Result<(), TrainError> {
        let adapters = (&self.adapter, self.within.as_ref());
        let others = (&self.optimizer, state);
        checkpoint::save(&self.checkpoints(), &self.of, last, adapters, others)
    }

    fn checkpoints(&self) -> PathBuf {
        self.out.join(CHECKPOINTS)
    }
}
