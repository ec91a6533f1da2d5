//! Stored runs as a page for people, or rows for a spreadsheet.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::ensure;
use runtime_evaluation::report::{self, ReportRun};
use runtime_store::run_folder::RunFolder;

use crate::program::Surroundings;
use crate::reading::Reading;
use crate::stored::{self, StoredRun};

/// The runs side by side as one HTML page, with what could be done read from a folder of data
/// sets.
pub fn html(
    folders: &[PathBuf],
    data: Option<PathBuf>,
    surroundings: &Surroundings,
) -> anyhow::Result<String> {
    let stored = read(folders, surroundings)?;
    Ok(report::html(&runs(folders, &stored), &mut Reading::new(data))?)
}

/// A row a finished trial as CSV.
pub fn csv(folders: &[PathBuf], surroundings: &Surroundings) -> anyhow::Result<String> {
    let stored = read(folders, surroundings)?;
    Ok(report::csv(&runs(folders, &stored))?)
}

/// Where the page is written if nothing else is said: beside the run, or here for several.
pub fn usual_file(folders: &[PathBuf]) -> PathBuf {
    match folders {
        [run] => RunFolder::new(run).report(),
        _ => "report.html".into(),
    }
}

fn read(folders: &[PathBuf], surroundings: &Surroundings) -> anyhow::Result<Vec<StoredRun>> {
    for run in folders {
        ensure!(run.is_dir(), "{} is no run's folder", run.display());
    }
    folders.iter().map(|run| stored::read(run, surroundings)).collect()
}

fn runs<'a>(folders: &[PathBuf], stored: &'a [StoredRun]) -> Vec<ReportRun<'a>> {
    let runs = names(folders).into_iter().zip(stored);
    let run = |(name, run): (String, &'a StoredRun)| ReportRun {
        name,
        histories: &run.histories,
        spending: run.spending.clone(),
        circumstances: run.circumstances.clone(),
        notes: run.warnings.clone(),
    };
    runs.map(run).collect()
}

/// The runs' names, or their paths where two would be called the same.
fn names(runs: &[PathBuf]) -> Vec<String> {
    let names: Vec<String> = runs.iter().map(|run| RunFolder::new(run).name()).collect();
    let differ = names.iter().collect::<HashSet<_>>().len() == names.len();
    if differ { names } else { runs.iter().map(|run| run.display().to_string()).collect() }
}
