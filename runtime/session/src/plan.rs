//! What a session plays: everything resolved, nothing loaded yet.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use models::threads::cores_allowed;
use runtime_core::strategy::Strategy;
use runtime_store::run_folder::RunFolder;

use crate::approval::{self, Allowed};
use crate::kind::RunKind;
use crate::options::RunOptions;
use crate::options::file::{self, RunFile};
use crate::program::Surroundings;
use crate::resume::{self, Copied};
use crate::run_name::{self, Claimed};
use crate::settings::Settings;

/// A run that can be played.
pub struct Plan {
    /// The run's folder.
    pub folder: RunFolder,
    /// What the run is for.
    pub(crate) kind: RunKind,
    /// The arms, the control first.
    pub(crate) strategies: Vec<Strategy>,
    /// Flags, file and folder in one.
    pub(crate) options: RunOptions,
    /// What the user alone allows.
    pub(crate) allowed: Allowed,
    /// Whether it was begun before.
    pub(crate) beginning: Beginning,
    /// Where the retrospective's adapter comes from.
    pub(crate) adapters: Adapters,
    /// Keeps other processes out of the folder.
    pub(crate) claim: Claimed,
}

/// Where a run begins.
pub(crate) enum Beginning {
    /// Nothing of it was played.
    New,
    /// Its folder holds what was played.
    Resumed,
    /// Its first trials are those of another run.
    Copied(Copied),
}

/// Where the retrospective's adapter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapters {
    /// From the options; where they name none, what was installed for its model.
    Installed,
    /// From the options alone.
    Named,
}

/// What a user asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The options that were given beside the file; they win.
    pub options: RunOptions,
    /// What the user alone allows.
    pub allowed: Allowed,
    /// Where the run is from.
    pub source: Source,
}

/// Where a run's options come from.
#[derive(Clone, Debug, Default)]
pub enum Source {
    /// The request alone.
    #[default]
    Options,
    /// A run's file.
    File(PathBuf),
    /// The folder of a run that was begun.
    Run(PathBuf),
    /// The same, of which the trials before this one are kept, in a folder of its own.
    Trial(PathBuf, u32),
}

impl Request {
    /// A run of these strategies, or those of the file or of the resumed run; `usual` ones are
    /// played where none of these names any.
    pub fn comparison(
        &self,
        strategies: Vec<Strategy>,
        usual: &[Strategy],
        surroundings: &Surroundings,
    ) -> anyhow::Result<Plan> {
        let mut plan = self.plan(strategies, surroundings)?;
        match plan.kind {
            RunKind::Comparison => {}
            RunKind::Demonstration { .. } => {
                bail!("an expert played this run; go on with it by `rebound demonstrate --resume`")
            }
            RunKind::Collection { .. } => {
                bail!("this run is a collection; go on with it by `rebound collect --resume`")
            }
        }
        if plan.strategies.is_empty() {
            plan.strategies = usual.to_vec();
        }
        Ok(plan)
    }

