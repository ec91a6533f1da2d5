//! A run's tasks, and how their trials ended.

use std::path::Path;

use console::{Term, style};
use runtime_core::history::{RunHistory, TaskHistory};
use runtime_core::task::Task;
use runtime_evaluation::transcript::{Outcome, outcomes};
use serde_json::{Value, json};

use crate::terminal;

/// The list in words, with how to go on.
pub(super) fn text(run: &Path, arms: &[&RunHistory]) -> String {
    let Some(first) = arms.first() else { return String::new() };
    let term = Term::stdout();
    // A reader that is no terminal gets whole lines.
    let columns = if term.is_term() { terminal::columns(&term) } else { usize::MAX };
    let settings: Value = serde_json::from_str(&first.run.settings).unwrap_or_default();
    let environment = settings["environment"].as_str().unwrap_or("an environment");
    let (tasks, run) = (&first.run.tasks, run.display());
    let head = format!("{run}: {} played {environment}", first.run.actor.name);
    let numbers = (0..=tasks.len()).map(|number| match number {
        0 => String::new(),
        number => number.to_string(),
    });
    let mut table = vec![numbers.collect::<Vec<_>>()];
    for arm in arms {
        let marks = arm.tasks.iter().map(marks);
        table.push(std::iter::once(arm.run.strategy.clone()).chain(marks).collect());
    }
    let named = tasks.iter().map(|Task { id, instruction, .. }| format!("{id}  {instruction}"));
    table.push(std::iter::once("task".to_owned()).chain(named).collect());
    let rows = aligned(&table).into_iter().map(|row| terminal::line(&row, columns));
    let mut rows = rows.collect::<Vec<_>>().into_iter();
    let header = rows.next().unwrap_or_default();
    let go_on = format!(
        "`rebound show {run} 1` shows the first task; a number, an id or its beginning names one, \
         --trial N and --arm A choose"
    );
    let mut lines = vec![style(terminal::line(&head, columns)).bold().to_string()];
    lines.extend([String::new(), style(header).dim().to_string()]);
    lines.extend(rows);
    lines.extend([String::new(), "✓ solved  ✗ not solved  … under way  - not played".to_owned()]);
    lines.extend(terminal::wrapped(&go_on, columns, 0));
    lines.join("\n") + "\n"
}

/// The list for programs.
pub(super) fn json(arms: &[&RunHistory]) -> anyhow::Result<String> {
    let arm = |history: &&RunHistory| {
        let tasks = (1..).zip(history.run.tasks.iter().zip(&history.tasks));
        let tasks = tasks.map(|(place, (task, played)): (usize, _)| {
            json!({
                "place": place,
                "id": task.id,
                "kind": task.kind,
                "instruction": task.instruction,
                "outcomes": outcomes(played),
            })
        });
        json!({
            "strategy": history.run.strategy,
            "actor": history.run.actor,
            "retrospective": history.run.retrospective,
            "tasks": tasks.collect::<Vec<_>>(),
        })
    };
    let arms: Vec<Value> = arms.iter().map(arm).collect();
    Ok(serde_json::to_string_pretty(&json!({ "arms": arms }))? + "\n")
}

/// A mark for each trial; a group's next trials stand behind a space.
fn marks(played: &TaskHistory) -> String {
    let mut marks = String::new();
    for (place, outcome) in outcomes(played).into_iter().enumerate() {
        if place == 1 && !played.branches.is_empty() {
            marks.push(' ');
        }
        marks.push(match outcome {
            Outcome::Solved => '✓',
            Outcome::Failed => '✗',
            Outcome::UnderWay => '…',
        });
    }
    if marks.is_empty() { "-".into() } else { marks }
}

/// The rows of columns of equal length, all but the last padded to one width.
fn aligned(columns: &[Vec<String>]) -> Vec<String> {
    let width = |column: &Vec<String>| column.iter().map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = columns.iter().map(|column| width(column).unwrap_or(0)).collect();
    let rows = columns.first().map_or(0, Vec::len);
    let row = |row: usize| {
        let cells = columns.iter().zip(&widths);
        let cells = cells.map(|(column, width)| {
            format!("{:width$}", column.get(row).map_or("", String::as_str))
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..rows).map(row).collect()
}
