//! Workers that ask for tests of problems until none is missing.
//!
//! A problem's line is written when its tests are checked, so whoever goes on after a stop or a kill
//! loses one problem at most. Each answer has a seed of its own: in which order problems are asked
//! decides nothing.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::vec;

use anyhow::{Context, anyhow};
use runtime_agent::conversation;
use runtime_agent::prompts::{PromptContext, PromptSet};
use runtime_core::model::{Constraint, LanguageModel, Request, Sampling};
use runtime_core::prompt::{Message, Prompt};
use runtime_core::seed::{Draw, SeedKey};
use runtime_core::task::Task;
use runtime_environments::programs::internal::{
    self, InternalTestsAbout, InternalTestsLine, ProblemTests, Proposed,
};
use runtime_environments::programs::judge::{ProgramJudge, ProgramLimits};
use runtime_environments::programs::problem::Problem;
use runtime_evaluation::arm::ArmError;
use runtime_sandbox::Strength;
use runtime_store::line_log::LineLog;

use super::begun::Done;
use super::problems::Problems;
use super::progress::ProposalProgress;
use super::propose::Proposals;
use crate::loaded::SessionModel;
use crate::program::{SessionEvent, Surroundings};

/// What all workers share.
pub(super) struct Asking<'a> {
    problems: &'a Problems,
    prompts: &'a PromptSet,
    about: &'a InternalTestsAbout,
    missing: Mutex<vec::IntoIter<&'a Task>>,
    state: Mutex<State>,
    surroundings: &'a Surroundings,
}

struct State {
    log: LineLog<InternalTestsLine>,
    done: Done,
    progress: ProposalProgress,
    failed: bool,
}

impl<'a> Asking<'a> {
    /// Of these problems those that are missing in what is begun.
    pub(super) fn new(
        (problems, prompts, about): (&'a Problems, &'a PromptSet, &'a InternalTestsAbout),
        (log, done): (LineLog<InternalTestsLine>, Done),
        surroundings: &'a Surroundings,
    ) -> Self {
        let missing = problems.tasks.iter().filter(|task| !done.contains_key(&task.id));
        let missing = Mutex::new(missing.collect::<Vec<_>>().into_iter());
        let problems_asked = problems.tasks.len() as u64;
        let progress = ProposalProgress { problems: problems_asked, ..ProposalProgress::default() };
        let state = Mutex::new(State { log, done, progress, failed: false });
        Self { problems, prompts, about, missing, state, surroundings }
    }

    /// Asks for what is missing, by so many workers.
    pub(super) fn ask(&self, model: &SessionModel, workers: usize) -> anyhow::Result<()> {
        let ended: Vec<anyhow::Result<()>> = thread::scope(|scope| {
            let start = |_| {
                let work = move || self.work(&mut *model.boxed(None));
                thread::Builder::new().spawn_scoped(scope, work)
            };
            let started: Vec<_> = (0..workers.max(1)).map(start).collect();
            let join = |worker: io::Result<ScopedJoinHandle<'_, _>>| {
                let worker = worker.context("cannot start a worker")?;
                worker.join().unwrap_or_else(|_| Err(anyhow!("a worker panicked")))
            };
            started.into_iter().map(join).collect()
        });
        // Whoever only stopped for another's error has nothing to tell.
        let (stopped, failed): (Vec<_>, Vec<_>) =
            ended.into_iter().filter_map(Result::err).partition(anyhow::Error::is::<ArmError>);
        failed.into_iter().chain(stopped).next().map_or(Ok(()), Err)
    }

    /// Asks for tests of problems until none is missing.
    pub(super) fn work(&self, model: &mut dyn LanguageModel) -> anyhow::Result<()> {
        let mut judge = ProgramJudge::new(ProgramLimits::default(), Strength::Full);
        loop {
            let next = lock(&self.missing).next();
            let Some(task) = next else { return Ok(()) };
            if self.surroundings.is_stopped() || lock(&self.state).failed {
                return Err(anyhow::Error::new(ArmError::Interrupted).context("stopped"));
            }
            let proposed = self.proposed(task, model, &mut judge);
            let mut state = lock(&self.state);
            state.failed |= proposed.is_err();
            let proposed = proposed.with_context(|| format!("in the problem {}", task.id))?;
            let line = ProblemTests { id: task.id.clone(), proposed };
            let written = state.log.append(&InternalTestsLine::Problem(line.clone()));
            state.failed |= written.is_err();
            written?;
            state.done.insert(line.id, line.proposed);
            drop(state);
            self.recount();
        }
    }

    /// The tests of a problem.
    fn proposed(
        &self,
        task: &Task,
        model: &mut dyn LanguageModel,
        judge: &mut ProgramJudge,
    ) -> anyhow::Result<Proposed> {
        let problem = self.problems.problem(task)?;
        let run = self.about.seed;
        let key = SeedKey { run, task: &task.id, trial: 1, draw: Draw::Action { step: 1 } };
        let InternalTestsAbout { temperature, top_p, tokens_max, .. } = *self.about;
        let request = Request {
            prompt: Prompt::Chat(self.messages(problem)?),
            constraint: Constraint::Free,
            sampling: Sampling { temperature, top_p, seed: key.seed() },
            tokens_max,
            stop: Vec::new(),
        };
        let mut proposed = internal::read(problem, &model.generate(&request)?.text);
        internal::check(problem, &mut proposed, judge)?;
        internal::draw(&mut proposed, key.seed());
        Ok(proposed)
    }

    fn messages(&self, problem: &Problem) -> anyhow::Result<Vec<Message>> {
        let opening = problem.opening();
        let scene = PromptContext {
            instruction: "",
            kind: problem.language.name(),
            opening: &opening,
            trial: 1,
            reflections: Vec::new(),
            transcript: None,
            dropped_steps: 0,
        };
        Ok(conversation::proposal(self.prompts, &scene)?)
    }

    /// Counts what there is, and tells it.
    pub(super) fn recount(&self) {
        let mut state = lock(&self.state);
        let asked = self.problems.tasks.iter().filter_map(|task| state.done.get(&task.id));
        let zero =
            ProposalProgress { problems: state.progress.problems, ..ProposalProgress::default() };
        let progress = asked.fold(zero, |counts, proposed| ProposalProgress {
            done: counts.done + 1,
            tests: counts.tests + proposed.tests.len() as u64,
            dropped: counts.dropped + proposed.dropped.all(),
            without: counts.without + u64::from(proposed.tests.is_empty()),
            ..counts
        });
        state.progress = progress;
        drop(state);
        self.surroundings.tell(SessionEvent::Proposals(progress));
    }

    /// What there is now.
    pub(super) fn proposals(self) -> Proposals {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_without = |id: &&String| state.done.get(*id).is_some_and(|one| one.tests.is_empty());
        let ids = self.problems.tasks.iter().map(|task| &task.id);
        let without = ids.filter(is_without).cloned().collect();
        Proposals { progress: state.progress, without }
    }
}

/// Whoever panicked left it whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
