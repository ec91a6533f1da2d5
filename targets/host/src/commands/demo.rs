//! `rebound demo`: plays a small comparison that comes with the program, and prints next steps.

use std::path::PathBuf;

use anyhow::ensure;
use runtime_session::{demo, files, weights};
use targets_console::{outln, signals};

use super::models::pull;
use crate::session::{self, Printed};

pub(crate) const EXAMPLES: &str = "\
rebound demo
rebound demo -n 4 --out runs/quick";

/// Actor and retrospective of the demo.
const MODEL: &str = "smollm2-135m-instruct";
/// The configuration of the demo's run.
const RUN: &str = "targets/host/demo.toml";
/// The demo's files, by their paths in the sources; the user's cache has the same layout.
#[cfg(feature = "demo")]
const FILES: &[(&str, &[u8])] = &[
    (RUN, include_bytes!("../../demo.toml")),
    (
        "models/adapters/smollm2-135m-household.gguf",
        include_bytes!("../../../../models/adapters/smollm2-135m-household.gguf"),
    ),
    (
        "models/adapters/smollm2-135m-household-retrospective.gguf",
        include_bytes!("../../../../models/adapters/smollm2-135m-household-retrospective.gguf"),
    ),
    (
        "models/adapters/smollm2-135m-household/example.j2",
        include_bytes!("../../../../models/adapters/smollm2-135m-household/example.j2"),
    ),
];
#[cfg(not(feature = "demo"))]
const FILES: &[(&str, &[u8])] = &[];

/// Compare three strategies on sixteen household tasks: plain retries, reflections by the actor
/// itself, and reflections by a model that was trained to reflect
///
/// Downloads SmolLM2-135M-Instruct (98 MB) if it is not installed; everything else comes with
/// the program. Takes some minutes. The same command resumes an interrupted demo.
#[derive(clap::Args)]
pub(crate) struct Demo {
    /// Number of tasks; fewer give wider intervals [default: 16]
    #[arg(long, short = 'n', value_name = "N")]
    tasks: Option<u32>,
    /// The run's folder
    #[arg(long, value_name = "DIR", default_value = "runs/demo")]
    out: PathBuf,
    /// Print no progress, no table and no next steps
    #[arg(long, short)]
    quiet: bool,
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        ensure!(!FILES.is_empty(), "this build lacks the demo; build it with `--features demo`");
        signals::goes_on_by("the same command goes on");
        let folder = files::demo_folder()?;
        demo::lay_out(FILES, &folder)?;
        let models = files::models_folder()?;
        if weights::is_missing(MODEL, &models) {
            pull(&models, MODEL, self.quiet)?;
        }
        let run = folder.join(RUN);
        let request = demo::request(&run, &self.out, self.tasks);
        let printed = Printed { quiet: self.quiet, ..Printed::default() };
        session::play(&request, (Vec::new(), &[]), printed)?;
        if !self.quiet {
            outln!("{}", demo::next_steps(&program(), &run, &self.out));
        }
        Ok(())
    }
}

/// The program's name on the command line.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "rebound".to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_next_step_is_a_command_that_there_is() {
        let text = demo::next_steps("rebound", Path::new("demo.toml"), Path::new("runs/demo"));

        let commands = text.lines().map(str::trim).filter(|line| line.starts_with("rebound "));
        let commands: Vec<&str> = commands.collect();
        assert!((3..=5).contains(&commands.len()), "{text}");
        for command in commands {
            let matches = crate::Cli::command().try_get_matches_from(command.split(' '));
            assert!(matches.is_ok(), "{command}: {matches:?}");
        }
    }
}
