//! `rebound records`: what a run's logs hold, for other programs and at a glance.

use std::path::PathBuf;

use runtime_session::stored::records;
use targets_console::{out, outln};

use crate::progress::notes;

pub(crate) const EXAMPLES: &str = "\
rebound records export runs/demo > trials.jsonl
rebound records stats runs/demo";

/// Export a run's trials as JSON lines, or count what its logs hold
#[derive(clap::Args)]
pub(crate) struct Records {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// A line of JSON for each finished trial: steps, tokens, log-probabilities
    Export(Source),
    /// Counts of tasks, trials, steps and tokens for each arm, as JSON
    Stats(Source),
}

/// Which logs.
#[derive(clap::Args)]
struct Source {
    /// A run's folder, or one trials.log
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
}

impl Records {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Export(source) => records::export(&source.run, &mut out(), &notes())?,
            Action::Stats(source) => {
                let arms = records::statistics(&source.run, &notes())?;
                outln!("{}", serde_json::to_string_pretty(&arms)?);
            }
        }
        Ok(())
    }
}
