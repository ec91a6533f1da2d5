//! A loop's file.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use models::paths;
use runtime_store::sealed;
use serde::Deserialize;
use trainer_contract::file::{
    DATA, FOLDER, MODEL, PARENT, REFERENCE, REWARD_MODEL_STAGE, SEED, STAGE, START, data,
};

use crate::options::file as run_file;
use crate::options::{self, InLoop, RunOptions, Temperature};

/// Keys of `[[train]]` that the loop sets.
const TRAIN_KEYS: [&str; 4] = [FOLDER, PARENT, START, SEED];
/// Those of its table of data.
const DATA_KEYS: [&str; 2] = [data::RECORDS, data::FILES];

/// What a loop does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LearnFile {
    /// Where its paths go from, if not from the file's folder; the program writes it.
    folder: Option<PathBuf>,
    /// Rounds of training.
    pub(crate) rounds: u32,
    /// A round learns from what this many latest rounds collected.
    #[serde(default = "one")]
    pub(crate) replay: NonZeroU32,
    /// Folders of runs that were collected elsewhere, in other environments say: each round
    /// learns from them, too.
    #[serde(default)]
    pub(crate) records: Vec<PathBuf>,
    /// The retrospective's adapter to begin with, instead of the one in use.
    pub(crate) start: Option<PathBuf>,
    /// What is collected in each round.
    pub(crate) collect: Collecting,
    /// What decides.
    pub(crate) validate: Validating,
    /// How everything is played: the keys of a run's file.
    pub(crate) run: toml::Table,
    /// How each round trains, as `rebound-train` takes it without `folder`, `data.records`,
    /// `data.files`, `parent`, `start` and `seed`; the last is for all rounds behind it, too.
    pub(crate) train: Vec<toml::Table>,
}

/// What is collected in each round.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collecting {
    /// Training tasks; each round draws anew.
    pub(crate) split: String,
    /// How many of them.
    pub(crate) tasks: NonZeroU32,
    /// Distinct reflections of a group.
    pub(crate) group: NonZeroU32,
    /// Next trials of each; without it every draw has one, and draws are as many as `group`.
    pub(crate) next_trials: Option<NonZeroU32>,
    /// Trials of a task at most, with `next_trials`: groups are drawn at every failed trial but the
    /// last; `None` for 2.
    pub(crate) trials: Option<NonZeroU32>,
    /// Their sampling temperature, where it is not the run's: over it they differ more.
    pub(crate) temperature: Option<Temperature>,
}