    /// A run that an expert plays; where it may try a task again, it writes reflections.
    ///
    /// Without noise none is meant, or that of the resumed run.
    pub fn demonstration(
        &self,
        noise: Option<f32>,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Plan> {
        let again = self.options.trials.is_some_and(|trials| trials.get() > 1);
        let strategy = if again { Strategy::Retrospective } else { Strategy::None };
        let mut plan = self.plan(vec![strategy], surroundings)?;
        plan.kind = match plan.kind {
            RunKind::Comparison if plan.is_new() => {
                RunKind::Demonstration { noise: noise.unwrap_or(0.0) }
            }
            RunKind::Demonstration { noise: stored } => {
                ensure!(
                    noise.is_none_or(|noise| RunKind::Demonstration { noise } == plan.kind),
                    "--noise cannot change under a run; it was played with {stored}"
                );
                plan.kind
            }
            _ => bail!("no expert played this run; go on with it by `rebound run`"),
        };
        Ok(plan)
    }

    /// A run in which every failed first trial has a group of reflections, each with a next
    /// trial.
    ///
    /// Without a number of members the `usual` one is meant, or that of the resumed run.
    pub fn collection(
        &self,
        asked: Option<std::num::NonZeroU32>,
        usual: std::num::NonZeroU32,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Plan> {
        let mut plan = self.plan(vec![Strategy::Retrospective], surroundings)?;
        let RunOptions { best_of, borrow_reflections, .. } = &plan.options;
        ensure!(
            best_of.is_none() && borrow_reflections.is_none(),
            "a collection is of the retrospective's own draws: --best-of and \
             --borrow-reflections have no place in it"
        );
        plan.kind = match plan.kind {
            RunKind::Comparison if plan.is_new() => {
                RunKind::Collection { members: asked.unwrap_or(usual) }
            }
            RunKind::Collection { members } => {
                ensure!(
                    asked.is_none_or(|asked| asked == members),
                    "--group cannot change under a run; it was played with {members}"
                );
                plan.kind
            }
            _ => bail!("this run is no collection; go on with it by `rebound run`"),
        };
        Ok(plan)
    }

    fn plan(&self, strategies: Vec<Strategy>, surroundings: &Surroundings) -> anyhow::Result<Plan> {
        let file = match &self.source {
            Source::Run(from) => return resume::plan(self, (from, None), surroundings),
            Source::Trial(from, trial) => {
                return resume::plan(self, (from, Some(*trial)), surroundings);
            }
            Source::File(path) => file::read(path)?,
            Source::Options => RunFile::default(),
        };
        let strategies = if strategies.is_empty() { file.strategies()? } else { strategies };
        let kind = file.kind;
        let mut options = self.options.or(file.options)?;
        if options.deterministic == Some(true) && options.board.is_none() {
            // Bits may hang on it, so it is kept with the run.
            options.threads.get_or_insert_with(cores_allowed);
        }
        let named_by = match &self.source {
            Source::File(path) => path,
            _ => Path::new(""),
        };
        approval::check(&options, (&self.options, self.allowed), named_by, surroundings)?;
        let environment = Settings::resolve(&options, kind)?.environment;
        let claim = run_name::claim(&options, &environment, surroundings)?;
        let plan = Plan::new((kind, strategies), (options, self.allowed), claim);
        ensure!(
            plan.is_new(),
            "there is a run in {0}; go on with it by --resume {0}, or choose another --out",
            plan.folder.path.display()
        );
        Ok(plan)
    }
}

impl Plan {
    /// The plan of the run in a folder, which is resumed where there is one.
    pub(crate) fn new(
        (kind, strategies): (RunKind, Vec<Strategy>),
        (options, allowed): (RunOptions, Allowed),
        claim: Claimed,
    ) -> Self {
        let folder = RunFolder::new(claim.folder());
        let is_begun = folder.config().exists();
        let beginning = if is_begun { Beginning::Resumed } else { Beginning::New };
        let adapters = Adapters::Installed;
        Self { folder, kind, strategies, options, allowed, beginning, adapters, claim }
    }

    /// The options with their defaults.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        Settings::resolve(&self.options, self.kind)
    }

    /// Whether nothing of it was played, here or elsewhere.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.beginning, Beginning::New)
    }

    /// How the run is continued, in words.
    pub(crate) fn resumption(&self) -> String {
        let (command, folder) = (self.kind.command(), self.folder.path.display());
        format!("`rebound {command} --resume {folder}` goes on")
    }

    /// The log of an arm that has the first trials of this one: in the folder that was
    /// named, or the run's own first arm.
    pub(crate) fn first_trials(&self, strategy: Strategy) -> anyhow::Result<Option<PathBuf>> {
        if let Some(folder) = &self.options.first_trials {
            let named = RunFolder::new(folder);
            let arm = named.arms().first().copied();
            let arm = arm.with_context(|| format!("there is no run in {}", folder.display()))?;
            return Ok(Some(named.trial_log(arm)));
        }
        let first = self.strategies.first().filter(|first| **first != strategy);
        Ok(first.map(|first| self.folder.trial_log(*first)))
    }
}
