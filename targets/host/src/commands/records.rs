//! `rebound records`: exports and counts the trials of a run's logs.

use std::path::PathBuf;

use runtime_session::stored::records;
use targets_console::{out, outln};

use crate::progress::notes;

pub(crate) const EXAMPLES: &str = "\
rebound records export runs/demo > trials.jsonl
rebound records stats runs/demo";

/// Export a run's trials as JSON lines, or count its trials, steps and tokens
#[derive(clap::Args)]
pub(crate) struct Records {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Print one JSON line for each finished trial: steps, tokens, log-probabilities
    Export(Source),
    /// Print the number of tasks, trials, steps and tokens of each arm, as JSON
    Stats(Source),
}

/// The logs to read.
#[derive(clap::Args)]
struct Source {
    /// A run's folder, or a single trials.log
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
