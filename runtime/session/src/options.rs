//! What a run can be told: the keys of a run's file.
//!
//! All runs have the same keys. A program that takes them as flags, too, makes its flags into
//! such a table: flags win over the file, the file over defaults.

mod engine;
mod table;
mod keys;
mod kinds;
mod own;
mod numbers;
pub mod file;

use models::threads::THREADS_MAX;
use runtime_agent::settings::AgentKind;
use runtime_core::strategy::Feedback;
use runtime_core::task::Limits;
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds;
use runtime_environments::worlds::external::is_address;
use toml::Table;

use crate::board::CacheFormat;
use crate::files;
use crate::wrong::{self, Wrong};

pub use engine::{ENGINES, EngineOptions, REMOTE};
pub use keys::{About, InLoop, Key, Need, OnResume, Text};
pub use kinds::{Kind, count};
pub use numbers::{Amount, NumberError, Share, Temperature};
pub use own::{OwnOptions, by_hand};
use table::KEYS;
pub use table::RunOptions;

/// Every key of a run's file.
pub fn keys() -> impl Iterator<Item = Key> {
    KEYS.iter().copied().chain(own::keys())
}

/// The key that a file writes so.
pub fn find(name: &str) -> Option<Key> {
    keys().find(|key| key.name == name)
}

/// The names that a key's value is one of; `None` if it may be another, too.
pub fn names(key: &str) -> Vec<&'static str> {
    match key {
        "environment" => worlds::names(),
        "agent" => AgentKind::ALL.map(AgentKind::name).into(),
        "feedback" => Feedback::ALL.map(Feedback::name).into(),
        "engine" => ENGINES.into(),
        "cache" => CacheFormat::ALL.map(CacheFormat::name).into(),
        _ => Vec::new(),
    }
}

/// Whether what a file writes so may change under a run that was begun.
pub(crate) fn is_free(name: &str) -> bool {
    find(name).is_some_and(|key| key.on_resume == OnResume::Free)
}

impl RunOptions {
    /// What the run's world may need to be opened.
    pub fn environment_options(&self) -> EnvironmentOptions {
        let (data, own) = (files::data_folder(self.data.clone()), self.own.all().clone());
        EnvironmentOptions { data, own }
    }

    /// Which tasks of a split are asked for, without limits.
    pub(crate) fn selection(&self, split: String) -> TaskSelection {
        let count = self.tasks.unwrap_or(20) as usize;
        let (count, seed) = ((count > 0).then_some(count), self.seed.unwrap_or(1));
        TaskSelection { split, count, seed, limits: Limits::default() }
    }

    /// The same where whoever plays by hand tells the world this, too.
    pub fn environment_by_hand(&self, told: &Table) -> EnvironmentOptions {
        let told = by_hand().filter_map(|key| Some((key.name, told.get(key.name)?.as_str()?)));
        let own = told.map(|(name, value)| (name, value.to_owned())).collect();
        EnvironmentOptions { own, ..self.environment_options() }
    }

    /// What computes models, and where.
    pub fn engine_options(&self) -> EngineOptions {
        let (engine, device) = (self.engine.clone(), self.device.clone());
        let &Self { gpu_layers, micro_batch, cache, .. } = self;
        EngineOptions { engine, device, gpu_layers, micro_batch, cache }
    }

    /// These options, and those of `file` where these say nothing.
    pub fn or(&self, file: toml::Table) -> anyhow::Result<Self> {
        let mut merged = file;
        merged.extend(self.table()?);
        Ok(merged.try_into()?)
    }

    /// The options that say something.
    pub fn table(&self) -> anyhow::Result<toml::Table> {
        Ok(toml::Table::try_from(self)?)
    }

    /// Refuses texts that are empty, and names that there are not.
    pub fn check(&self) -> anyhow::Result<()> {
        for (key, number) in [("threads", self.threads), ("parallel", self.parallel)] {
            if let Some(found) = number.filter(|number| number.get() > THREADS_MAX) {
                let told = format!("`{key}` is {found}; expected 1 to {THREADS_MAX}");
                return Err(Wrong(told).into());
            }
        }
        for (key, value) in self.table()? {
            if value.as_str() == Some("") {
                return Err(Wrong(format!("`{key}` is empty; leave it out")).into());
            }
            let known = names(&key);
            let is_of_ones_own = key == "environment" && value.as_str().is_some_and(is_address);
            if let (Some(name), false) = (value.as_str(), known.is_empty() || is_of_ones_own) {
                wrong::known(&key, name, &known)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let flags = RunOptions { seed: Some(5), ..RunOptions::default() };
        let file: toml::Table = toml::from_str("seed = 1\ntasks = 7\n").unwrap();

        let merged = flags.or(file).unwrap();

        assert_eq!((merged.seed, merged.tasks), (Some(5), Some(7)));
    }
}
