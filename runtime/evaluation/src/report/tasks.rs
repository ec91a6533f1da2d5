//! The table of tasks: a row for each task, a cell for each arm's result.

use std::collections::HashMap;

use runtime_core::task::Task;
use serde::Serialize;

use super::column::{Column, Columns};
use crate::results::task::TaskResults;

/// A task with its index in each column.
pub(super) struct TaskRow<'a> {
    task: &'a Task,
    /// The task's index in each column's run; `None` if that run does not have it.
    pub(super) places: Vec<Option<usize>>,
}

/// The tasks of all columns. Two runs have a task in common if world and id are equal.
pub(super) fn rows<'a>(columns: &Columns<'a>) -> Vec<TaskRow<'a>> {
    let mut rows: Vec<TaskRow<'a>> = Vec::new();
    let mut row_of = HashMap::new();
    for column in &columns.all {
        for (place, task) in column.history.run.tasks.iter().enumerate() {
            let row = *row_of.entry((column.environment, task.id.as_str())).or_insert_with(|| {
                rows.push(TaskRow { task, places: vec![None; columns.all.len()] });
                rows.len() - 1
            });
            // If a run has a task twice, the first one is shown.
            rows[row].places[column.index].get_or_insert(place);
        }
    }
    rows
}

/// The template's variables for a row.
#[derive(Serialize)]
pub(super) struct RowView<'a> {
    id: &'a str,
    kind: &'a str,
    instruction: &'a str,
    /// The filter that shows the row: `all`, `some` or `none` of the arms solved the task;
    /// `open` if an arm has not finished it.
    solved_by: &'static str,
    cells: Vec<CellView>,
    trials: u64,
    steps: u64,
    generated: u64,
}

#[derive(Serialize)]
struct CellView {
    state: &'static str,
    text: String,
    /// The rank for sorting by this column, tasks solved in early trials first.
    rank: f64,
}

impl<'a> RowView<'a> {
    /// The results of all columns for a task.
    pub(super) fn new(row: &TaskRow<'a>, columns: &Columns<'_>) -> Self {
        let played: Vec<Option<&TaskResults>> =
            columns.all.iter().zip(&row.places).map(|(column, place)| at(column, *place)).collect();
        let trials = || played.iter().flatten().flat_map(|task| &task.trials);
        let generated = trials().map(|trial| {
            let reflecting =
                trial.reflection.as_ref().map_or(0, |found| found.cost.tokens.generated);
            trial.cost.tokens.generated + reflecting
        });
        Self {
            id: &row.task.id,
            kind: &row.task.kind,
            instruction: &row.task.instruction,
            solved_by: solved_by(&played),
            cells: played.iter().map(|task| cell(*task)).collect(),
            trials: trials().count() as u64,
            steps: trials().map(|trial| trial.steps).sum(),
            generated: generated.sum(),
        }
    }
}

fn at<'a>(column: &Column<'a>, place: Option<usize>) -> Option<&'a TaskResults> {
    place.and_then(|place| column.results.tasks.get(place))
}

fn solved_by(played: &[Option<&TaskResults>]) -> &'static str {
    let played: Vec<_> = played.iter().flatten().collect();
    let solved = played.iter().filter(|task| task.success).count();
    if played.iter().any(|task| !task.finished) {
        "open"
    } else if solved == 0 {
        "none"
    } else if solved == played.len() {
        "all"
    } else {
        "some"
    }
}

fn cell(task: Option<&TaskResults>) -> CellView {
    let Some(task) = task else {
        return CellView { state: "absent", text: "not played".into(), rank: 1e6 };
    };
    let counted = task.counted_by(u32::MAX);
    let progress = counted.map_or(0.0, |counted| f64::from(counted.progress));
    match task.solved_at {
        Some(trial) => {
            CellView { state: "solved", text: format!("trial {trial}"), rank: f64::from(trial) }
        }
        None if task.finished => CellView {
            state: "failed",
            text: format!("{:.0} % reached", 100.0 * progress),
            rank: 1e5 - progress,
        },
        None => CellView { state: "open", text: "unfinished".into(), rank: 2e5 - progress },
    }
}
