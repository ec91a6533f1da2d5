//! The rows of each table.

use runtime_core::history::RunHistory;
use runtime_core::model::Generation;

use super::Table;
use super::columns::{Cell, Column, Kind, Row};
use crate::export::{Numbered, numbered};

/// Where a row belongs: columns that all tables begin with.
const PLACE: [Column; 4] = [
    ("strategy", Kind::Text),
    ("task", Kind::Text),
    ("trial", Kind::Count),
    ("member", Kind::Count),
];

/// The columns of a table.
pub(super) fn columns(table: Table) -> Vec<Column> {
    use Kind::{Count, Flag, Number, Text};
    let own: &[Column] = match table {
        Table::Trials => &[
            ("kind", Text),
            ("success", Flag),
            ("return", Number),
            ("progress", Number),
            ("ending", Text),
            ("feedback", Text),
            ("steps", Count),
            ("reflection", Text),
        ],
        Table::Steps => &[
            ("step", Count),
            ("action", Text),
            ("malformed", Flag),
            ("grounded", Flag),
            ("observation", Text),
            ("reward", Number),
            ("progress", Number),
            ("done", Flag),
            ("thought", Text),
        ],
        Table::Reflections => &[("text", Text), ("repeats", Count)],
        Table::Tokens => &[
            ("role", Text),
            ("step", Count),
            ("place", Count),
            ("id", Count),
            ("log_prob", Number),
            ("log_prob_full", Number),
            ("origin", Text),
        ],
    };
    PLACE.iter().chain(own).copied().collect()
}

/// The rows of an arm.
pub(super) fn of(table: Table, history: &RunHistory) -> impl Iterator<Item = Row> {
    numbered(history).flat_map(move |trial| {
        let own = match table {
            Table::Trials => vec![of_trial(&trial)],
            Table::Steps => of_steps(&trial),
            Table::Reflections => of_reflection(&trial),
            Table::Tokens => of_tokens(&trial),
        };
        let place: [Cell; 4] = [
            history.run.strategy.as_str().into(),
            trial.task.id.as_str().into(),
            trial.number.into(),
            trial.member.into(),
        ];
        own.into_iter().map(move |row| place.iter().cloned().chain(row).collect())
    })
}

fn of_trial(trial: &Numbered<'_>) -> Row {
    let trajectory = &trial.played.trajectory;
    let reflection = trial.played.reflection.as_ref();
    vec![
        trial.task.kind.as_str().into(),
        trajectory.succeeded().into(),
        trajectory.episode_return().into(),
        trajectory.progress().into(),
        trajectory.ending.name().into(),
        trajectory.feedback.as_str().into(),
        count(trajectory.steps.len()),
        reflection.map(|reflection| reflection.text.as_str()).into(),
    ]
}

fn of_steps(trial: &Numbered<'_>) -> Vec<Row> {
    let steps = (1u32..).zip(&trial.played.trajectory.steps);
    let row = |(number, step): (u32, &runtime_core::trajectory::TakenStep)| {
        let (decision, outcome) = (&step.decision, &step.outcome);
        vec![
            number.into(),
            decision.action.as_str().into(),
            decision.malformed.into(),
            step.grounded.into(),
            outcome.observation.as_str().into(),
            outcome.reward.into(),
            outcome.progress.into(),
            outcome.done.into(),
            decision.thought.as_ref().map(|thought| thought.text.as_str()).into(),
        ]
    };
    steps.map(row).collect()
}

fn of_reflection(trial: &Numbered<'_>) -> Vec<Row> {
    let reflection = trial.played.reflection.iter();
    reflection.map(|found| vec![found.text.as_str().into(), found.repeats.into()]).collect()
}

fn of_tokens(trial: &Numbered<'_>) -> Vec<Row> {
    let mut calls: Vec<(&str, Option<u32>, &Generation)> = Vec::new();
    for (number, step) in (1u32..).zip(&trial.played.trajectory.steps) {
        let thought = step.decision.thought.iter();
        calls.extend(thought.map(|thought| ("thought", Some(number), thought)));
        calls.push(("action", Some(number), &step.decision.answer));
    }
    let reflection = trial.played.reflection.iter();
    calls.extend(reflection.map(|reflection| ("reflection", None, &reflection.generation)));
    let rows = |(role, step, call): (&'static str, Option<u32>, &Generation)| -> Vec<Row> {
        let tokens = call.tokens.iter().enumerate();
        let row = |(place, token): (usize, &runtime_core::model::Token)| {
            vec![
                role.into(),
                step.into(),
                count(place),
                token.id.into(),
                token.log_prob.into(),
                token.log_prob_full.into(),
                token.origin.name().into(),
            ]
        };
        tokens.map(row).collect()
    };
    calls.into_iter().flat_map(rows).collect()
}

fn count(number: usize) -> Cell {
    Cell::Count(i64::try_from(number).unwrap_or(i64::MAX))
}
