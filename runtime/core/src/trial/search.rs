//! A search among programs or other attempts: each trial goes on from the cheapest trial so far.

use super::reflect::reflect;
use super::{Participants, TrialError, TrialRun, TrialSettings, passed, run_episode};
use crate::event::TrialKey;
use crate::history::{FinishedTrial, TaskHistory, parents};
use crate::reflection::Memory;
use crate::task::Task;

/// Plays trials of a task until one passes or their greatest number is reached; the memory of
/// each is that of its [parent](parents).
///
/// A reflection is written when the first trial goes on from its trial, and then kept. Which trial
/// that is follows from the history, so a search resumes anywhere.
pub(super) fn run_search(
    participants: &mut Participants<'_>,
    settings: &TrialSettings,
    task: &Task,
    task_index: u32,
    history: &mut TaskHistory,
) -> Result<(), TrialError> {
    let at = |trial| {
        let key = TrialKey { task: task_index, trial };
        TrialRun { settings, task, key, dice: 0 }
    };
    for trial in 1..=task.limits.trials_max {
        let before = trial as usize - 1;
        if history.trials.len() <= before {
            if let Some(parent) = parent(&history.trials) {
                reflect_once(participants, &at(number(parent)), &mut history.trials)?;
            }
            let memory = memory(settings, &history.trials);
            let open = history.open.take();
            let finished = run_episode(participants, &at(trial), &memory, open)?;
            history.trials.push(finished);
        }
        let memory = memory(settings, &history.trials[..before]);
        if passed(participants, &at(trial), &memory, &mut history.trials[before])? {
            break;
        }
    }
    Ok(())
}

/// Writes the reflection on the trial, unless there is one.
fn reflect_once(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    trials: &mut [FinishedTrial],
) -> Result<(), TrialError> {
    let place = play.key.trial as usize - 1;
    if trials[place].reflection.is_none() {
        let memory = memory(play.settings, &trials[..place]);
        let reflection = reflect(participants, play, &memory, &trials[place].trajectory, 0)?;
        trials[place].reflection = Some(reflection);
    }
    Ok(())
}

/// The memory of the trial after these.
fn memory(settings: &TrialSettings, trials: &[FinishedTrial]) -> Memory {
    let mut memory = settings.memory();
    if let Some(parent) = parent(trials).map(|place| &trials[place]) {
        parent.reflection.iter().for_each(|reflection| memory.remember(reflection.clone()));
        memory.last_attempt = Some(parent.trajectory.clone());
    }
    memory
}

/// The place of the trial that the one after these goes on from.
fn parent(trials: &[FinishedTrial]) -> Option<usize> {
    parents(trials).pop().flatten()
}

/// The number of the trial at a place.
fn number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}
