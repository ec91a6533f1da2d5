//! A task of a collection: trials with groups of reflections on those that fail.

use super::reflect::{record, reflect};
use super::{Participants, TrialError, TrialRun, TrialSettings, judge, run_episode};
use crate::event::{BranchEvent, Event, TrialKey};
use crate::group::{self, Move};
use crate::history::TaskHistory;
use crate::model::Generation;
use crate::reflection::Reflection;
use crate::task::Task;

/// Plays what the groups of a task need, up to its greatest number of trials.
///
/// The next trials of a group have the same seeds, so they differ only by their reflection. The
/// trials are added to `history`, which is empty for a new run. The strategy must be one that
/// reflects.
pub(super) fn run_groups(
    participants: &mut Participants<'_>,
    settings: &TrialSettings,
    task: &Task,
    task_index: u32,
    history: &mut TaskHistory,
) -> Result<(), TrialError> {
    loop {
        // Each reflection is written without the others of its group in the memory.
        let mut memory = settings.memory();
        let told = history.trials.iter().filter_map(|trial| trial.reflection.as_ref());
        told.for_each(|reflection| memory.remember(reflection.clone()));
        let trial = u32::try_from(history.trials.len()).unwrap_or(u32::MAX);
        let at = |trial, dice| {
            let key = TrialKey { task: task_index, trial };
            TrialRun { settings, task, key, dice }
        };
        let wanted = group::next(history, (task, settings.judge), settings.group);
        match (wanted, history.trials.last_mut()) {
            (Move::Play { dice }, _) => {
                let open = history.open.take();
                let played = run_episode(participants, &at(trial + 1, dice), &memory, open)?;
                history.trials.push(played);
            }
            (Move::Judge, Some(last)) => {
                judge(participants, &at(trial, 0), &memory, last)?;
            }
            (Move::Draw(member), Some(last)) => {
                let failed = &last.trajectory;
                let drawn = reflect(participants, &at(trial, 0), &memory, failed, member)?;
                last.reflection = Some(drawn);
            }
            (Move::Again(text, again), Some(last)) => {
                let generation = Generation::of_text(&text);
                let told = Reflection { again, ..Reflection::new(trial, text, generation) };
                record(participants, &at(trial, 0), &told)?;
                last.reflection = Some(told);
            }
            (Move::Branch(to), _) => {
                let key = TrialKey { task: task_index, trial: to };
                participants.recorder.record(&Event::Branch(BranchEvent { key }))?;
                let back = history.go_back(to);
                back.unwrap_or_else(|| unreachable!("there is a reflection on trial {to}"));
            }
            _ => return Ok(()),
        }
    }
}
