//! What the phases of a loop play, train and write.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::Context;
use runtime_core::agent::Attempt;
use runtime_core::history::RunHistory;
use runtime_core::reflection::Memory;
use runtime_core::seed::{Draw, SeedKey};
use runtime_core::strategy::Strategy;
use runtime_evaluation::collection::CollectionResults;
use runtime_evaluation::learning::state::{
    AdapterFile, Learning, ReflectionExample, TrainingResults,
};
use runtime_evaluation::report::{self, RecordsAlone, ReportRun};
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;
use runtime_store::trial_log::read_log;

use super::file::Collecting;
use super::{FIRST, Job, LocalLearner};
use crate::kind::RunKind;
use crate::options::RunOptions;
use crate::plan::Plan;
use crate::play::play;
use crate::pool::Pool;

/// Failures whose reflections are shown before and after.
const EXAMPLES: usize = 12;

impl LocalLearner {
    pub(super) fn play_validation(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> anyhow::Result<RunHistory> {
        let plan = self.validation_plan(round, adapter)?;
        let mut played = play(&plan, &mut self.models, &self.surroundings)?;
        played.check_whole(&plan)?;
        played.write_results(&plan)?;
        played.histories.pop().context("no arm was played")
    }

    pub(super) fn play_collection(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> anyhow::Result<CollectionResults> {
        let of_phase = RunOptions {
            split: Some(self.file.collect.split.clone()),
            tasks: Some(self.file.collect.tasks.get()),
            trials: self.file.collect.trials,
            seed: Some(self.seed(round)),
            reflection_temperature: self
                .file
                .collect
                .temperature
                .or(self.options.reflection_temperature),
            ..RunOptions::default()
        };
        let folder = self.folder(round, "collection");
        let Collecting { group: members, next_trials, .. } = self.file.collect;
        let kind = RunKind::Collection { members, next_trials };
        let played = (kind, vec![Strategy::Retrospective]);
        let plan = self.plan(&folder, played, (of_phase, adapter))?;
        let mut played = play(&plan, &mut self.models, &self.surroundings)?;
        played.check_whole(&plan)?;
        Ok(played.write_collection(&plan)?.0)
    }

    /// Tasks and draws are drawn anew in each round.
    fn seed(&self, round: u32) -> u64 {
        self.settings.seed.wrapping_add(u64::from(round))
    }

    pub(super) fn run_training(
        &self,
        round: u32,
        parent: Option<&AdapterFile>,
        collections: RangeInclusive<u32>,
    ) -> anyhow::Result<Option<TrainingResults>> {
        let records: Vec<PathBuf> =
            collections.map(|round| self.folder(round, "collection")).collect();
        let parent = parent.map(|parent| self.adapter_path(parent)).transpose()?;
        let first = self.out.join(FIRST);
        let first = first.exists().then_some(first.as_path());
        let config = self.training_file(round, (parent.as_deref(), first, &records))?;
        let job = Job {
            config: &config,
            file: &self.folder(round, "train.toml"),
            out: &self.folder(round, "training"),
            threads: self.options.threads.map(Into::into),
            board: self.settings.board.as_ref(),
        };
        let trained = self.trainer.train(&job, &self.surroundings)?;
        Ok(trained.map(|mut training| {
            if let Ok(path) = training.adapter.path.strip_prefix(&self.out) {
                training.adapter.path = path.to_owned();
            }
            training
        }))
    }

    /// What a round's training is asked. One seed for all rounds: it decides which groups
    /// are held out, and those of one round are held out in the next.
    pub(super) fn training_file(
        &self,
        round: u32,
        data: (Option<&Path>, Option<&Path>, &[PathBuf]),
    ) -> anyhow::Result<toml::Table> {
        let settings = &self.settings;
        self.file.training(round, &settings.retrospective, settings.seed, data)
    }

    /// The reflections of round 0, and what the adapter writes in the same places.
    pub(super) fn reflect_again(
        &mut self,
        adapter: &AdapterFile,
    ) -> anyhow::Result<Vec<ReflectionExample>> {
        let plan = self.validation_plan(0, Some(adapter))?;
        let log = plan.folder.trial_log(Strategy::Retrospective);
        let history = read_log(&log)?.history;
        let settings = plan.settings()?;
        let plan = Plan { strategies: vec![Strategy::Retrospective], ..plan };
        let parts = Pool::parts(&plan, &settings, &mut self.models, &self.surroundings)?;
        let mut agent = parts.first().context("no arm reflects")?.agent(None, false);
        let memory = Memory::with_capacity(settings.reflections as usize);
        let mut examples = Vec::new();
        for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
            let Some(failed) = played.trials.first() else { continue };
            let Some(before) = &failed.reflection else { continue };
            let draw = Draw::Reflection { member: 0, candidate: 0 };
            let seed = SeedKey { run: settings.seed, task: &task.id, trial: 1, draw };
            let trajectory = &failed.trajectory;
            let after = agent.reflect(&Attempt { task, trajectory, memory: &memory, seed })?;
            examples.push(ReflectionExample {
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
    pub(super) fn report(&self, state: &Learning) -> anyhow::Result<()> {
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
            ReportRun { name, histories, spending: None, circumstances: None, notes }
        });
        let runs: Vec<ReportRun<'_>> = runs.collect();
        let page = report::html_of_learning(&runs, state, &mut RecordsAlone)?;
        Ok(replace(&self.out.join("report.html"), page.as_bytes())?)
    }
}
