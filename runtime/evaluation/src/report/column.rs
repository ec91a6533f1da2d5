//! Columns: the arms of all runs, side by side.

use runtime_core::history::RunHistory;

use super::ReportRun;
use crate::results::Results;
use crate::results::arm::ArmResults;

/// An arm of one of the runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column<'a> {
    /// Index among all columns, which determines color and marker.
    pub(super) index: usize,
    /// Index of its run.
    pub(super) run: usize,
    /// The run's name.
    pub(super) run_name: &'a str,
    /// The world; empty if the settings do not name it.
    pub(super) environment: &'a str,
    /// Whether the world recalled reflections of earlier runs.
    pub(super) recalls: bool,
    /// The arm's history.
    pub(super) history: &'a RunHistory,
    /// The arm's results.
    pub(super) results: &'a ArmResults,
}

/// The arms of all runs, in the runs' order.
#[derive(Clone, Debug)]
pub(super) struct Columns<'a> {
    /// The columns.
    pub(super) all: Vec<Column<'a>>,
    /// Number of runs.
    runs: usize,
}

impl<'a> Columns<'a> {
    /// The columns of runs with their results in the same order.
    pub(super) fn new(runs: &'a [ReportRun<'a>], results: &'a [Results]) -> Self {
        let mut all = Vec::new();
        for (run, (played, found)) in runs.iter().zip(results).enumerate() {
            for (history, arm) in played.histories.iter().zip(&found.arms) {
                all.push(Column {
                    index: all.len(),
                    run,
                    run_name: &played.name,
                    environment: found.settings["environment"].as_str().unwrap_or_default(),
                    recalls: found.settings["recall"].as_bool() == Some(true),
                    history,
                    results: arm,
                });
            }
        }
        Self { all, runs: runs.len() }
    }

    /// The strategy, with the run's name if there are several runs.
    pub(super) fn label(&self, column: &Column<'_>) -> String {
        let strategy = &column.results.strategy;
        if self.runs > 1 { format!("{}: {strategy}", column.run_name) } else { strategy.clone() }
    }
}
