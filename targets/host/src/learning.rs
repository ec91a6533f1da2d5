//! The learning loop on this machine: what each phase is made of.
//!
//! ```text
//! OUT/learn.toml                       what was asked
//! OUT/learning.json                    where the loop stands
//! OUT/report.html                      the same for people
//! OUT/rounds/0/validation              a run: before any training, and the control arm
//! OUT/rounds/N/collection              a run: groups of reflections
//! OUT/rounds/N/train.toml, training    a run of rebound-train
//! OUT/rounds/N/validation              a run: with the new adapter
//! ```

mod file;
mod trainer;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use runtime_core::agent::Attempt;
use runtime_core::history::RunHistory;
use runtime_core::reflection::Memory;
use runtime_core::seed::SeedKey;
use runtime_core::strategy::Strategy;
use runtime_environments::world::{self, EnvironmentOptions, train_split};
use runtime_evaluation::collection::Collection;
use runtime_evaluation::learning::state::{AdapterFile, Example, Learning, Phase, Training};
use runtime_evaluation::learning::{self, Learner, LearnerError, LearningPlan};
use runtime_evaluation::report::{self, ReportRun};
use runtime_store::recorder::Clock;
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;
use runtime_store::slots::Slots;
use runtime_store::trial_log::read_log;

use crate::files;
use crate::options::{self, RunOptions};
use crate::progress::Show;
use crate::session::Plan;
use crate::session::play::{play, stop_on_interrupt, stopped, write_collection, write_results};
use crate::session::pool::{Pool, Watch, clock};
use crate::settings::Settings;
use crate::wiring::Models;
use file::LearnFile;

/// Failures whose reflections are shown before and after.
const EXAMPLES: usize = 12;

/// Begins a loop in a folder, or goes on with the one in it.
pub(crate) fn learn(config: &Path, out: &Path, show: Show) -> anyhow::Result<()> {
    let (file, text) = LearnFile::read(config)?;
    let options = file.options(&text)?;
    let stored = out.join("learn.toml");
    if stored.exists() {
        let (begun_with, _) = LearnFile::read(&stored)?;
        ensure!(
            file.plays_like(&begun_with),
            "the loop in {0} was begun with another file: only `rounds`, `replay` and [[train]] may \
             change. Go on with `rebound learn --config {1} --out {0}`, or choose another --out",
            out.display(),
            stored.display()
        );
    } else {
        std::fs::create_dir_all(out)
            .with_context(|| format!("cannot make the loop's folder {}", out.display()))?;
    }
    let mut learner = HostLearner::new(file, options, out.to_owned(), show)?;
    learner.check(out)?;
    let mut state = learner.state()?;
    replace(&stored, text.as_bytes())?;
    learner.save(&state).map_err(anyhow::Error::from_boxed)?;
    let plan = LearningPlan { rounds: learner.file.rounds, replay: learner.file.replay.get() };
    learning::learn(&mut learner, plan, &mut state)?;
    if show != Show::Nothing {
        println!("{}", state.text());
        println!("Report: {}", out.join("report.html").display());
    }
    Ok(())
}

/// Does on this machine what the loop decides.
struct HostLearner {
    file: LearnFile,
    options: RunOptions,
    out: PathBuf,
    /// Loaded once; adapters come and go.
    models: Models,
    watch: Watch,
    slots: Slots,
    clock: Clock,
}

impl HostLearner {
    fn new(file: LearnFile, options: RunOptions, out: PathBuf, show: Show) -> anyhow::Result<Self> {
        let watch = Watch { stop: stop_on_interrupt()?, show };
        let settings = Settings::resolve(&options)?;
        let model = models::manifest::resolve(&settings.retrospective, &files::models_folder()?)?;
        let sha256 = models::checksum::sha256_file(&model.path)
            .with_context(|| format!("cannot read {}", model.path.display()))?;
        let slots = Slots::open(&files::slots_folder(&sha256)?)?;
        let (models, clock) = (Models::default(), clock());
        Ok(Self { file, options, out, models, watch, slots, clock })
    }

