//! Questions to a program about its world, and answers that are checked before they are believed.

use serde::de::DeserializeOwned;

use super::lines::{LineError, Lines};
use super::message::{
    Answer, DescribedTask, Description, Method, Opening, Outcome, PROTOCOL, Request, TaskPage,
};

/// Greatest number of tasks of a split.
const TASKS_MAX: usize = 1_000_000;
/// Greatest number of admissible actions.
const ACTIONS_MAX: usize = 10_000;
/// Characters of an answer that an error shows.
const SHOWN: usize = 200;

/// Why a world cannot be asked: what was asked, and what came of it.
#[derive(Debug, thiserror::Error)]
#[error("the world, asked to {method}, {reason}")]
pub struct LinkError {
    method: &'static str,
    reason: Reason,
}

/// What came of a question.
#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("refused: {0}")]
    Refused(String),
    #[error("answered something else than was asked: expected id {expected}, found {found}")]
    Order { expected: u64, found: u64 },
    #[error("answered what cannot be read: {problem}; it said {said:?}")]
    Unreadable { problem: String, said: String },
    #[error("answered with {field} {found}, expected {expected}")]
    Field { field: &'static str, found: String, expected: &'static str },
}

/// A program that has a world.
pub(super) struct Link {
    lines: Lines,
    asked: u64,
}

impl Link {
    /// Begins to speak with a program.
    pub(super) fn new(lines: Lines) -> Self {
        Self { lines, asked: 0 }
    }

    /// What the world is.
    pub(super) fn describe(&mut self) -> Result<Description, LinkError> {
        let found: Description = self.ask(Method::Describe)?;
        let wrong =
            |field, found: String, expected| wrong(Method::Describe.name(), field, found, expected);
        if found.protocol != PROTOCOL {
            return Err(wrong("protocol", found.protocol.to_string(), "1"));
        }
        if found.name.trim().is_empty() {
            return Err(wrong("name", "nothing".into(), "a name"));
        }
        if found.steps_max == 0 {
            return Err(wrong("steps_max", "0".into(), "1 or more"));
        }
        let names = found.splits.iter().map(|split| split.name.to_lowercase());
        let names: std::collections::BTreeSet<String> = names.collect();
        if names.len() < found.splits.len() || names.contains("") {
            return Err(wrong("splits", format!("{names:?}"), "names that differ"));
        }
        Ok(found)
    }

    /// All tasks of a split.
    pub(super) fn tasks(&mut self, split: &str) -> Result<Vec<DescribedTask>, LinkError> {
        let mut tasks: Vec<DescribedTask> = Vec::new();
        loop {
            let asked = Method::Tasks { split, from: tasks.len() };
            let name = asked.name();
            let page: TaskPage = self.ask(asked)?;
            let is_end = !page.more || page.tasks.is_empty();
            tasks.extend(page.tasks);
            if tasks.len() > TASKS_MAX {
                return Err(wrong(
                    name,
                    "tasks",
                    format!("{} of them", tasks.len()),
                    "a million at most",
                ));
            }
            if is_end {
                return Ok(tasks);
            }
        }
    }

    /// The beginning of a task.
    pub(super) fn reset(&mut self, task: &str) -> Result<Opening, LinkError> {
        let asked = Method::Reset { task };
        let name = asked.name();
        let found: Opening = self.ask(asked)?;
        check_actions(name, found.actions.as_deref())?;
        Ok(found)
    }

    /// What an action leads to.
    pub(super) fn step(&mut self, action: &str) -> Result<Outcome, LinkError> {
        let asked = Method::Step { action };
        let name = asked.name();
        let found: Outcome = self.ask(asked)?;
        check_actions(name, found.actions.as_deref().filter(|_| !found.done))?;
        if !found.reward.is_finite() {
            return Err(wrong(name, "reward", found.reward.to_string(), "a finite number"));
        }
        match found.progress {
            Some(progress) if !(0.0..=1.0).contains(&progress) => {
                Err(wrong(name, "progress", progress.to_string(), "0 to 1"))
            }
            _ => Ok(found),
        }
    }

    /// Says farewell, without waiting for an answer.
    pub(super) fn close(&mut self) {
        self.asked += 1;
        let request = Request { id: self.asked, method: Method::Close };
        // It may have ended before.
        let _ = self.lines.write(&serde_json::to_string(&request).unwrap_or_default());
    }

    fn ask<T: DeserializeOwned>(&mut self, method: Method<'_>) -> Result<T, LinkError> {
        let name = method.name();
        self.answer(method).map_err(|reason| LinkError { method: name, reason })
    }

    fn answer<T: DeserializeOwned>(&mut self, method: Method<'_>) -> Result<T, Reason> {
        self.asked += 1;
        let unreadable = |problem: serde_json::Error, said: &str| Reason::Unreadable {
            problem: problem.to_string(),
            said: said.chars().take(SHOWN).collect(),
        };
        let request = Request { id: self.asked, method };
        let line = serde_json::to_string(&request).map_err(|error| unreadable(error, ""))?;
        self.lines.write(&line)?;
        let line = self.lines.read()?;
        let answer: Answer =
            serde_json::from_str(&line).map_err(|error| unreadable(error, &line))?;
        if answer.id != self.asked {
            return Err(Reason::Order { expected: self.asked, found: answer.id });
        }
        if let Some(error) = answer.error {
            return Err(Reason::Refused(error.message));
        }
        let result = answer.result.unwrap_or_default();
        serde_json::from_value(result).map_err(|error| unreadable(error, &line))
    }
}

fn wrong(
    method: &'static str,
    field: &'static str,
    found: String,
    expected: &'static str,
) -> LinkError {
    LinkError { method, reason: Reason::Field { field, found, expected } }
}

fn check_actions(method: &'static str, actions: Option<&[String]>) -> Result<(), LinkError> {
    let Some(actions) = actions else { return Ok(()) };
    let is_empty = actions.iter().any(|action| action.trim().is_empty());
    if actions.is_empty() || actions.len() > ACTIONS_MAX || is_empty {
        let found =
            format!("{} of them", actions.len()) + if is_empty { ", one empty" } else { "" };
        return Err(wrong(method, "actions", found, "1 to 10,000, none empty"));
    }
    Ok(())
}
