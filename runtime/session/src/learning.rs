//! The learning loop on this machine: carries out its phases.
//!
//! ```text
//! OUT/learn.toml                       what was asked
//! OUT/learning.json                    where the loop stands
//! OUT/report.html                      the same for people
//! OUT/rounds/0/validation              a run: before any training, and the control arm
//! OUT/rounds/N/collection              a run: groups of reflections
//! OUT/rounds/N/train.toml, training    a run of rebound-train
//! OUT/rounds/N/validation              a run: with the new adapter
//! OUT/slots                            the adapter on probation and those kept, which runs load
//! ```

mod adapters;
mod budget;
mod file;
mod learner;
mod phases;
mod training;
mod workshop;
mod child;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use runtime_core::strategy::Strategy;
use runtime_environments::split::Purpose;
use runtime_environments::world::train_split;
use runtime_environments::worlds;
use runtime_evaluation::learning::state::{AdapterFile, Learning};
use runtime_evaluation::learning::{self, LearningPlan};
use runtime_store::plain::check_plain;
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;
use runtime_store::sealed;
use runtime_store::slots::Slots;

use crate::approval::{self, Allowed};
use crate::claims;
use crate::default_engine;
use crate::kind::RunKind;
use crate::loaded::{self, SessionModels};
use crate::options::RunOptions;
use crate::options::file as run_file;
use crate::plan::{Adapters, Plan};
use crate::program::{SessionEvent, Surroundings};
use crate::run_name::RunName;
use crate::settings::{REDRAWS, Settings};
use crate::uses;
use file::LearnFile;
pub use training::{Job, Trainer};
pub use workshop::Workshop;

/// The usual folder of a file's loop: always the same, so that the same command goes on.
pub fn folder_of(config: &Path) -> anyhow::Result<PathBuf> {
    let name = config.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.parse::<RunName>().map_err(|refused| anyhow!("{refused}; choose an --out"))?;
    Ok(name.folder())
}

/// Begins the loop of a file in a folder, or continues the one in it; returns where it ended.
pub fn learn(
    (config, out): (&Path, &Path),
    allowed: Allowed,
    workshop: Workshop,
    surroundings: &Surroundings,
) -> anyhow::Result<Learning> {
    let stored = out.join("learn.toml");
    let (file, text) =
        if config == stored { LearnFile::read_stored(config)? } else { LearnFile::read(config)? };
    let options = file.options()?;
    check_plain(out)?;
    let claim = claims::take(out, surroundings).context("cannot begin a loop")?;
    if stored.exists() {
        uses::show((&options, allowed), out, &file.uses(), surroundings);
    }
    approval::check(&options, (&RunOptions::default(), allowed), config, surroundings)?;
    if stored.exists() {
        let (begun_with, _) = LearnFile::read_stored(&stored)?;
        ensure!(
            file.plays_like(&begun_with),
            "the loop in {0} was begun with another file: only `rounds`, `replay`, [[train]] and what \
             decides nothing of what is played may change. Go on with `rebound learn --config {1} --out {0}`, or choose another --out",
            out.display(),
            stored.display()
        );
    }
    let again =
        format!("`rebound learn --config {} --out {}` goes on", config.display(), out.display());
    surroundings.tell(SessionEvent::Resumable(&again));
    let mut learner = LocalLearner::new(
        (file, options, allowed),
        out.to_owned(),
        workshop,
        surroundings.clone(),
    )?;
    learner.check(out).with_context(|| format!("in {}", config.display()))?;
    let mut state = learner.state()?;
    replace(&stored, sealed::toml(&text).as_bytes())?;
    claim.keep();
    let LearnFile { rounds, replay, validate, .. } = &learner.file;
    let endpoint = validate.endpoint.map(NonZeroU32::get);
    let plan = LearningPlan { rounds: *rounds, replay: replay.get(), endpoint };
    let ended = learning::learn(&mut learner, plan, &mut state);
    ended.with_context(|| format!("stopped; {again}"))?;
    Ok(state)
}

/// The adapter that the loop began with, in its folder.
const FIRST: &str = "first.gguf";

/// Carries out the phases of a loop on this machine.
struct LocalLearner {
    file: LearnFile,
    options: RunOptions,
    allowed: Allowed,
    /// The options with their defaults.
    settings: Settings,
    out: PathBuf,
    /// The models, loaded once for all rounds.
    models: SessionModels,
    trainer: Box<dyn Trainer>,
    surroundings: Surroundings,
    /// The slots of all runs, which use an adapter once it is confirmed.
    slots: Slots,
    /// The loop's own slots, where adapters are on probation.
    own_slots: Slots,
}

impl LocalLearner {
    fn new(
        (file, options, allowed): (LearnFile, RunOptions, Allowed),
        out: PathBuf,
        Workshop { trainer, adapters }: Workshop,
        surroundings: Surroundings,
    ) -> anyhow::Result<Self> {
        let settings = Settings::resolve(&options, RunKind::Comparison)?;
        let slots = Slots::open(&adapters.join(loaded::key(&settings.retrospective)?))?;
        let own_slots = Slots::open(&out.join("slots"))?;
        let models = SessionModels::default();
        Ok(Self {
            file,
            options,
            allowed,
            settings,
            out,
            models,
            trainer,
            surroundings,
            slots,
            own_slots,
        })
    }

