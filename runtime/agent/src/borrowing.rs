//! An agent that reads reflections on other tasks: the control experiment that shows whether
//! the content of reflections matters.
//!
//! ```text
//! a run's reflections, by task type ─► one of another task ─► the next trial
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::history::RunHistory;
use runtime_core::model::{Cost, ModelError, Origin};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::trajectory::Decision;

/// The reflections of a run by task type, each with its task's id.
#[derive(Clone, Debug, Default)]
pub struct ReflectionPool {
    by_kind: BTreeMap<String, Vec<(String, Reflection)>>,
}

impl ReflectionPool {
    /// The reflections of a run.
    pub fn new(history: &RunHistory) -> Self {
        let mut by_kind: BTreeMap<String, Vec<(String, Reflection)>> = BTreeMap::new();
        for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
            let reflections = played.trials.iter().filter_map(|trial| trial.reflection.clone());
            let of_kind = by_kind.entry(task.kind.clone()).or_default();
            of_kind.extend(reflections.map(|reflection| (task.id.clone(), reflection)));
        }
        Self { by_kind }
    }

    /// A reflection on another task of the same type, drawn by the attempt's seed; on a task
    /// of another type if there is none.
    ///
    /// It has no cost, and training skips its tokens.
    fn draw(&self, attempt: &Attempt<'_>) -> Option<Reflection> {
        let is_other = |(task, _): &&(String, Reflection)| *task != attempt.task.id;
        let of_kind = self.by_kind.get(&attempt.task.kind).into_iter().flatten();
        let mut others: Vec<_> = of_kind.filter(is_other).collect();
        if others.is_empty() {
            others = self.by_kind.values().flatten().filter(is_other).collect();
        }
        let draw = usize::try_from(attempt.seed.seed() % others.len().max(1) as u64).ok()?;
        let (_, reflection) = others.get(draw)?;
        let mut reflection = reflection.clone();
        reflection.trial = attempt.seed.trial;
        reflection.generation.cost = Cost::default();
        let tokens = reflection.generation.tokens.iter_mut();
        tokens.for_each(|token| token.origin = Origin::Unknown);
        Some(reflection)
    }
}

/// An agent that takes reflections from a pool instead of writing them.
pub struct BorrowingAgent {
    /// Acts and judges.
    pub agent: Box<dyn Agent + Send>,
    /// The pool of reflections.
    pub pool: Arc<ReflectionPool>,
}

impl Agent for BorrowingAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        self.agent.act(episode)
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        self.agent.judge(attempt)
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        self.pool.draw(attempt).ok_or_else(|| {
            ModelError::Engine("the run that lends reflections has none on another task".into())
        })
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::event::RunEvent;
    use runtime_core::history::{FinishedTrial, TaskHistory};
    use runtime_core::model::{Generation, ModelIdentity, Token};
    use runtime_core::reflection::Memory;
    use runtime_core::seed::{Draw, SeedKey};
    use runtime_core::task::{Limits, Task};
    use runtime_core::trajectory::{Ending, Trajectory};

    use super::*;

    fn task(id: &str, kind: &str) -> Task {
        let (id, kind) = (id.into(), kind.into());
        Task { id, kind, instruction: String::new(), seed: 0, limits: Limits::default() }
    }

    fn failed() -> Trajectory {
        let (opening, feedback) = (String::new(), String::new());
        Trajectory { opening, steps: Vec::new(), ending: Ending::StepLimit, feedback }
    }

    fn played(told: &str) -> TaskHistory {
        let mut trial = FinishedTrial::new(failed(), 0);
        let generation = Generation {
            tokens: vec![Token { log_prob: -1.0, origin: Origin::Drawn, ..Token::forced(1) }],
            cost: Cost { prefill_us: 5, ..Cost::default() },
            ..Generation::of_text(told)
        };
        trial.reflection = Some(Reflection::new(1, told.into(), generation));
        TaskHistory { trials: vec![trial], open: None, branches: Vec::new() }
    }

    fn pool() -> ReflectionPool {
        let run = RunEvent {
            version: String::new(),
            strategy: "retrospective".into(),
            settings: "{}".into(),
            prompts_sha256: String::new(),
            actor: ModelIdentity::default(),
            retrospective: ModelIdentity::default(),
            tasks: vec![task("a", "clean"), task("b", "clean"), task("c", "heat")],
            traits: Vec::new(),
        };
        ReflectionPool::new(&RunHistory { run, tasks: ["A", "B", "C"].map(played).into() })
    }

    fn lent(task: &Task) -> Option<Reflection> {
        let (trajectory, memory) = (&failed(), &Memory::default());
        let draw = Draw::Reflection { member: 0, candidate: 0 };
        let seed = SeedKey { run: 1, task: &task.id, trial: 2, draw };
        pool().draw(&Attempt { task, trajectory, memory, seed })
    }

    #[test]
    fn a_reflection_is_of_another_task_of_the_same_type() {
        let found = lent(&task("a", "clean")).unwrap();

        assert_eq!((found.text.as_str(), found.trial), ("B", 2));
        assert_eq!(found.generation.cost, Cost::default());
        assert!(found.generation.tokens.iter().all(|token| token.origin == Origin::Unknown));
        assert_eq!(lent(&task("b", "clean")).unwrap().text, "A");
    }

    #[test]
    fn where_no_other_of_the_type_was_reflected_on_another_type_will_do() {
        assert_ne!(lent(&task("c", "heat")).unwrap().text, "C");
        assert!(lent(&task("d", "cool")).is_some());
        let (trajectory, memory, task) = (&failed(), &Memory::default(), &task("a", "clean"));
        let draw = Draw::Reflection { member: 0, candidate: 0 };
        let seed = SeedKey { run: 1, task: "a", trial: 1, draw };
        let attempt = Attempt { task, trajectory, memory, seed };
        assert_eq!(ReflectionPool::default().draw(&attempt), None);
    }
}
