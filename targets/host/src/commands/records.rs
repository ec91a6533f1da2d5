//! `rebound records`: what a run's logs hold, for other programs and at a glance.

use std::io::Write;
use std::path::PathBuf;

use runtime_evaluation::export;
use runtime_session::stored;
use targets_console::command::Examples;

use crate::progress::notes;

/// By the command's path below `rebound`.
pub(crate) const EXAMPLES: Examples<'static> = &[
    ("records export", &["rebound records export runs/demo > trials.jsonl"]),
    ("records stats", &["rebound records stats runs/demo"]),
];

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
        let mut out = targets_console::out();
        match self.action {
            Action::Export(source) => {
                for history in stored::read(&source.run, &notes())?.histories {
                    for trial in export::trials(&history) {
                        writeln!(out, "{trial}")?;
                    }
                }
            }
            Action::Stats(source) => {
                let mut arms = serde_json::Map::new();
                for history in stored::read(&source.run, &notes())?.histories {
                    let statistics = serde_json::to_value(export::statistics(&history))?;
                    arms.insert(history.run.strategy, statistics);
                }
                writeln!(out, "{}", serde_json::to_string_pretty(&arms)?)?;
            }
        }
        Ok(())
    }
}