/// What decides.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validating {
    /// Validation tasks, always the same.
    pub(crate) split: String,
    /// How many of them.
    pub(crate) tasks: NonZeroU32,
    /// Trials of each at most.
    pub(crate) trials: NonZeroU32,
    /// The trial by which a task has to be solved to count; `None` for the last.
    pub(crate) endpoint: Option<NonZeroU32>,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl LearnFile {
    /// Reads and checks a loop's file; returns the text to store, too.
    pub(crate) fn read(path: &Path) -> anyhow::Result<(Self, String)> {
        let text = runtime_files::read_text(path)
            .with_context(|| format!("cannot read the loop's file {}", path.display()))?;
        let file = Self::parse(path, &text)?;
        let start = paths::start(path, file.folder.as_deref());
        let folder = paths::named(&start).context("cannot tell the working folder")?;
        let text = match &file.folder {
            Some(_) => text,
            None => format!("folder = {}\n{text}", toml::Value::from(folder.display().to_string())),
        };
        Ok((file.with_paths_from(&start), text))
    }

    /// The same of the file that was stored with a loop, which must be what was written.
    pub(crate) fn read_stored(path: &Path) -> anyhow::Result<(Self, String)> {
        let text = sealed::read_toml(path)?;
        let file = Self::parse(path, &text)?;
        let start = paths::start_of_stored(file.folder.as_deref());
        Ok((file.with_paths_from(&start), text))
    }

    fn parse(path: &Path, text: &str) -> anyhow::Result<Self> {
        let parse = || -> anyhow::Result<Self> {
            let file: Self = toml::from_str(text)?;
            run_file::from_table(&file.run, text).context("in [run]")?;
            file.check()?;
            Ok(file)
        };
        parse().with_context(|| format!("in the loop's file {}", path.display()))
    }

    /// The file with paths from the working folder, which were from `start`.
    fn with_paths_from(mut self, start: &Path) -> Self {
        for path in self.records.iter_mut().chain(&mut self.start) {
            *path = paths::from(start, path);
        }
        self.run = run_file::with_paths_from(start, self.run);
        for train in &mut self.train {
            if let Some(toml::Value::String(model)) = train.get_mut(MODEL) {
                *model = paths::named_or_from(start, model);
            }
            let data = train.get_mut(DATA).and_then(toml::Value::as_table_mut);
            if let Some(toml::Value::String(path)) =
                data.and_then(|data| data.get_mut(data::REWARD_MODEL))
            {
                *path = paths::from(start, Path::new(path)).display().to_string();
            }
        }
        self
    }

    /// The options that all runs share.
    pub(crate) fn options(&self) -> anyhow::Result<RunOptions> {
        Ok(self.run.clone().try_into()?)
    }

    /// Files that its options do not name, and what for.
    pub(crate) fn uses(&self) -> Vec<(&'static str, &Path)> {
        let records = self.records.iter().map(|folder| ("records", folder.as_path()));
        records.chain(self.start.as_deref().map(|start| ("start", start))).collect()
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.folder.as_ref().is_none_or(|folder| folder.is_absolute()),
            "`folder` is no absolute path; leave it out, and paths go from the file's folder"
        );
        for key in self.run.keys() {
            match options::find(key).map_or(InLoop::Set, |key| key.in_loop) {
                InLoop::Shared => {}
                InLoop::Set => bail!("in [run]: the loop sets `{key}`; leave it out"),
                InLoop::Foreign => {
                    bail!(
                        "in [run]: under `{key}` reflections are not the retrospective's own draws"
                    )
                }
            }
        }
        ensure!(
            self.validate.trials.get() > 1,
            "validate.trials is 1, expected 2 or more: the first trial reads no reflection"
        );
        let (endpoint, trials) = (self.validate.endpoint, self.validate.trials);
        ensure!(
            endpoint.is_none_or(|endpoint| (2..=trials.get()).contains(&endpoint.get())),
            "validate.endpoint is {}, expected 2 to validate.trials, which is {trials}",
            endpoint.unwrap_or(NonZeroU32::MIN)
        );
        ensure!(!self.train.is_empty(), "there is no [[train]]: say how a round trains");
        for (place, train) in self.train.iter().enumerate() {
            let place = place + 1;
            for key in TRAIN_KEYS {
                ensure!(
                    !train.contains_key(key),
                    "in [[train]] {place}: the loop sets `{key}`; leave it out"
                );
            }
            let is_reward_model = train.get(STAGE).is_some_and(|stage| {
                stage.as_str() == Some(REWARD_MODEL_STAGE)
                    || stage.get(REWARD_MODEL_STAGE).is_some()
            });
            ensure!(
                !is_reward_model,
                "in [[train]] {place}: a reward model writes no reflections; train it by itself"
            );
            let data = train.get(DATA).and_then(toml::Value::as_table);
            let data = data.with_context(|| format!("in [[train]] {place}: there is no data"))?;
            ensure!(
                data.contains_key(data::REFLECTIONS),
                "in [[train]] {place}: there is no data.reflections, which say what a reflection \
                 earned"
            );
            for key in DATA_KEYS {
                ensure!(
                    !data.contains_key(key),
                    "in [[train]] {place}: the loop sets `data.{key}`; leave it out"
                );
            }
        }
        Ok(())
    }

    /// Whether another file plays the same: rounds, what trains them, and options that
    /// decide nothing of what is played may change.
    pub(crate) fn plays_like(&self, other: &Self) -> bool {
        let here = std::env::current_dir().unwrap_or_default();
        let played = |file: &Self| {
            let Self { start, collect, validate, mut run, .. } =
                file.clone().with_paths_from(&here);
            run.retain(|key, _| !options::is_free(key));
            (start, collect, validate, run)
        };
        played(self) == played(other)
    }

    /// The training run of a round, from 1, as `rebound-train` takes it: from its parent, and where
    /// it asks for that, held to the loop's first adapter.
    pub(crate) fn training(
        &self,
        round: u32,
        model: &str,
        seed: u64,
        (parent, first, records): (Option<&Path>, Option<&Path>, &[PathBuf]),
    ) -> anyhow::Result<toml::Table> {
        let text = |path: &Path| path.display().to_string();
        let place = (round as usize).clamp(1, self.train.len()) - 1;
        let mut train = self.train[place].clone();
        let folder = paths::named(Path::new("")).context("cannot tell the working folder")?;
        train.insert(FOLDER.into(), text(&folder).into());
        train.entry(MODEL).or_insert_with(|| model.into());
        train.insert(SEED.into(), i64::try_from(seed)?.into());
        if let Some(parent) = parent {
            train.insert(PARENT.into(), text(parent).into());
        }
        if let Some(first) = first.filter(|_| reads_start(&train)) {
            train.insert(START.into(), text(first).into());
        }
        if let Some(data) = train.get_mut(DATA).and_then(toml::Value::as_table_mut) {
            let all = records.iter().chain(&self.records);
            let records: Vec<String> = all.map(|path| text(path)).collect();
            data.insert(data::RECORDS.into(), records.into());
            data.insert(data::FILES.into(), toml::Value::Array(Vec::new()));
        }
        Ok(train)
    }
}

/// Whether a training's policy is held to where the loop began.
fn reads_start(train: &toml::Table) -> bool {
    let stage = train.get(STAGE).and_then(toml::Value::as_table);
    let mut settings = stage.into_iter().flat_map(toml::Table::values);
    settings.any(|settings| settings.get(REFERENCE).and_then(toml::Value::as_str) == Some(START))
}

#[cfg(test)]
mod tests;
