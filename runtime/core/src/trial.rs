//! The order of events: trials of a task, steps of an episode.
//!
//! ```text
//! run_task     trial 1 ─ judged failed ─► reflect ─► trial 2 ─ … ─► judged solved
//! of a group   see [`group`](crate::group)
//! of a search  trial 1 ─► trial 2 goes on from the best of 1 ─► trial 3 of 1 and 2 ─► …
//! run_episode  reset ─► act ─► step ─► act ─► step ─► … ─► ending
//! ```
//!
//! Every event is recorded before the next begins, so a killed run resumes from
//! its records: finished steps are replayed in the environment, without asking
//! the model again.

mod episode;
mod groups;
mod search;
mod reflect;

use alloc::string::String;

use crate::agent::{Agent, Attempt};
use crate::environment::{Environment, EnvironmentError};
use crate::event::{CallHistory, Event, JudgementEvent, TrialKey};
use crate::group::GroupSettings;
use crate::history::{FinishedTrial, TaskHistory};
use crate::model::ModelError;
use crate::reflection::Memory;
use crate::seed::{Draw, SeedKey, mix};
use crate::strategy::{Judge, Strategy};
use crate::task::Task;
use episode::run_episode;
use groups::run_groups;
use reflect::reflect;
use search::run_search;

pub use episode::LOOP_REPEATS;

/// Records events; also the loop's clock and stop signal.
pub trait Recorder {
    /// Records an event; it is stored permanently when the function returns.
    fn record(&mut self, event: &Event) -> Result<(), RecorderError>;

    /// A clock that never goes back, in microseconds.
    fn now_us(&mut self) -> u64;

    /// Whether the run shall stop after the current step.
    fn interrupted(&mut self) -> bool;
}

/// An event could not be written; the text says where and why.
#[derive(Debug, thiserror::Error)]
#[error("the event could not be recorded: {0}")]
pub struct RecorderError(pub String);

/// The settings of an arm, the same for all its tasks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrialSettings {
    /// What the next trial's prompt contains.
    pub strategy: Strategy,
    /// Who judges whether a trial succeeded.
    pub judge: Judge,
    /// Greatest number of reflections in a memory and in a prompt.
    pub reflections_max: usize,
    /// How often a reflection that repeats a text in the memory is drawn again; `None` for runs
    /// from before there was such a number, whose memory keeps repeats.
    pub redraws_max: Option<u32>,
    /// Reflections sampled for a failed trial, each with next trials of its own.
    pub group: GroupSettings,
    /// The run's seed.
    pub seed: u64,
}

impl TrialSettings {
    /// The memory before the first trial.
    fn memory(&self) -> Memory {
        let reflections_shown = self.strategy.reflections_shown(self.reflections_max);
        match self.redraws_max {
            Some(_) => Memory::with_capacity(reflections_shown),
            None => Memory::keeping_repeats(reflections_shown),
        }
    }
}

/// The agent, environment and recorder of a trial.
pub struct Participants<'a> {
    /// The agent.
    pub agent: &'a mut dyn Agent,
    /// The environment.
    pub environment: &'a mut dyn Environment,
    /// The recorder of events.
    pub recorder: &'a mut dyn Recorder,
}

/// Why a trial could not be played to its end.
///
/// A task that the agent fails is not an error: it is a trajectory with a low
/// return.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// The model could not answer.
    #[error("the model could not answer")]
    Model(#[from] ModelError),
    /// The environment failed.
    #[error("the environment broke")]
    Environment(#[from] EnvironmentError),
    /// An event could not be written.
    #[error("the run cannot go on without its records")]
    Recorder(#[from] RecorderError),
    /// The run was asked to stop; every finished step is recorded.
    #[error("the run was interrupted")]
    Interrupted,
    /// In a replay the environment gave another observation than the recorded one.
    #[error("task {task:?} does not replay: step {step} gave {found:?}, recorded was {recorded:?}")]
    Replay {
        /// The task's id.
        task: String,
        /// The step, from 1; 0 for the first observation.
        step: usize,
        /// The observation of the replay.
        found: String,
        /// The recorded observation.
        recorded: String,
    },
}

/// Plays trials of a task until one passes or their greatest number is reached. If the
/// settings ask for groups, plays what they need.
///
/// The trials are added to `history`, which is empty for a new run. `task_index` is the
/// task's index in the run. After each failed trial but the last, the memory receives what
/// the strategy shows to the next trial; none of one that the world broke.
pub fn run_task(
    participants: &mut Participants<'_>,
    settings: &TrialSettings,
    task: &Task,
    task_index: u32,
    history: &mut TaskHistory,
) -> Result<(), TrialError> {
    if settings.group.collects() {
        return run_groups(participants, settings, task, task_index, history);
    }
    if settings.strategy == Strategy::Search {
        return run_search(participants, settings, task, task_index, history);
    }
    let mut memory = settings.memory();
    for trial in 1..=task.limits.trials_max {
        let key = TrialKey { task: task_index, trial };
        let play = TrialRun { settings, task, key, dice: 0 };
        if history.trials.len() < trial as usize {
            let open = history.open.take();
            let finished = run_episode(participants, &play, &memory, open)?;
            history.trials.push(finished);
        }
        let finished = &mut history.trials[trial as usize - 1];
        let passed = passed(participants, &play, &memory, finished)?;
        if passed || trial == task.limits.trials_max {
            break;
        }
        if finished.is_broken() {
            continue;
        }
        if settings.strategy.reflects() {
            if finished.reflection.is_none() {
                let trajectory = &finished.trajectory;
                finished.reflection = Some(reflect(participants, &play, &memory, trajectory, 0)?);
            }
            finished.reflection.iter().for_each(|reflection| memory.remember(reflection.clone()));
        }
        if settings.strategy.shows_last_attempt() {
            memory.last_attempt = Some(finished.trajectory.clone());
        }
    }
    Ok(())
}

/// One trial of one task.
struct TrialRun<'a> {
    settings: &'a TrialSettings,
    task: &'a Task,
    key: TrialKey,
    /// Which of its seeds the trial has.
    dice: u32,
}

impl TrialRun<'_> {
    /// Other dice than the first are those of another run.
    fn seed(&self, draw: Draw) -> SeedKey<'_> {
        let (seed, task) = (self.settings.seed, self.task.id.as_str());
        let run = if self.dice > 0 { mix(seed ^ mix(u64::from(self.dice))) } else { seed };
        SeedKey { run, task, trial: self.key.trial, draw }
    }
}

/// Whether a trial passed; asks the agent if it judges itself and has not.
fn passed(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    memory: &Memory,
    finished: &mut FinishedTrial,
) -> Result<bool, TrialError> {
    match finished.passed(play.settings.judge) {
        Some(passed) => Ok(passed),
        None => judge(participants, play, memory, finished),
    }
}

/// Asks the agent to judge whether a trial succeeded.
fn judge(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    memory: &Memory,
    finished: &mut FinishedTrial,
) -> Result<bool, TrialError> {
    let seed = play.seed(Draw::Judgement);
    let trajectory = &finished.trajectory;
    let attempt = Attempt { task: play.task, trajectory, memory, seed };
    let judgement = participants.agent.judge(&attempt)?;
    let completed = judgement.completed;
    participants.recorder.record(&Event::Judgement(JudgementEvent {
        key: play.key,
        completed,
        call: CallHistory::default().shorten(&judgement.generation),
    }))?;
    finished.judgement = Some(judgement);
    if participants.recorder.interrupted() {
        return Err(TrialError::Interrupted);
    }
    Ok(completed)
}

#[cfg(test)]
mod tests;
