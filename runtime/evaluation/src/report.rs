//! `report.html`: what came of runs, as one page that needs nothing but itself.
//!
//! ```text
//! runs ─► columns, one an arm ─┬─► tables and plots ────────────┐
//!                              ├─► tasks, by their ids ─────────┼─► page
//!                              ├─► trajectories, as JSON ───────┘
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
mod overview;
mod tasks;
mod trajectories;
mod plot;
mod page;
mod learning;
mod csv;

use runtime_core::history::RunHistory;

use crate::learning::state::Learning;
use crate::results::{Results, ResultsError};
use crate::spending::results::SpendingResults;
use column::Columns;

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
    /// What a reader must know about how it was read, such as a torn log.
    pub notes: Vec<String>,
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
pub fn html(runs: &[ReportRun<'_>]) -> Result<String, ReportError> {
    let results = results(runs)?;
    page::render(runs, &results, &Columns::new(runs, &results), None)
}

/// The page of a learning loop: its rounds, and their validation runs.
pub fn html_of_learning(runs: &[ReportRun<'_>], state: &Learning) -> Result<String, ReportError> {
    let results = results(runs)?;
    page::render(runs, &results, &Columns::new(runs, &results), Some(state))
}

fn results(runs: &[ReportRun<'_>]) -> Result<Vec<Results>, ReportError> {
    let results = runs.iter().map(|run| {
        let found = crate::results::results(run.histories);
        let no_results = |source| ReportError::Results { name: run.name.clone(), source };
        Ok(Results { spending: run.spending.clone(), ..found.map_err(no_results)? })
    });
    results.collect()
}

#[cfg(test)]
mod tests;
