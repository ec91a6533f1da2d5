//! The list of a run's tasks with the outcomes of their trials.

use runtime_core::history::{RunHistory, TaskHistory};
use runtime_core::task::Task;
use serde_json::{Value, json};

use super::{TrialOutcome, outcomes};
use crate::table::aligned;

/// The meaning of the marks of [`text`].
pub const MARKS: &str = "✓ solved  ✗ not solved  … under way  - not played";

/// A header, and a line for each task: its number, a mark for each trial of each arm, its id.
pub fn text(arms: &[&RunHistory]) -> String {
    let Some(first) = arms.first() else { return String::new() };
    let strategies = arms.iter().map(|arm| arm.run.strategy.clone());
    let header = [String::new()].into_iter().chain(strategies).chain(["task".to_owned()]);
    let mut rows: Vec<Vec<String>> = vec![header.collect()];
    for (place, Task { id, instruction, .. }) in first.run.tasks.iter().enumerate() {
        let marks = arms.iter().map(|arm| arm.tasks.get(place).map(marks).unwrap_or_default());
        let named = format!("{id}  {instruction}").lines().collect::<Vec<_>>().join(" ");
        rows.push([(place + 1).to_string()].into_iter().chain(marks).chain([named]).collect());
    }
    aligned(&rows)
}

/// The list as JSON.
pub fn json(arms: &[&RunHistory]) -> Value {
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
    json!({ "arms": arms.iter().map(arm).collect::<Vec<_>>() })
}

/// A mark for each trial; a group's next trials follow a space.
fn marks(played: &TaskHistory) -> String {
    let mut marks = String::new();
    for (place, outcome) in outcomes(played).into_iter().enumerate() {
        if place == 1 && !played.branches.is_empty() {
            marks.push(' ');
        }
        marks.push(match outcome {
            TrialOutcome::Solved => '✓',
            TrialOutcome::Failed => '✗',
            TrialOutcome::UnderWay => '…',
        });
    }
    if marks.is_empty() { "-".into() } else { marks }
}
