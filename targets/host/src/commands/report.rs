//! `rebound report`: writes stored runs as an HTML page, or as CSV.

use std::path::PathBuf;

use runtime_session::stored::report;
use runtime_store::replace::replace;
use targets_console::{out, outln};

use crate::progress::notes;

pub(crate) const EXAMPLES: &str = "\
rebound report runs/demo
rebound report runs/first runs/second --out both.html
rebound report runs/demo --csv > trials.csv";

/// Write an HTML report of stored runs, interrupted ones included
///
/// Shows success by trial, progress, costs and every trajectory; compares several runs task
/// by task. The page is one file and loads nothing from the network.
#[derive(clap::Args)]
pub(crate) struct Report {
    /// The runs' folders
    #[arg(value_name = "DIR", required = true)]
    runs: Vec<PathBuf>,
    /// The file to write [default: report.html in the run's folder, or in the current folder for
    /// several runs; standard output with --csv]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder of data sets, to list admissible actions in environments that need one
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Write CSV instead, one row for each finished trial
    #[arg(long)]
    csv: bool,
}

impl Report {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let text = if self.csv {
            report::csv(&self.runs, &notes())?
        } else {
            report::html(&self.runs, self.data.clone(), &notes())?
        };
        let usual = || (!self.csv).then(|| report::usual_file(&self.runs));
        match self.out.or_else(usual) {
            None => out().text(&text),
            Some(path) => {
                replace(&path, text.as_bytes())?;
                outln!("Report: {}", path.display());
            }
        }
        Ok(())
    }
}
