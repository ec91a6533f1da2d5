//! The flags of a run: the keys of a run's configuration file, with their help.

mod tasks;
pub(crate) mod own;
mod players;
mod machine;
mod paid;

use std::path::PathBuf;

use clap::Args;
use runtime_session::approval::Allowed;
use runtime_session::options::RunOptions;
use runtime_session::run_name::RunName;
use serde::Serialize;

use machine::MachineFlags;
use own::OwnFlags;
use paid::PaidFlags;
use players::PlayerFlags;
use tasks::TaskFlags;

/// The heading of the options for a run's folder and output.
pub(crate) const FOLDER: &str = "Run folder and output";
/// The heading of the options for endpoints.
const PAID: &str = "Models behind an API endpoint";

/// The keys of a run's configuration file, each also a flag.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
#[command(allow_negative_numbers = true)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    #[serde(flatten)]
    tasks: TaskFlags,
    #[command(flatten)]
    #[serde(flatten)]
    own: OwnFlags,
    #[command(flatten)]
    #[serde(flatten)]
    players: PlayerFlags,
    #[command(flatten)]
    #[serde(flatten)]
    machine: MachineFlags,
    #[command(flatten)]
    #[serde(flatten)]
    paid: PaidFlags,
    /// Name of the run's folder in runs/ [default: the environment and the time]
    #[arg(long, help_heading = FOLDER)]
    name: Option<RunName>,
    /// Path of the run's folder, instead of runs/NAME
    #[arg(long, value_name = "DIR", conflicts_with = "name", help_heading = FOLDER)]
    out: Option<PathBuf>,
}

/// Permissions that only the command line can give, never a file.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct AllowedFlags {
    /// Run the `exec:` command named by the configuration file or the run's folder without
    /// asking, this time. A command that was given on this command line, or approved at the
    /// terminal before, needs no flag
    #[arg(long)]
    allow_exec: bool,
    /// Send the API key by unencrypted http to private addresses (192.168.1.5, 10.0.0.5,
    /// NAME.local), where others on that network can read it. Never sent so to public addresses
    #[arg(long, help_heading = PAID)]
    allow_http: bool,
}

impl RunFlags {
    /// The flags' values as options, by the keys of a run's configuration file.
    pub(crate) fn options(&self) -> anyhow::Result<RunOptions> {
        Ok(toml::Table::try_from(self)?.try_into()?)
    }
}

impl From<AllowedFlags> for Allowed {
    fn from(AllowedFlags { allow_exec, allow_http }: AllowedFlags) -> Self {
        Self { allow_exec, allow_http }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{FromArgMatches, Parser};
    use runtime_session::options::keys;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: RunFlags,
    }

    /// Texts that flags take; every option takes one of them.
    const SAMPLES: [&str; 6] = ["1", "true", "act", "household", "success", "llama"];

    #[test]
    fn flags_and_keys_of_a_file_are_the_same_and_mean_the_same() {
        let command = <Line as clap::CommandFactory>::command();
        let flags = command.get_arguments().filter_map(clap::Arg::get_long).map(str::to_owned);
        let keys: BTreeSet<String> = keys().map(|key| key.name()).collect();
        assert_eq!(flags.collect::<BTreeSet<_>>(), keys);

        for key in keys {
            let asked = |sample: &&str| {
                let line = ["rebound".to_owned(), format!("--{key}={sample}")];
                command.clone().try_get_matches_from(line).ok()
            };
            let matches = SAMPLES.iter().find_map(asked).unwrap();
            let flags = Line::from_arg_matches(&matches).unwrap().flags;
            let written = toml::Table::try_from(&flags).unwrap();
            assert!(written.contains_key(&key), "{key} in {written}");
            assert_eq!(flags.options().unwrap().table().unwrap(), written);
        }
    }
}
