//! The history of a run, rebuilt from its events.
//!
//! Rebuilding is a fold over the events and decides nothing. The trial loop resumes
//! from a [`TaskHistory`], also in the middle of a trial.

use alloc::string::String;
use alloc::vec::Vec;

use crate::choice::{self, Counted, Merit};
use crate::event::{CallHistory, Event, PROMPT_TOKENS_MAX, ReflectionEvent, RunEvent, TrialKey};
use crate::reflection::{Judgement, Reflection};
use crate::strategy::{Judge, Strategy};
use crate::task::Task;
use crate::trajectory::{Ending, SUCCESS_RETURN, TakenStep, Trajectory};

/// The tasks of a run with their histories.
#[derive(Clone, Debug)]
pub struct RunHistory {
    /// The run's first event.
    pub run: RunEvent,
    /// The history of each of the run's tasks, in the same order.
    pub tasks: Vec<TaskHistory>,
}

/// The trials of one task so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskHistory {
    /// The finished trials, in order.
    pub trials: Vec<FinishedTrial>,
    /// The unfinished trial when the run stopped.
    pub open: Option<OpenTrial>,
    /// The earlier branches, in order.
    pub branches: Vec<Branch>,
}

/// A reflection with its later trials, before the task returned to an earlier trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// The reflection; its trial is the one that the task returned to.
    pub reflection: Reflection,
    /// The trials after the reflection; none where an earlier one said the same.
    pub trials: Vec<FinishedTrial>,
}

/// A finished trial.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedTrial {
    /// Its trajectory.
    pub trajectory: Trajectory,
    /// The agent's own judgement, if the agent judges itself.
    pub judgement: Option<Judgement>,
    /// The reflection on it, if any.
    pub reflection: Option<Reflection>,
    /// Time spent in the environment.
    pub environment_us: u64,
}

/// An unfinished trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenTrial {
    /// The first observation.
    pub opening: String,
    /// The finished steps.
    pub steps: Vec<TakenStep>,
    /// Time spent in the environment.
    pub environment_us: u64,
    /// The calls so far, from which the next call's difference is computed.
    pub calls: CallHistory,
}

/// Why events are not the history of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The first event is missing or of another kind.
    #[error("the records do not begin with the event of a run")]
    NoRun,
    /// A second run begins.
    #[error("the records contain a second run")]
    SecondRun,
    /// An event does not follow from those before it.
    #[error("the records contain {what} of task {}, trial {}, which does not follow from the events before it", key.task, key.trial)]
    OutOfOrder {
        /// What kind of event.
        what: &'static str,
        /// Which trial it names.
        key: TrialKey,
    },
    /// The prompts of a trial have more tokens than any run records.
    #[error(
        "the records claim {prompt_tokens} tokens in the prompts of task {}, trial {}, more than \
         {PROMPT_TOKENS_MAX}",
        key.task,
        key.trial
    )]
    TooManyTokens {
        /// The trial.
        key: TrialKey,
        /// Tokens of its prompts up to the refused event.
        prompt_tokens: u64,
    },
}

impl RunHistory {
    /// The history of a run's events, in the order they were written.
    pub fn from_events(events: impl IntoIterator<Item = Event>) -> Result<Self, HistoryError> {
        let mut events = events.into_iter();
        let Some(Event::Run(run)) = events.next() else { return Err(HistoryError::NoRun) };
        let mut history = Self { tasks: alloc::vec![TaskHistory::default(); run.tasks.len()], run };
        for event in events {
            history.follow(event)?;
        }
        Ok(history)
    }

    /// Adds the event that came next.
    pub fn follow(&mut self, event: Event) -> Result<(), HistoryError> {
        let what = match &event {
            Event::Run(_) => "a run",
            Event::TrialStart(_) => "the start",
            Event::Step(_) => "a step",
            Event::TrialEnd(_) => "the end",
            Event::Reflection(_) => "a reflection",
            Event::Judgement(_) => "a judgement",
            Event::Branch(_) => "a branch",
        };
        let Some(key) = event.key() else { return Err(HistoryError::SecondRun) };
        let task = usize::try_from(key.task).ok().and_then(|index| self.tasks.get_mut(index));
        let task = task.ok_or(HistoryError::OutOfOrder { what, key })?;
        let prompt_tokens = task.prompt_tokens_with(&event);
        if prompt_tokens > PROMPT_TOKENS_MAX {
            return Err(HistoryError::TooManyTokens { key, prompt_tokens });
        }
        let searches = self.run.strategy == Strategy::Search.name();
        let is_late = |event: &ReflectionEvent| event.key.trial as usize != task.trials.len();
        // Only a search reflects on a trial when others have been played since.
        if matches!(&event, Event::Reflection(event) if is_late(event) && !searches) {
            return Err(HistoryError::OutOfOrder { what, key });
        }
        task.follow(event).ok_or(HistoryError::OutOfOrder { what, key })
    }

    /// Which trial of each task counts, by the run's strategy; of an unknown one the last.
    pub fn counted(&self) -> Counted {
        self.run.strategy.parse().map_or(Counted::Last, Strategy::counted)
    }
}

