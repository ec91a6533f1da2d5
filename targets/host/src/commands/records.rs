//! `rebound records`: exports and counts the trials of a run's logs.

use std::path::PathBuf;

use runtime_session::stored::records;
use targets_console::{out, outln};

use crate::progress::notes;

#[cfg(not(feature = "tables"))]
pub(crate) const EXAMPLES: &str = "\
rebound records export runs/demo > trials.jsonl
rebound records stats runs/demo";
#[cfg(feature = "tables")]
pub(crate) const EXAMPLES: &str = "\
rebound records export runs/demo > trials.jsonl
rebound records tables runs/demo --out tables
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
    /// Write trials, steps, reflections and tokens as tables in Parquet, a file each
    #[cfg(feature = "tables")]
    Tables(Tables),
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

/// The tables to write.
#[cfg(feature = "tables")]
#[derive(clap::Args)]
struct Tables {
    #[command(flatten)]
    source: Source,
    /// The folder of the files, which are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Records {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Export(source) => records::export(&source.run, &mut out(), &notes())?,
            #[cfg(feature = "tables")]
            Action::Tables(asked) => {
                for (table, rows) in records::tables(&asked.source.run, &asked.out, &notes())? {
                    outln!("{}/{table}.parquet: {rows} rows", asked.out.display());
                }
            }
            Action::Stats(source) => {
                let arms = records::statistics(&source.run, &notes())?;
                outln!("{}", serde_json::to_string_pretty(&arms)?);
            }
        }
        Ok(())
    }
}
