//! What is shown of a stored run: its tasks, or the trials of one.

use std::path::{Path, PathBuf};

use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_evaluation::report::TranscriptReader;
use runtime_evaluation::transcript::{Transcript, list, transcripts};
use serde_json::Value;

use super::choice;
use crate::reading::Reading;

/// The tasks of a run, as a person reads them.
pub struct Overview {
    /// Who played what.
    pub head: String,
    /// A header, and a line a task.
    pub table: String,
    /// How to look further.
    pub further: String,
}

impl Overview {
    /// Of these arms of the run in a folder; `None` if there is no arm.
    pub fn new(run: &Path, arms: &[&RunHistory]) -> Option<Self> {
        let first = arms.first()?;
        let settings: Value = serde_json::from_str(&first.run.settings).unwrap_or_default();
        let environment = settings["environment"].as_str().unwrap_or("an environment");
        let run = run.display();
        let head = format!("{run}: {} played {environment}", first.run.actor.name);
        let further = format!(
            "`rebound show {run} 1` shows the first task; a number, an id or its beginning names \
             one, --trial N and --arm A choose"
        );
        Some(Self { head, table: list::text(arms), further })
    }
}

/// All arms, or that of a strategy.
pub fn arms(
    histories: &[RunHistory],
    wanted: Option<Strategy>,
) -> anyhow::Result<Vec<&RunHistory>> {
    match wanted {
        None => Ok(histories.iter().collect()),
        Some(wanted) => Ok(vec![choice::arm(histories, wanted)?]),
    }
}

/// The place of the task that is meant, and its trials, or the one that is meant: with all that
/// this machine has beyond the records.
pub fn trials(
    history: &RunHistory,
    (task, trial): (&str, Option<u32>),
    data: Option<PathBuf>,
) -> anyhow::Result<(usize, Vec<Transcript>)> {
    let place = choice::task(&history.run.tasks, task)?;
    let mut trials = choice::trials(transcripts(history, place), trial)?;
    let mut reading = Reading::new(data);
    for trial in &mut trials {
        reading.read(&history.run, trial);
    }
    Ok((place, trials))
}
