//! `report.html`: the results of runs as one self-contained page.
//!
//! ```text
//! runs ─► a column for each arm ┬─► tables and plots ────────────┐
//!                              ├─► tasks, by their ids ─────────┼─► page
//!                              ├─► trajectories, as JSON ───────┤
//!                              ├─► details, as JSON ────────────┘
//!                              └─► csv   a row a trial
//! ```
//!
//! Tables and plots are part of the page. Trajectories are data that the page's script
//! renders when a reader opens them, so a page with thousands loads at once. Generated text
//! is never markup: templates escape it, the JSON has no `<`, the script only sets text, and
//! the page's content security policy forbids other scripts and any download.
//!
//! This module returns texts. Reading logs and writing files is left to the caller.

mod column;
mod about;
mod verdict;
mod overview;
mod analysis;
mod tasks;
mod texts;
mod trajectories;
mod details;
mod plot;
mod page;
mod learning;
mod csv;

use runtime_core::event::RunEvent;
use runtime_core::history::RunHistory;

use crate::card::compare::Named;
use crate::learning::state::Learning;
use crate::results::circumstances::Circumstances;
use crate::results::{Results, ResultsError};
use crate::spending::results::SpendingResults;
use crate::transcript::Transcript;

pub use csv::csv;

/// A run to be reported.
#[derive(Clone, Debug)]
pub struct ReportRun<'a> {
    /// The run's name, for example its folder's.
    pub name: String,
    /// Its arms, the control first.
    pub histories: &'a [RunHistory],
    /// The spending on paid models, if there are any.
    pub spending: Option<SpendingResults>,
    /// When, where and how it was played, if known.
    pub circumstances: Option<Circumstances>,
    /// Notes for the reader, such as about a torn log.
    pub notes: Vec<String>,
}

/// Adds what records do not contain: prompts as text and admissible actions.
pub trait TranscriptReader {
    /// Adds prompts as text and admissible actions to a transcript, as far as they are
    /// available, and a note about those that are not.
    fn read(&mut self, run: &RunEvent, transcript: &mut Transcript);

    /// A token of a run's actor as text; `None` if its vocabulary is not available.
    fn word(&mut self, run: &RunEvent, token: u32) -> Option<String>;
}

/// Adds nothing to the records.
#[derive(Clone, Copy, Debug)]
pub struct RecordsAlone;

impl TranscriptReader for RecordsAlone {
    fn read(&mut self, _run: &RunEvent, _transcript: &mut Transcript) {}

    fn word(&mut self, _run: &RunEvent, _token: u32) -> Option<String> {
        None
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A run has no results.
    #[error("the run {name} has no results")]
    Results {
        /// The run's name.
        name: String,
        /// The reason.
        source: ResultsError,
    },
    /// The page's template has an error.
    #[error("the page cannot be rendered")]
    Page(#[from] minijinja::Error),
    /// The page's data cannot be written as JSON.
    #[error("the trajectories cannot be written as JSON")]
    Data(#[from] serde_json::Error),
    /// A plot cannot be drawn; the text is the library's message.
    #[error("a plot cannot be drawn: {0}")]
    Plot(String),
}

/// The page of some runs, with their arms side by side.
pub fn html(
    runs: &[ReportRun<'_>],
    reader: &mut dyn TranscriptReader,
) -> Result<String, ReportError> {
    let results = results(runs)?;
    page::render(&PageContents { runs, results: &results, learning: None }, reader)
}

/// Cards as an SVG: ratios to the first, and success by world and arm.
pub fn cards(cards: &[Named<'_>]) -> Result<String, ReportError> {
    plot::cards(cards)
}

/// The page of a learning loop: its rounds, and their validation runs.
pub fn html_of_learning(
    runs: &[ReportRun<'_>],
    state: &Learning,
    reader: &mut dyn TranscriptReader,
) -> Result<String, ReportError> {
    let results = results(runs)?;
    page::render(&PageContents { runs, results: &results, learning: Some(state) }, reader)
}

/// The contents of a page.
struct PageContents<'a> {
    runs: &'a [ReportRun<'a>],
    /// The results of each run, in the same order.
    results: &'a [Results],
    learning: Option<&'a Learning>,
}

fn results(runs: &[ReportRun<'_>]) -> Result<Vec<Results>, ReportError> {
    let results = runs.iter().map(|run| {
        let found = crate::results::results(run.histories);
        let no_results = |source| ReportError::Results { name: run.name.clone(), source };
        let (spending, circumstances) = (run.spending.clone(), run.circumstances.clone());
        Ok(Results { circumstances, spending, ..found.map_err(no_results)? })
    });
    results.collect()
}

#[cfg(test)]
mod tests;
