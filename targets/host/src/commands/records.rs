//! `rebound records`: what a run's logs hold, for other programs and at a glance.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use runtime_core::history::RunHistory;
use runtime_evaluation::export;
use runtime_store::run_folder::RunFolder;
use runtime_store::trial_log::read_log;

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
        let mut out = std::io::stdout().lock();
        match self.action {
            Action::Export(source) => {
                for history in source.histories()? {
                    for trial in export::trials(&history) {
                        writeln!(out, "{trial}")?;
                    }
                }
            }
            Action::Stats(source) => {
                let mut arms = serde_json::Map::new();
                for history in source.histories()? {
                    let statistics = serde_json::to_value(export::statistics(&history))?;
                    arms.insert(history.run.strategy, statistics);
                }
                writeln!(out, "{}", serde_json::to_string_pretty(&arms)?)?;
            }
        }
        Ok(())
    }
}

impl Source {
    fn histories(&self) -> anyhow::Result<Vec<RunHistory>> {
        let paths = if self.run.is_dir() {
            let folder = RunFolder::new(&self.run);
            folder.arms().into_iter().map(|arm| folder.trial_log(arm)).collect()
        } else {
            vec![self.run.clone()]
        };
        ensure!(!paths.is_empty(), "there is no trial log in {}", self.run.display());
        let mut histories = Vec::new();
        for path in paths {
            let read = read_log(&path).with_context(|| format!("in {}", path.display()))?;
            if let Some(torn) = read.torn {
                eprintln!("warning: {}: {torn}", path.display());
            }
            histories.push(read.history);
        }
        Ok(histories)
    }
}
