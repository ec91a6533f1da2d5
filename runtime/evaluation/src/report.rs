//! `report.html`: what came of runs, as one page that needs nothing but itself.
//!
//! ```text
//! runs ─► columns, one an arm ─┬─► tables and plots ────────────┐
//!                              ├─► tasks, by their ids ─────────┼─► page
//!                              ├─► trajectories, as JSON ───────┤
//!                              ├─► details, as JSON ────────────┘
//!                              └─► csv   a row a trial
//! ```
//!
//! Tables and plots stand in the page. Trajectories are data that the page's
//! script turns into text when somebody opens them, so a page of thousands is
//! there at once. What a model wrote is never markup: templates escape it, the
//! JSON has no `<`, the script sets text alone, and the page's own policy lets
//! no other script run and nothing be fetched.
//!
//! This module returns texts. Who reads logs and writes files is elsewhere.

mod column;
mod about;
mod verdict;
mod overview;
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

use crate::learning::state::Learning;
use crate::results::circumstances::Circumstances;
use crate::results::{Results, ResultsError};
use crate::spending::results::SpendingResults;
use crate::transcript::Transcript;

pub use csv::csv;

/// A run as it is to be reported.
#[derive(Clone, Debug)]
pub struct ReportRun<'a> {
    /// What the run is called, for example its folder's name.
    pub name: String,
    /// Its arms, the control first.
    pub histories: &'a [RunHistory],
    /// What its paid models took, where there are some.
    pub spending: Option<SpendingResults>,
    /// When, where and how it was played, where somebody said.
    pub circumstances: Option<Circumstances>,
    /// What a reader must know about how it was read, such as a torn log.
    pub notes: Vec<String>,
}

/// Knows what records do not hold.
pub trait Reader {
    /// Adds prompts in words and what could be done to a trial, as far as they are at hand;
    /// what is not, it says in a note.
    fn read(&mut self, run: &RunEvent, transcript: &mut Transcript);

    /// A token of a run's actor in words; `None` where they are not at hand.
    fn word(&mut self, run: &RunEvent, token: u32) -> Option<String>;
}

/// Knows nothing but the records.
#[derive(Clone, Copy, Debug)]
pub struct RecordsAlone;

impl Reader for RecordsAlone {
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
        /// Why.
        source: ResultsError,
    },
    /// The page's own template is wrong.
    #[error("the page cannot be rendered")]
    Page(#[from] minijinja::Error),
    /// The page's data are no JSON.
    #[error("the trajectories cannot be written as JSON")]
    Data(#[from] serde_json::Error),
    /// A plot cannot be drawn; the text is the library's account.
    #[error("a plot cannot be drawn: {0}")]
    Plot(String),
}

/// The page of some runs, whose arms stand side by side.
pub fn html(runs: &[ReportRun<'_>], reader: &mut dyn Reader) -> Result<String, ReportError> {
    let results = results(runs)?;
    page::render(&Told { runs, results: &results, learning: None }, reader)
}

/// The page of a learning loop: its rounds, and their validation runs.
pub fn html_of_learning(
    runs: &[ReportRun<'_>],
    state: &Learning,
    reader: &mut dyn Reader,
) -> Result<String, ReportError> {
    let results = results(runs)?;
    page::render(&Told { runs, results: &results, learning: Some(state) }, reader)
}

/// What a page tells.
struct Told<'a> {
    runs: &'a [ReportRun<'a>],
    /// One a run, in the same order.
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
