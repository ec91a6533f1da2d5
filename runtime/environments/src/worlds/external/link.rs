//! Questions to a program about its world, and answers that are checked before they are believed.

use std::collections::BTreeSet;

use runtime_sandbox::Grants;
use serde::de::DeserializeOwned;

use super::checked::{Checked, WrongField};
use super::lines::{Exchange, LineError};
use super::message::{
    Answer, DescribedTask, Description, Method, Opening, Outcome, Request, TaskPage,
};

/// Greatest number of tasks of a split.
const TASKS_MAX: usize = 1_000_000;
/// Characters of an answer that an error shows.
const SHOWN: usize = 200;

/// Why a world cannot be asked: what was asked, and what came of it.
#[derive(Debug, thiserror::Error)]
#[error("the world, asked to {method} by line {line}, {reason}")]
pub struct LinkError {
    method: &'static str,
    line: u64,
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
    #[error(transparent)]
    Field(#[from] WrongField),
}

/// A program that has a world.
pub(super) struct Link {
    program: Box<dyn Exchange>,
    asked: u64,
    /// Bytes of its answers since the episode began.
    said: u64,
    /// Greatest number of them.
    said_max: u64,
}

impl Link {
    /// Begins to speak with a program.
    pub(super) fn new(program: impl Exchange + 'static) -> Self {
        let said_max = Grants::default().output_bytes;
        Self { program: Box::new(program), asked: 0, said: 0, said_max }
    }

    /// The same, which may say so many bytes in an episode.
    pub(super) fn limited(self, said_max: u64) -> Self {
        Self { said_max, ..self }
    }

    /// What the world is.
    pub(super) fn describe(&mut self) -> Result<Description, LinkError> {
        self.ask(Method::Describe)
    }

    /// All tasks of a split.
    pub(super) fn tasks(&mut self, split: &str) -> Result<Vec<DescribedTask>, LinkError> {
        let mut tasks: Vec<DescribedTask> = Vec::new();
        loop {
            self.said = 0;
            let page: TaskPage = self.ask(Method::Tasks { split, from: tasks.len() })?;
            let is_end = !page.more || page.tasks.is_empty();
            tasks.extend(page.tasks);
            if tasks.len() > TASKS_MAX {
                let found = format!("{} of them", tasks.len());
                return Err(self.tasks_wrong("tasks", found, "a million at most"));
            }
            if is_end {
                break;
            }
        }
        let mut ids = BTreeSet::new();
        match tasks.iter().find(|task| !ids.insert(&task.id)) {
            Some(twice) => {
                Err(self.tasks_wrong("id", format!("{:?} twice", twice.id), "ids that differ"))
            }
            None => Ok(tasks),
        }
    }

    fn tasks_wrong(&self, field: &'static str, found: String, expected: &'static str) -> LinkError {
        let reason = WrongField { field, found, expected }.into();
        LinkError { method: "tasks", line: self.asked, reason }
    }

    /// The beginning of a task.
    pub(super) fn reset(&mut self, task: &str) -> Result<Opening, LinkError> {
        self.said = 0;
        self.ask(Method::Reset { task })
    }

    /// What an action leads to.
    pub(super) fn step(&mut self, action: &str) -> Result<Outcome, LinkError> {
        self.ask(Method::Step { action })
    }

    /// Says farewell, without waiting for an answer.
    pub(super) fn close(&mut self) {
        self.asked += 1;
        let request = Request { id: self.asked, method: Method::Close };
        self.program.tell(&serde_json::to_string(&request).unwrap_or_default());
    }

    fn ask<T: Checked>(&mut self, method: Method<'_>) -> Result<T, LinkError> {
        let name = method.name();
        let answer =
            self.answer::<T>(method).and_then(|found| Ok(found.check().map(|()| found)?));
        answer.map_err(|reason| LinkError { method: name, line: self.asked, reason })
    }

    fn answer<T: DeserializeOwned>(&mut self, method: Method<'_>) -> Result<T, Reason> {
        self.asked += 1;
        let unreadable = |problem: serde_json::Error, said: &str| Reason::Unreadable {
            problem: problem.to_string(),
            said: said.chars().take(SHOWN).collect(),
        };
        let request = Request { id: self.asked, method };
        let line = serde_json::to_string(&request).map_err(|error| unreadable(error, ""))?;
        let line = self.program.ask(&line)?;
        self.said += line.len() as u64;
        if self.said > self.said_max {
            return Err(LineError::Much(self.said_max).into());
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Purpose;

    /// The lines of a conversation, which both sides have to say.
    struct Golden(std::str::Lines<'static>);

    impl Exchange for Golden {
        fn ask(&mut self, line: &str) -> Result<String, LineError> {
            assert_eq!(Some(line), self.0.next());
            Ok(self.0.next().unwrap().to_owned())
        }

        fn tell(&mut self, line: &str) {
            assert_eq!(Some(line), self.0.next());
        }
    }

    #[test]
    fn a_conversation_is_that_of_version_1() {
        let lines = include_str!("../../../tests/golden/world-1.jsonl").lines();
        let mut link = Link::new(Golden(lines));

        let described = link.describe().unwrap();
        let purposes: Vec<Purpose> =
            described.splits.iter().map(|split| split.purpose.into()).collect();
        assert_eq!(purposes, [Purpose::Train, Purpose::Test]);
        assert_eq!((described.steps_max, described.repeats), (4, false));
        let tasks = link.tasks("train").unwrap();
        assert_eq!(tasks.iter().map(|task| &*task.id).collect::<Vec<_>>(), ["train/0", "train/1"]);
        assert_eq!(link.reset("train/0").unwrap().actions.unwrap().len(), 2);
        let step = link.step("open left").unwrap();
        assert_eq!((step.reward, step.progress, step.done), (0.25, Some(0.5), false));
        assert!(step.schema.unwrap().contains_key("properties"));
        let step = link.step(r#"{"open":"right"}"#).unwrap();
        assert_eq!(
            (step.progress, step.done, step.feedback.as_deref()),
            (None, true, Some("You are out."))
        );
        let refused = link.reset("train/9").unwrap_err().to_string();
        assert_eq!(
            refused,
            "the world, asked to reset by line 7, refused: there is no task train/9"
        );
        link.close();
    }
}
