//! Copies the first trials of another arm.
//!
//! Strategies only affect trials after the first failure: arms with the same tasks, seed,
//! actor and prompts play the same first trials. They are played once and copied, which
//! saves time and pairs the arms exactly.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use runtime_core::event::{Event, RunEvent};
use runtime_core::history::RunHistory;
use runtime_store::trial_log::{Events, TrialLog, read_log};

use crate::settings::{Decides, deciding, first_difference};

/// Refuses the first trials in the log `from` where they are not those of this run; returns
/// what it holds.
pub(crate) fn check(from: &Path, run: &RunEvent) -> anyhow::Result<RunHistory> {
    let stored = read_log(from)?.history;
    refuse_other(&stored.run, run)
        .with_context(|| format!("the first trials in {} cannot be taken", from.display()))?;
    Ok(stored)
}

/// Copies the first trials that ended in the log `from` to one that was just begun.
pub(crate) fn copy(
    from: &Path,
    (log, history): (&mut TrialLog, &mut RunHistory),
) -> anyhow::Result<()> {
    let stored = check(from, &history.run)?;
    for event in Events::open(from)? {
        let event = event?;
        let ended = event.key().is_some_and(|key| {
            let task = stored.tasks.get(key.task as usize);
            key.trial == 1 && task.is_some_and(|task| !task.trials.is_empty())
        });
        let plays = matches!(event, Event::TrialStart(_) | Event::Step(_) | Event::TrialEnd(_));
        if ended && plays {
            log.append(&event)?;
            history.follow(event)?;
        }
    }
    Ok(())
}

/// An error unless the stored run was played with the same settings.
fn refuse_other(stored: &RunEvent, now: &RunEvent) -> anyhow::Result<()> {
    let [before, asked] = [stored, now].map(|run| deciding(&run.settings, Decides::AllTrials));
    let (before, asked) = (before?, asked?);
    if let Some([key, before, asked]) = first_difference(&before, &asked) {
        bail!("they were played with {key} {before}, this run has {asked}");
    }
    for (what, same) in [
        ("version of rebound", stored.version == now.version),
        ("prompt templates", stored.prompts_sha256 == now.prompts_sha256),
        ("actor's weights or adapter", stored.actor == now.actor),
        ("tasks", stored.tasks == now.tasks),
    ] {
        ensure!(same, "the {what} are others");
    }
    Ok(())
}
