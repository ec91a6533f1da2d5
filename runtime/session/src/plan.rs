//! The plan of a run: all options resolved, nothing loaded yet.

use std::path::PathBuf;

use anyhow::Context;
use runtime_core::strategy::Strategy;
use runtime_store::run_folder::RunFolder;

use crate::approval::Allowed;
use crate::claims::Claimed;
use crate::default_engine;
use crate::kind::RunKind;
use crate::options::RunOptions;
use crate::program::Surroundings;
use crate::settings::{REDRAWS, Settings};

/// The plan of a run.
pub struct Plan {
    /// The run's folder.
    pub folder: RunFolder,
    /// The kind of the run.
    pub(crate) kind: RunKind,
    /// The arms, the control first.
    pub(crate) strategies: Vec<Strategy>,
    /// The options from flags, file and folder together.
    pub(crate) options: RunOptions,
    /// The user's permissions.
    pub(crate) allowed: Allowed,
    /// Whether the run is new, resumed or copied.
    pub(crate) beginning: Beginning,
    /// The source of the retrospective's adapter.
    pub(crate) adapters: Adapters,
    /// Keeps other processes out of the folder.
    pub(crate) claim: Claimed,
}

/// How a run begins.
pub(crate) enum Beginning {
    /// As a new run.
    New,
    /// From the records in its folder.
    Resumed,
    /// With trials copied from another run.
    Copied(Copied),
}

/// The run from which trials are copied.
pub(crate) struct Copied {
    /// The run.
    pub(crate) from: RunFolder,
    /// The first trial that is not copied.
    pub(crate) before_trial: u32,
}

/// The source of the retrospective's adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapters {
    /// The options, or else the adapter that is installed for its model.
    Installed,
    /// The options only.
    Named,
}

impl Plan {
    /// The plan of the run in a folder, which is resumed if there is one.
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

    /// The same, with what is kept with a run where it is new and says nothing of it: the engine
    /// and the number of redraws, both of which runs from before do not have.
    pub(crate) fn with_kept(self, surroundings: &Surroundings) -> anyhow::Result<Self> {
        if !self.is_new() {
            return Ok(self);
        }
        let options = default_engine::name_engine(self.options, self.kind, surroundings)?;
        let redraws = options.redraws.or(Some(REDRAWS));
        Ok(Self { options: RunOptions { redraws, ..options }, ..self })
    }

    /// The options with their defaults.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        Settings::resolve(&self.options, self.kind)
    }

    /// Whether the run is new.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.beginning, Beginning::New)
    }

    /// The file that the numbers of the engine come from, if it is one that was named or begun with.
    pub(crate) fn told_by(&self) -> Option<String> {
        match &self.options.board {
            _ if !self.is_new() => {
                Some(format!("by the settings in {}", self.folder.config().display()))
            }
            Some(board) => Some(format!("by the settings of the board {board}")),
            None => None,
        }
    }

    /// The message that says how to resume the run.
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