    /// Where the loop in the folder stands; a new one begins with the adapter in use.
    fn state(&self) -> anyhow::Result<Learning> {
        let path = self.out.join("learning.json");
        if path.exists() {
            return sealed::read_json(&path).context("the loop's state");
        }
        if let Some(probation) = self.slots.state()?.probation {
            bail!(
                "the adapter {} is on probation; `rebound adapter confirm` or `revert` it first",
                probation.slot.name
            );
        }
        let in_use = self.slots.active()?.map(|active| active.path);
        let Some(first) = self.file.start.clone().or(in_use) else {
            return Ok(Learning::new(None));
        };
        // Slots delete an adapter once two later ones were confirmed.
        let path = PathBuf::from(FIRST);
        let bytes = runtime_files::read(&first, runtime_files::WHOLE_BYTES_MAX)
            .with_context(|| format!("cannot read {}", first.display()))?;
        replace(&self.out.join(&path), &bytes)?;
        let sha256 = models::checksum::sha256_bytes(&bytes);
        Ok(Learning::new(Some(AdapterFile { path, sha256 })))
    }

    /// Checks early for errors that would otherwise occur only after hours.
    fn check(&self, out: &Path) -> anyhow::Result<()> {
        let of_world = self.options.environment_options();
        let world = worlds::open(&self.settings.environment, &of_world)?;
        train_split(&*world, Some(&self.file.collect.split))?;
        let split = &self.file.validate.split;
        ensure!(
            world.purpose(split)? == Purpose::Validation,
            "validate.split is {split}: adapters are chosen on validation tasks, neither on those \
             learned from nor on those that the end is judged by"
        );
        for folder in &self.file.records {
            let config = RunFolder::new(folder).config();
            let run = run_file::read_stored(&config).context("in `records`")?;
            ensure!(
                matches!(run.kind, RunKind::Collection { .. }),
                "in `records`: {} was not collected; learn only from what `rebound collect` or a \
                 loop collected, whose tasks are never those to judge by",
                folder.display()
            );
        }
        let last = u32::try_from(self.file.train.len()).unwrap_or(u32::MAX);
        for round in 1..=last.min(self.file.rounds) {
            let config = self.training_file(round, (None, None, &[PathBuf::from("checked")]))?;
            let file = out.join("check.toml");
            let checked = self.trainer.check(&config, &file);
            let _ = std::fs::remove_file(&file);
            checked.with_context(|| format!("in [[train]] {round}"))?;
        }
        Ok(())
    }

    /// The name of a round's adapter in slots.
    fn slot_name(&self, round: u32) -> String {
        format!("{}-round-{round}", self.out.file_name().unwrap_or_default().display())
    }

    fn folder(&self, round: u32, name: &str) -> PathBuf {
        self.out.join("rounds").join(round.to_string()).join(name)
    }

    /// A plan of the loop's own options and these.
    fn plan(
        &self,
        folder: &Path,
        played: (RunKind, Vec<Strategy>),
        (of_phase, adapter): (RunOptions, Option<&AdapterFile>),
    ) -> anyhow::Result<Plan> {
        let adapter = adapter.map(|adapter| self.run_path(adapter)).transpose()?;
        let of_phase = RunOptions { retrospective_adapter: adapter, ..of_phase };
        let options = self.with_kept(of_phase.or(self.options.table()?)?, played.0)?;
        let claim = claims::take(folder, &self.surroundings)?;
        let plan = Plan::new(played, (options, self.allowed), claim);
        Ok(Plan { adapters: Adapters::Named, ..plan })
    }

    /// The engine and the number of redraws that the loop began with, where its file says none.
    fn with_kept(&self, options: RunOptions, kind: RunKind) -> anyhow::Result<RunOptions> {
        let first = RunFolder::new(self.folder(0, "validation"));
        if !first.config().exists() {
            let options = default_engine::name_engine(options, kind, &self.surroundings)?;
            return Ok(RunOptions { redraws: options.redraws.or(Some(REDRAWS)), ..options });
        }
        let redraws = options.redraws.or(default_engine::redraws_of_run(&first));
        let options = RunOptions { redraws, ..options };
        if options.engine.is_some() {
            return default_engine::name_engine(options, kind, &self.surroundings);
        }
        Ok(default_engine::as_in(&first, options))
    }

    fn validation_plan(&self, round: u32, adapter: Option<&AdapterFile>) -> anyhow::Result<Plan> {
        let of_phase = RunOptions {
            split: Some(self.file.validate.split.clone()),
            tasks: Some(self.file.validate.tasks.get()),
            trials: Some(self.file.validate.trials),
            first_trials: (round > 0).then(|| self.folder(0, "validation")),
            ..RunOptions::default()
        };
        let strategies = match round {
            0 => vec![Strategy::None, Strategy::Retrospective],
            _ => vec![Strategy::Retrospective],
        };
        let played = (RunKind::Comparison, strategies);
        self.plan(&self.folder(round, "validation"), played, (of_phase, adapter))
    }
}
