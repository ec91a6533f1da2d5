//! Reads stored runs for the commands that show, report and export them.

mod choice;
pub mod shown;
pub mod records;
pub mod report;

use std::path::Path;

use anyhow::{Context, ensure};
use runtime_core::history::RunHistory;
use runtime_evaluation::results::Results;
use runtime_evaluation::results::circumstances::Circumstances;
use runtime_evaluation::spending::results::SpendingResults;
use runtime_store::run_folder::RunFolder;
use runtime_store::sealed::{self, SealedError};
use runtime_store::trial_log::{LogError, read_log};

use crate::program::Surroundings;

/// The contents of a stored run.
#[derive(Default)]
pub struct StoredRun {
    /// The histories of its arms, the control arm first.
    pub histories: Vec<RunHistory>,
    /// Torn tails, by arm.
    pub warnings: Vec<String>,
    /// The spending on paid models; `None` before the results are written.
    pub spending: Option<SpendingResults>,
    /// When, where and how it was played; `None` before the results are written.
    pub circumstances: Option<Circumstances>,
}

/// Reads a run's folder, or one trial log. The program around is warned, too.
pub fn read(run: &Path, surroundings: &Surroundings) -> anyhow::Result<StoredRun> {
    let paths = if run.is_dir() {
        let folder = RunFolder::new(run);
        folder.arms().into_iter().map(|arm| folder.trial_log(arm)).collect()
    } else {
        vec![run.to_owned()]
    };
    ensure!(!paths.is_empty(), "there is no trial log in {}", run.display());
    let mut stored = StoredRun::default();
    if let Some(results) = results(run, &mut stored.warnings, surroundings) {
        (stored.spending, stored.circumstances) = (results.spending, results.circumstances);
    }
    for path in paths {
        let read = match read_log(&path) {
            // The run was killed before its first record.
            Err(error @ LogError::Unbegun { .. }) if run.is_dir() => {
                surroundings.warn(&error.to_string());
                continue;
            }
            read => read.with_context(|| format!("in {}", path.display()))?,
        };
        if let Some(torn) = read.torn {
            surroundings.warn(&format!("{}: {torn}", path.display()));
            stored.warnings.push(format!("{}: {torn}.", read.history.run.strategy));
        }
        stored.histories.push(read.history);
    }
    Ok(stored)
}

/// Only the results say what was spent and when; older ones that cannot be read say nothing.
fn results(run: &Path, warnings: &mut Vec<String>, surroundings: &Surroundings) -> Option<Results> {
    match sealed::read_json::<Results>(&RunFolder::new(run).results()) {
        Ok(results) => Some(results),
        Err(error @ SealedError::Damaged { .. }) => {
            surroundings.warn(&error.to_string());
            warnings.push(format!("{error}."));
            None
        }
        Err(_) => None,
    }
}
