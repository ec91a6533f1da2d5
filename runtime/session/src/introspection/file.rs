//! The file of rounds of introspection.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use models::paths;
use runtime_evaluation::introspection::criterion::{Criterion, Duplicates};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};
use trainer_contract::file::{DATA, FOLDER, MODEL, PARENT, SEED, START, data};

use super::evaluate::Evaluating;
use super::rollout::{Aim, Rollout};
use crate::options::file as run_file;
use crate::options::{RunOptions, Temperature};

/// Keys of `[run]` that other tables or the rounds set.
const RUN_KEYS: [&str; 5] = ["split", "tasks", "temperature", "out", "name"];
/// Keys of `[train]` that the rounds set.
const TRAIN_KEYS: [&str; 5] = [FOLDER, MODEL, PARENT, START, SEED];
/// Those of its table of data.
const DATA_KEYS: [&str; 2] = [data::RECORDS, data::FILES];

/// Rounds of introspection.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IterateFile {
    /// Rounds of training.
    pub(super) rounds: NonZeroU32,
    /// What all parts share: keys of a run's file.
    pub(super) run: Table,
    pub(super) generate: GenerateTable,
    pub(super) convert: ConvertTable,
    /// How each round trains, as `rebound-train` takes it without `folder`, `model`, `parent`,
    /// `start`, `seed`, `data.records` and `data.files`.
    pub(super) train: Table,
    pub(super) evaluate: EvaluateTable,
}

/// Which attempts are made to learn from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GenerateTable {
    pub(super) split: String,
    pub(super) tasks: u32,
    pub(super) temperature: Temperature,
    pub(super) turns: NonZeroU32,
    pub(super) samples: Vec<NonZeroU32>,
    #[serde(default)]
    pub(super) models: Vec<String>,
}

/// Which attempts are learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConvertTable {
    pub(super) criteria: Criterion,
    #[serde(default)]
    pub(super) remove_duplicates: bool,
    #[serde(default)]
    pub(super) shuffle: bool,
}

/// Which attempts are measured.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvaluateTable {
    pub(super) split: String,
    pub(super) tasks: u32,
    pub(super) temperature: Temperature,
    pub(super) turns: NonZeroU32,
    pub(super) samples: NonZeroU32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) context_window: Option<u32>,
}

impl IterateFile {
    /// Reads and checks a file; its paths go from its folder.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = runtime_files::read_text(path)
            .with_context(|| format!("cannot read the rounds' file {}", path.display()))?;
        let parse = || -> anyhow::Result<Self> {
            let file: Self = toml::from_str(&text)?;
            run_file::from_table(&file.run, &text).context("in [run]")?;
            file.check()?;
            Ok(file)
        };
        let file = parse().with_context(|| format!("in the rounds' file {}", path.display()))?;
        let start = paths::start(path, None);
        let run = run_file::with_paths_from(&start, file.run.clone());
        let mut generate = file.generate.clone();
        for model in &mut generate.models {
            *model = paths::named_or_from(&start, model);
        }
        Ok(Self { run, generate, ..file })
    }

    /// The file with paths in full, as it is stored.
    pub(super) fn in_full(&self) -> anyhow::Result<Self> {
        let here = paths::named(Path::new("")).context("cannot tell the working folder")?;
        let run = run_file::with_paths_from(&here, self.run.clone());
        let mut generate = self.generate.clone();
        for model in &mut generate.models {
            *model = paths::named_or_from(&here, model);
        }
        Ok(Self { run, generate, ..self.clone() })
    }

    fn check(&self) -> anyhow::Result<()> {
        let refused = |table: &Table, keys: &[&str], of: &str| match keys
            .iter()
            .find(|key| table.contains_key(**key))
        {
            Some(key) => bail!("in [{of}]: `{key}` is set elsewhere; leave it out"),
            None => Ok(()),
        };
        refused(&self.run, &RUN_KEYS, "run")?;
        refused(&self.train, &TRAIN_KEYS, "train")?;
        let data = self.train.get(DATA).and_then(Value::as_table);
        let data = data.context("in [train]: there is no table `data`")?;
        refused(data, &DATA_KEYS, "train.data")?;
        ensure!(
            !data.contains_key(data::REFLECTIONS),
            "in [train.data]: there are attempts to learn from, no reflections; leave \
             `reflections` out"
        );
        self.rollout().check()
    }

    /// The options of all parts.
    fn shared(&self) -> anyhow::Result<RunOptions> {
        Ok(self.run.clone().try_into()?)
    }

    /// The options of a round's attempts, from 1. Each round draws other problems and attempts.
    pub(super) fn generate_options(&self, round: u32) -> anyhow::Result<RunOptions> {
        let shared = self.shared()?;
        let GenerateTable { split, tasks, temperature, .. } = &self.generate;
        Ok(RunOptions {
            split: Some(split.clone()),
            tasks: Some(*tasks),
            temperature: Some(*temperature),
            seed: Some(self.seed()?.wrapping_add(u64::from(round) - 1)),
            ..shared
        })
    }

    /// The options of evaluations, which are all of the same problems.
    pub(super) fn evaluate_options(&self) -> anyhow::Result<RunOptions> {
        let shared = self.shared()?;
        let EvaluateTable { split, tasks, temperature, .. } = &self.evaluate;
        let (split, tasks) = (Some(split.clone()), Some(*tasks));
        Ok(RunOptions { split, tasks, temperature: Some(*temperature), ..shared })
    }

    pub(super) fn seed(&self) -> anyhow::Result<u64> {
        Ok(self.shared()?.seed.unwrap_or(1))
    }

    pub(super) fn rollout(&self) -> Rollout {
        let GenerateTable { turns, samples, models, .. } = &self.generate;
        Rollout {
            turns: *turns,
            samples: samples.clone(),
            models: models.clone(),
            context_window: None,
            aim: Aim::Learning,
        }
    }

    pub(super) fn evaluating(&self) -> Evaluating {
        let EvaluateTable { turns, samples, context_window, .. } = self.evaluate;
        Evaluating { turns, samples, context_window }
    }

    pub(super) fn duplicates(&self) -> Duplicates {
        if self.convert.remove_duplicates { Duplicates::Removed } else { Duplicates::Kept }
    }

    /// A round's training, as `rebound-train` takes it.
    pub(super) fn training(
        &self,
        (round, model): (u32, &str),
        parent: Option<&Path>,
        lines: &Path,
    ) -> anyhow::Result<Table> {
        let text = |path: &Path| Value::from(path.display().to_string());
        let folder = paths::named(Path::new("")).context("cannot tell the working folder")?;
        let mut train = self.train.clone();
        train.insert(FOLDER.into(), text(&folder));
        train.insert(MODEL.into(), model.into());
        let seed = self.seed()?.wrapping_add(u64::from(round) - 1);
        train.insert(SEED.into(), i64::try_from(seed)?.into());
        if let Some(parent) = parent {
            train.insert(PARENT.into(), text(parent));
        }
        if let Some(data) = train.get_mut(DATA).and_then(Value::as_table_mut) {
            data.insert(data::RECORDS.into(), Value::Array(Vec::new()));
            data.insert(data::FILES.into(), vec![text(lines)].into());
        }
        Ok(train)
    }

    /// The learner's adapter to begin with.
    pub(super) fn first_adapter(&self) -> anyhow::Result<Option<PathBuf>> {
        Ok(self.shared()?.actor_adapter)
    }
}
