//! What a run can be told: the keys of a run's file.
//!
//! All runs have the same keys. A program that takes them as flags, too, makes its flags into
//! such a table: flags win over the file, the file over defaults.

mod keys;
mod own;
mod numbers;
pub mod file;

use std::num::NonZeroU32;
use std::path::PathBuf;

use runtime_agent::settings::AgentKind;
use runtime_core::strategy::Feedback;
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::worlds;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::run_name::RunName;
use crate::wrong::{self, Wrong};

pub use keys::{InLoop, Key, OnResume, Text};
pub use numbers::{Amount, NumberError, Share, Temperature};
pub use own::OwnOptions;

/// Declares the options and, beside each, what there is to know of its key.
macro_rules! options {
    ($($key:ident: $type:ty, $text:ident, $on_resume:ident, $in_loop:ident;)*) => {
        /// Keys of a run's file; what none says has a default. Unknown ones are refused.
        #[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "the command line's help says what each key means")]
        pub struct RunOptions {
            $(pub $key: Option<$type>,)*
            #[serde(flatten)]
            pub own: OwnOptions,
        }

        /// The keys that all worlds have.
        const KEYS: &[Key] = &[$(Key {
            field: stringify!($key),
            text: Text::$text,
            on_resume: OnResume::$on_resume,
            in_loop: InLoop::$in_loop,
        },)*];
    };
}

options! {
    environment: String, Plain, Fixed, Shared;
    data: PathBuf, Path, Free, Shared;
    recall: bool, Plain, Fixed, Shared;
    split: String, Plain, Fixed, Set;
    tasks: u32, Plain, Fixed, Set;
    trials: NonZeroU32, Plain, Fixed, Set;
    steps: NonZeroU32, Plain, Fixed, Shared;
    actor: String, NameOrFile, Fixed, Shared;
    actor_adapter: PathBuf, Path, Fixed, Shared;
    retrospective: String, NameOrFile, Fixed, Shared;
    retrospective_adapter: PathBuf, Path, Fixed, Set;
    best_of: NonZeroU32, Plain, Fixed, Foreign;
    reward_model: PathBuf, Path, Fixed, Foreign;
    borrow_reflections: PathBuf, Path, Fixed, Foreign;
    first_trials: PathBuf, Path, Fixed, Set;
    agent: String, Plain, Fixed, Shared;
    prompts: PathBuf, Path, Fixed, Shared;
    feedback: String, Plain, Fixed, Shared;
    reflections: NonZeroU32, Plain, Fixed, Shared;
    temperature: Temperature, Plain, Fixed, Shared;
    reflection_temperature: Temperature, Plain, Fixed, Shared;
    top_p: Share, Plain, Fixed, Shared;
    board: String, NameOrFile, Fixed, Shared;
    context: NonZeroU32, Plain, Fixed, Shared;
    engine: String, Plain, Fixed, Shared;
    device: String, Plain, Fixed, Shared;
    gpu_layers: u32, Plain, Fixed, Shared;
    threads: NonZeroU32, Plain, Free, Shared;
    parallel: NonZeroU32, Plain, Free, Shared;
    seed: u64, Plain, Fixed, Shared;
    deterministic: bool, Plain, Fixed, Shared;
    cost_limit: Amount, Plain, Free, Shared;
    cost_limit_per_task: Amount, Plain, Free, Shared;
    prices: PathBuf, Path, Free, Shared;
    retries: u32, Plain, Free, Shared;
    retry_seconds: Amount, Plain, Free, Shared;
    connect_seconds: Amount, Plain, Free, Shared;
    first_byte_seconds: Amount, Plain, Free, Shared;
    request_seconds: Amount, Plain, Free, Shared;
    name: RunName, Plain, Free, Set;
    out: PathBuf, Path, Free, Set;
}

/// Every key of a run's file.
pub fn keys() -> impl Iterator<Item = Key> {
    KEYS.iter().copied().chain(own::keys())
}

/// The key that a file writes so.
pub(crate) fn find(name: &str) -> Option<Key> {
    keys().find(|key| key.name() == name)
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
        for (key, value) in self.table()? {
            if value.as_str() == Some("") {
                return Err(Wrong(format!("`{key}` is empty; leave it out")).into());
            }
        }
        let names = [
            ("environment", &self.environment, &worlds::names()[..]),
            ("agent", &self.agent, &AgentKind::ALL.map(AgentKind::name)),
            ("feedback", &self.feedback, &Feedback::ALL.map(Feedback::name)),
        ];
        for (key, name, known) in names {
            name.as_deref().map(|name| wrong::known(key, name, known)).transpose()?;
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