impl FinishedTrial {
    /// A finished trial without judgement and reflection.
    pub fn new(trajectory: Trajectory, environment_us: u64) -> Self {
        Self { trajectory, judgement: None, reflection: None, environment_us }
    }

    /// What it is ranked by among its task's trials.
    pub fn merit(&self) -> Merit {
        Merit::new(self.trajectory.progress(), self.trajectory.ending.name())
    }

    /// Whether the world failed, so that there is nothing to judge or to reflect on.
    pub fn is_broken(&self) -> bool {
        self.trajectory.ending == Ending::Broken
    }

    /// Whether the trial is a success according to `judge`; `None` if the agent has not
    /// judged it yet.
    pub fn passed(&self, judge: Judge) -> Option<bool> {
        match judge {
            _ if self.is_broken() => Some(false),
            Judge::Environment => Some(self.trajectory.succeeded()),
            Judge::Progress => Some(self.trajectory.progress() >= SUCCESS_RETURN),
            Judge::Nobody => Some(false),
            Judge::Agent => self.judgement.as_ref().map(|judgement| judgement.completed),
        }
    }
}

/// The place of the trial that each of a search's trials goes on from, and the next one would, see
/// [`choice::parents`].
pub fn parents(trials: &[FinishedTrial]) -> Vec<Option<usize>> {
    let merits: Vec<Merit> = trials.iter().map(FinishedTrial::merit).collect();
    choice::parents(&merits)
}

impl TaskHistory {
    /// The trial that counts; `None` before the first one is finished.
    pub fn counted(&self, counted: Counted) -> Option<&FinishedTrial> {
        let place = counted.place(self.trials.iter().map(FinishedTrial::merit));
        place.and_then(|place| self.trials.get(place))
    }

    /// Whether the trial that counts solved the task.
    pub fn solved(&self, counted: Counted) -> bool {
        self.counted(counted).is_some_and(|trial| trial.trajectory.succeeded())
    }

    /// Whether the task needs no further trial and no further judgement.
    pub fn finished(&self, task: &Task, judge: Judge) -> bool {
        let passed = self.trials.last().and_then(|trial| trial.passed(judge));
        passed.is_some_and(|passed| passed || self.trials.len() >= task.limits.trials_max as usize)
    }

    /// Returns to the state after `trial`, from 1; `None` if there is no reflection on it.
    pub fn go_back(&mut self, trial: u32) -> Option<()> {
        let behind = usize::try_from(trial).ok()?;
        (self.open.is_none() && behind > 0 && self.trials.len() >= behind).then_some(())?;
        let reflection = self.trials[behind - 1].reflection.take()?;
        let trials = self.trials.split_off(behind);
        self.branches.push(Branch { reflection, trials });
        Some(())
    }

    /// Tokens of the prompts of the trial under way, together with those of an event.
    fn prompt_tokens_with(&self, event: &Event) -> u64 {
        let none = CallHistory::default();
        let open = self.open.as_ref().map(|open| &open.calls);
        let before = open.filter(|_| matches!(event, Event::Step(_))).unwrap_or(&none);
        before.prompt_tokens_with(event.calls())
    }

    /// Adds the next event; `None` if it does not follow from the history.
    fn follow(&mut self, event: Event) -> Option<()> {
        let ended = u32::try_from(self.trials.len()).ok()?;
        match event {
            Event::TrialStart(start) => {
                // Of an open trial it is the new beginning, in a world that does not repeat.
                (start.key.trial == ended + 1).then_some(())?;
                self.open = Some(OpenTrial { opening: start.opening, ..OpenTrial::default() });
            }
            Event::Step(step) => {
                let open = self.open.as_mut().filter(|_| step.key.trial == ended + 1)?;
                open.steps.push(step.taken_step(&mut open.calls)?);
                open.environment_us += step.environment_us;
            }
            Event::TrialEnd(end) => {
                (end.key.trial == ended + 1).then_some(())?;
                let OpenTrial { opening, steps, environment_us, .. } = self.open.take()?;
                let (ending, feedback) = (end.ending, end.feedback);
                let trajectory = Trajectory { opening, steps, ending, feedback };
                self.trials.push(FinishedTrial::new(trajectory, environment_us));
            }
            Event::Reflection(event) => {
                self.open.is_none().then_some(())?;
                let generation = CallHistory::default().restore(&event.call)?;
                let place = usize::try_from(event.key.trial).ok()?.checked_sub(1)?;
                let failed = self.trials.get_mut(place).filter(|on| on.reflection.is_none())?;
                let ReflectionEvent { key, text, repeats, again, claims, .. } = event;
                let trial = key.trial;
                failed.reflection =
                    Some(Reflection { trial, text, generation, repeats, again, claims });
            }
            Event::Judgement(event) => {
                (event.key.trial == ended && self.open.is_none()).then_some(())?;
                let generation = CallHistory::default().restore(&event.call)?;
                let last = self.trials.last_mut()?;
                (last.judgement.is_none() && last.reflection.is_none()).then_some(())?;
                last.judgement = Some(Judgement { completed: event.completed, generation });
            }
            Event::Branch(event) => self.go_back(event.key.trial)?,
            Event::Run(_) => return None,
        }
        Some(())
    }
}