    /// Where the loop in the folder stands; a new one begins with the adapter in use.
    fn state(&self) -> anyhow::Result<Learning> {
        let path = self.out.join("learning.json");
        if path.exists() {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_str(&text)
                .with_context(|| format!("{} is no loop's state", path.display()));
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
        // Slots forget theirs once two others were kept.
        let path = PathBuf::from("first.gguf");
        let bytes =
            std::fs::read(&first).with_context(|| format!("cannot read {}", first.display()))?;
        replace(&self.out.join(&path), &bytes)?;
        let sha256 = models::checksum::sha256_bytes(&bytes);
        Ok(Learning::new(Some(AdapterFile { path, sha256 })))
    }

    /// Refuses, before hours are spent, what would only be found out behind them.
    fn check(&self, out: &Path) -> anyhow::Result<()> {
        let settings = Settings::resolve(&self.options)?;
        let data = Some(files::data_folder(self.options.data.clone()));
        let options = EnvironmentOptions { data, ..EnvironmentOptions::default() };
        let world = world::open(&settings.environment, &options)?;
        train_split(&*world, Some(&self.file.collect.split))?;
        let split = &self.file.validate.split;
        ensure!(
            train_split(&*world, Some(split)).is_err() && !split.starts_with("test"),
            "validate.split is {split}: adapters are chosen on validation tasks, neither on those \
             learned from nor on those that the end is judged by"
        );
        let last = u32::try_from(self.file.train.len()).unwrap_or(u32::MAX);
        for round in 1..=last.min(self.file.rounds) {
            let config = self.training_file(round, (None, &[PathBuf::from("checked")]))?;
            let file = out.join("check.toml");
            let checked = trainer::check(&config, &file);
            let _ = std::fs::remove_file(&file);
            checked.with_context(|| format!("in [[train]] {round}"))?;
        }
        Ok(())
    }

    /// Where an adapter of the loop lies; it must be the one that the state names.
    fn adapter_path(&self, adapter: &AdapterFile) -> anyhow::Result<PathBuf> {
        let path = self.out.join(&adapter.path);
        let found = models::checksum::sha256_file(&path)
            .with_context(|| format!("cannot read the adapter {}", path.display()))?;
        ensure!(
            found == adapter.sha256,
            "{} has the sha256 {found}, expected {}: it was changed since the loop made it",
            path.display(),
            adapter.sha256
        );
        Ok(path)
    }

    fn folder(&self, round: u32, name: &str) -> PathBuf {
        self.out.join("rounds").join(round.to_string()).join(name)
    }

    /// A plan of the loop's own options and these.
    fn plan(
        &self,
        folder: PathBuf,
        strategies: Vec<Strategy>,
        (of_phase, adapter): (RunOptions, Option<&AdapterFile>),
    ) -> anyhow::Result<Plan> {
        let adapter = adapter.map(|adapter| self.adapter_path(adapter)).transpose()?;
        let of_phase = RunOptions { retrospective_adapter: adapter, ..of_phase };
        let options = of_phase.or(self.options.table()?)?;
        let folder = RunFolder::new(folder);
        let resumed = folder.config().exists();
        let (demonstration, collection, is_bare) = (None, None, true);
        Ok(Plan { strategies, options, folder, resumed, demonstration, collection, is_bare })
    }

    fn validation_plan(&self, round: u32, adapter: Option<&AdapterFile>) -> anyhow::Result<Plan> {
        let of_phase = RunOptions {
            split: Some(self.file.validate.split.clone()),
            tasks: Some(self.file.validate.tasks.get()),
            trials: Some(self.file.validate.trials),
            ..RunOptions::default()
        };
        let strategies = match round {
            0 => vec![Strategy::None, Strategy::Retrospective],
            _ => vec![Strategy::Retrospective],
        };
        self.plan(self.folder(round, "validation"), strategies, (of_phase, adapter))
    }

    fn play_validation(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> anyhow::Result<RunHistory> {
        let plan = self.validation_plan(round, adapter)?;
        let mut played = play(&plan, &mut self.models, &self.watch)?;
        stopped(&plan, played.stopped.take())?;
        write_results(&plan, &played)?;
        played.histories.pop().context("no arm was played")
    }

    fn play_collection(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> anyhow::Result<Collection> {
        let of_phase = RunOptions {
            split: Some(self.file.collect.split.clone()),
            tasks: Some(self.file.collect.tasks.get()),
            seed: Some(self.seed(round)),
            ..RunOptions::default()
        };
        let folder = self.folder(round, "collection");
        let plan = self.plan(folder, vec![Strategy::Retrospective], (of_phase, adapter))?;
        let collection = Some(options::Collection { members: self.file.collect.group });
        let plan = Plan { collection, ..plan };
        let mut played = play(&plan, &mut self.models, &self.watch)?;
        stopped(&plan, played.stopped.take())?;
        Ok(write_collection(&plan, &played)?.0)
    }

    /// Tasks and draws are drawn anew in each round.
    fn seed(&self, round: u32) -> u64 {
        self.options.seed.unwrap_or(1).wrapping_add(u64::from(round))
    }

    fn run_training(
        &self,
        round: u32,
        parent: Option<&AdapterFile>,
        collections: RangeInclusive<u32>,
    ) -> anyhow::Result<Option<Training>> {
        let records: Vec<PathBuf> =
            collections.map(|round| self.folder(round, "collection")).collect();
        let parent = parent.map(|parent| self.adapter_path(parent)).transpose()?;
        let config = self.training_file(round, (parent.as_deref(), &records))?;
        let files = (self.folder(round, "train.toml"), self.folder(round, "training"));
        let threads = self.options.threads.map(Into::into);
        let trained = trainer::train(&config, (&files.0, &files.1), threads, &self.watch)?;
        Ok(trained.map(|mut training| {
            if let Ok(path) = training.adapter.path.strip_prefix(&self.out) {
                training.adapter.path = path.to_owned();
            }
            training
        }))
    }

    /// What a round's training is asked. One seed for all rounds: it decides which groups
    /// are held out, and those of one round are held out in the next.
    fn training_file(
        &self,
        round: u32,
        data: (Option<&Path>, &[PathBuf]),
    ) -> anyhow::Result<toml::Table> {
        let settings = Settings::resolve(&self.options)?;
        self.file.training(round, &settings.retrospective, settings.seed, data)
    }

    /// Puts an adapter on probation and marks it as tried, unless it is in use already.
    fn try_adapter(&self, name: &str, adapter: &AdapterFile) -> anyhow::Result<()> {
        let state = self.slots.state()?;
        let is_it = |sha256: &str| sha256 == adapter.sha256;
        if state.confirmed.as_ref().is_some_and(|slot| is_it(&slot.sha256)) {
            return Ok(());
        }
        if !state.probation.as_ref().is_some_and(|probation| is_it(&probation.slot.sha256)) {
            let path = self.adapter_path(adapter)?;
            let bytes =
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            self.slots.install(&bytes, name)?;
        }
        if self.slots.state()?.probation.is_some_and(|probation| !probation.tried) {
            self.slots.start()?;
        }
        Ok(())
    }

    fn keep_adapter(&self, adapter: &AdapterFile) -> anyhow::Result<()> {
        // Another run may have gone back from it in the meantime.
        self.try_adapter("learned", adapter)?;
        let probation = self.slots.state()?.probation;
        if probation.is_some_and(|probation| probation.slot.sha256 == adapter.sha256) {
            self.slots.confirm()?;
        }
        Ok(())
    }

    fn leave_adapter(&self, adapter: &AdapterFile) -> anyhow::Result<()> {
        let state = self.slots.state()?;
        let is_it = |sha256: &str| sha256 == adapter.sha256;
        if state.probation.is_some_and(|probation| is_it(&probation.slot.sha256)) {
            self.slots.revert()?;
        } else if state.confirmed.is_some_and(|slot| is_it(&slot.sha256)) {
            bail!(
                "somebody confirmed the adapter that the loop goes back from; \
                 `rebound adapter revert` it, and go on"
            );
        }
        Ok(())
    }

    /// The reflections of round 0, and what the adapter writes in the same places.
    fn reflect_again(&mut self, adapter: &AdapterFile) -> anyhow::Result<Vec<Example>> {
        let plan = self.validation_plan(0, Some(adapter))?;
        let log = plan.folder.trial_log(Strategy::Retrospective);
        let history = read_log(&log)?.history;
        let settings = plan.settings()?;
        let plan = Plan { strategies: vec![Strategy::Retrospective], ..plan };
        let parts = Pool::parts(&plan, &settings, &mut self.models)?;
        let mut agent = parts.first().context("no arm reflects")?.agent()?;
        let memory = Memory::with_capacity(settings.reflections as usize);
        let mut examples = Vec::new();
        for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
            let Some(failed) = played.trials.first() else { continue };
            let Some(before) = &failed.reflection else { continue };
            let seed = SeedKey { run: settings.seed, task: &task.id, trial: 1, step: 0, member: 0 };
            let trajectory = &failed.trajectory;
            let after = agent.reflect(&Attempt { task, trajectory, memory: &memory, seed })?;
            examples.push(Example {
                task: task.id.clone(),
                instruction: task.instruction.clone(),
                before: before.text.clone(),
                after: after.text,
            });
            if examples.len() == EXAMPLES {
                break;
            }
        }
        Ok(examples)
    }

    /// Writes the page of all validation runs so far.
    fn report(&self, state: &Learning) -> anyhow::Result<()> {
        let mut histories = Vec::new();
        for round in 0..=state.rounds_begun() {
            let folder = RunFolder::new(self.folder(round, "validation"));
            let logs = folder.arms().into_iter().map(|strategy| folder.trial_log(strategy));
            let played = logs.map(|log| Ok(read_log(&log)?.history));
            let played = played.collect::<anyhow::Result<Vec<RunHistory>>>()?;
            if !played.is_empty() {
                histories.push((format!("round {round}"), played));
            }
        }
        let runs = histories.iter().map(|(name, histories)| {
            let (name, notes) = (name.clone(), Vec::new());
            ReportRun { name, histories, spending: None, notes }
        });
        let runs: Vec<ReportRun<'_>> = runs.collect();
        let page = report::html_of_learning(&runs, state)?;
        Ok(replace(&self.out.join("report.html"), page.as_bytes())?)
    }
}

impl Learner for HostLearner {
    fn evaluate(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<RunHistory, LearnerError> {
        Ok(self.play_validation(round, adapter)?)
    }

    fn collect(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<Collection, LearnerError> {
        Ok(self.play_collection(round, adapter)?)
    }

    fn train(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
        collections: RangeInclusive<u32>,
    ) -> Result<Option<Training>, LearnerError> {
        Ok(self.run_training(round, adapter, collections)?)
    }

    fn install(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError> {
        let name = self.out.file_name().unwrap_or_default().to_string_lossy();
        Ok(self.try_adapter(&format!("{name}-round-{round}"), adapter)?)
    }

    fn confirm(&mut self, adapter: &AdapterFile) -> Result<(), LearnerError> {
        Ok(self.keep_adapter(adapter)?)
    }

    fn revert(&mut self, adapter: &AdapterFile) -> Result<(), LearnerError> {
        Ok(self.leave_adapter(adapter)?)
    }

    fn illustrate(&mut self, adapter: &AdapterFile) -> Result<Vec<Example>, LearnerError> {
        Ok(self.reflect_again(adapter)?)
    }

    fn save(&mut self, state: &Learning) -> Result<(), LearnerError> {
        let json = serde_json::to_string_pretty(state)? + "\n";
        replace(&self.out.join("learning.json"), json.as_bytes())?;
        if matches!(state.phase, Phase::Collect | Phase::Illustrate | Phase::Finished)
            && state.baseline.is_some()
        {
            self.report(state)?;
        }
        if self.watch.show != Show::Nothing && state.phase != Phase::Finished {
            eprintln!("{}", state.progress());
        }
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        (self.clock)()
    }
}
