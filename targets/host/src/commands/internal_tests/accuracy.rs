//! `rebound tests accuracy`: internal tests beside the hidden ones.

use std::path::PathBuf;

use runtime_session::internal_tests::{AccuracyRequest, accuracy};
use targets_console::{out, outln};

/// Hold internal tests against the hidden ones, on the programs of stored runs
///
/// Counts by language the programs of which both say the same, and of which they do not: TP and FN
/// are right programs that all internal tests hold for or not, FP and TN wrong ones, with rates and
/// 95 % Wilson intervals. Each program of a problem counts once. Where a run was played with
/// `--shown-tests internal` its records tell, and nothing is run again.
#[derive(clap::Args)]
pub(super) struct AccuracyOf {
    /// Folders of runs of humaneval, mbpp, reflexion-programs or programs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Internal tests to run the programs against [default: those that each run was played with]
    #[arg(long, value_name = "FILE")]
    internal_tests: Option<PathBuf>,
    /// Folder with data sets [default: that of each run]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

impl AccuracyOf {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { runs, internal_tests, data, json } = self;
        let found = accuracy(&AccuracyRequest { runs, internal_tests, data })?;
        if json {
            outln!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            out().text(&found.text());
        }
        Ok(())
    }
}
