//! What a session plays: everything resolved, nothing loaded yet.

use std::path::PathBuf;

use anyhow::Context;
use runtime_core::strategy::Strategy;
use runtime_store::run_folder::RunFolder;

use crate::approval::Allowed;
use crate::claims::Claimed;
use crate::kind::RunKind;
use crate::options::RunOptions;
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

/// A run whose first trials another one begins with.
pub(crate) struct Copied {
    /// The run that played them.
    pub(crate) from: RunFolder,
    /// The first trial that is not copied.
    pub(crate) before_trial: u32,
}

/// Where the retrospective's adapter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapters {
    /// From the options; where they name none, what was installed for its model.
    Installed,
    /// From the options alone.
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
