//! The problems that are attempted, and what an attempt at them earns.

use anyhow::Context;
use runtime_core::task::Task;
use runtime_environments::answer::extract;
use runtime_environments::world::{World, train_split};
use runtime_environments::worlds::gsm8k::GSM8K;
use runtime_environments::worlds::math::MATH;
use runtime_environments::worlds::mathematics::{Mathematics, SOLUTION_TOKENS, Subject};
use runtime_evaluation::introspection::criterion::RIGHT;

use super::rollout::Aim;
use crate::options::RunOptions;
use crate::wrong;

/// The worlds, and what an attempt without a final answer earns in each, as in RISE.
static SUBJECTS: [(&Subject, f32); 2] = [(&GSM8K, -1.0), (&MATH, 0.0)];

/// Problems of one world.
pub(super) struct Problems {
    world: Mathematics,
    subject: &'static Subject,
    unanswered: f32,
    /// The split that they are from.
    pub(super) split: String,
    /// Which they are, in order.
    pub(super) tasks: Vec<Task>,
    /// Greatest number of tokens of an attempt.
    pub(super) tokens_max: u32,
}

impl Problems {
    /// The problems that the options select; those to learn from are of a training split.
    pub(super) fn open(options: &RunOptions, aim: Aim) -> anyhow::Result<Self> {
        let names = SUBJECTS.map(|(subject, _)| subject.name);
        let asked = options.environment.as_deref().unwrap_or(GSM8K.name);
        let name = wrong::known("environment", asked, &names)?;
        let found = SUBJECTS.iter().find(|(subject, _)| subject.name == name);
        let &(subject, unanswered) = found.context("a known name is one of all")?;
        let world = Mathematics::open(subject, &options.environment_options())?;
        let split = match (aim, &options.split) {
            (Aim::Learning, split) => train_split(&world, split.as_deref())?,
            (Aim::Measuring, Some(split)) => world.split(split)?.name,
            (Aim::Measuring, None) => world.default_split().to_owned(),
        };
        let tasks = world.tasks(&options.selection(split.clone()))?;
        let given = options.own.get(SOLUTION_TOKENS).and_then(|tokens| tokens.parse().ok());
        let tokens_max = given.unwrap_or(subject.solution_tokens);
        Ok(Self { world, subject, unanswered, split, tasks, tokens_max })
    }

    /// The world's name.
    pub(super) fn environment(&self) -> &'static str {
        self.subject.name
    }

    /// What is asked.
    pub(super) fn question(&self, task: &Task) -> anyhow::Result<String> {
        let problem = self.world.problem(&task.id)?;
        Ok(problem.with_context(|| format!("there is no problem {}", task.id))?.question.clone())
    }

    /// The final answer of an attempt, and what it earns: 1 if it is right, else 0, or less where
    /// there is none.
    pub(super) fn grade(&self, id: &str, text: &str) -> anyhow::Result<(Option<String>, f32)> {
        let problem = self.world.problem(id)?;
        let problem = problem.with_context(|| format!("there is no problem {id}"))?;
        let answer = extract::final_answer(text).map(str::to_owned);
        let reward = match &answer {
            Some(_) if self.world.is_right(problem, text) => RIGHT,
            Some(_) => 0.0,
            None => self.unanswered,
        };
        Ok((answer, reward))
    }

    /// Whether two answers say the same.
    pub(super) fn equal(&self, one: &str, other: &str) -> bool {
        one == other || (self.subject.equal)(one, other)
    }
}
