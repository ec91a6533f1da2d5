//! Groups of reflections: several on one failed trial, each with next trials of its own.
//!
//! ```text
//! trial t, failed ─┬► draw 1 ─► trial t+1, with each of `next_trials` seeds
//!                  ├► draw 2 ─► trial t+1, with the same seeds
//!                  ├► draw 3, which says what draw 1 said: no trial
//!                  ├► …
//!                  └► draw 1, told again ─► trial t+1 with a further seed, failed ─┬► …
//! ```
//!
//! What comes next follows from the history alone, so a collection resumes anywhere. Every draw
//! is a sample of the retrospective's distribution, also one without a trial: what its text
//! earned counts once for each draw, and the estimate of a policy gradient stays unbiased. The
//! line to the next failure has the first draw's advice, as in deployment.

use alloc::string::String;
use alloc::vec::Vec;

use crate::history::{FinishedTrial, RunHistory, TaskHistory, parents};
use crate::reflection::Reflection;
use crate::strategy::{Judge, Strategy};
use crate::task::Task;

/// Of a group whose first draws, so many, all say the same, no more is drawn.
const SETTLED: usize = 4;

/// Draws for each member that is wanted, at most: texts may be few.
const DRAWS_A_MEMBER: usize = 2;

/// Settings of a collection's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSettings {
    /// Number of distinct reflections on a failed trial; 1 outside of collections.
    pub members: u32,
    /// Number of next trials for each text; `None` for collections from before there was such a
    /// number, where each draw had a trial, and the draws were as many as the members.
    pub next_trials: Option<u32>,
}

impl GroupSettings {
    /// No groups: a reflection for each failed trial.
    pub const NONE: Self = Self { members: 1, next_trials: None };

    /// Whether there are groups.
    pub fn collects(self) -> bool {
        self.members > 1
    }
}

/// A draw of a reflection with the trials before and after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reflected<'a> {
    /// The trial that failed.
    pub failed: &'a FinishedTrial,
    /// The reflection on it.
    pub reflection: &'a Reflection,
    /// The trials whose prompts contained its text, with different dice; at least one.
    pub next: Vec<&'a FinishedTrial>,
}

/// What a task's history needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// The next trial, or the rest of the open one.
    Play {
        /// Which of the seeds that a text's next trials have, from 0.
        dice: u32,
    },
    /// The agent's judgement of the last trial.
    Judge,
    /// Back to the state after this trial, from 1.
    Branch(u32),
    /// A reflection on the last trial, by this draw of the group, from 0.
    Draw(u32),
    /// A text of the group once more, with other dice, as [`Reflection::again`] has them.
    Again(String, u32),
    /// Nothing.
    Done,
}

/// What comes next in a task of a collection.
pub(crate) fn next(
    history: &TaskHistory,
    (task, judge): (&Task, Judge),
    settings: GroupSettings,
) -> Move {
    let trials_max = task.limits.trials_max as usize;
    let trial = history.trials.len();
    let Some(last) = history.trials.last() else { return Move::Play { dice: 0 } };
    let further = |failed| settings.further(&history.group(failed), failed + 1 < trials_max);
    let behind = |failed| match further(failed) {
        Move::Done => Move::Done,
        _ => Move::Branch(u32::try_from(failed).unwrap_or(u32::MAX)),
    };
    if let Some(told) = &last.reflection {
        let has_trial = history.open.is_some() || !settings.is_repeat(&history.group(trial));
        return if has_trial { Move::Play { dice: told.again } } else { behind(trial) };
    }
    if history.branches.iter().any(|branch| branch.reflection.trial as usize == trial) {
        return further(trial);
    }
    let told = trial.checked_sub(2).and_then(|failed| history.trials[failed].reflection.as_ref());
    if told.is_some_and(|told| !settings.is_line(told)) {
        return behind(trial - 1);
    }
    match last.passed(judge) {
        None => Move::Judge,
        Some(false) if trial < trials_max && !last.is_broken() => Move::Draw(0),
        Some(_) => Move::Done,
    }
}

impl GroupSettings {
    /// Which reflection follows those of a group: [`Move::Draw`], [`Move::Again`], or none.
    fn further(self, group: &[&Reflection], has_line: bool) -> Move {
        let Some((first, last)) = group.first().zip(group.last()) else { return Move::Draw(0) };
        let next_trials = self.next_trials.unwrap_or(1);
        if last.again + 1 < next_trials && !self.is_repeat(group) {
            return Move::Again(last.text.clone(), last.again + 1);
        }
        let draws: Vec<&str> = drawn(group).map(|drawn| drawn.text.as_str()).collect();
        let mut texts = draws.clone();
        texts.sort_unstable();
        texts.dedup();
        let members = self.members as usize;
        let is_settled = texts.len() == 1 && draws.len() >= SETTLED;
        let is_full = if self.next_trials.is_none() {
            draws.len() >= members
        } else {
            is_settled || texts.len() >= members || draws.len() >= DRAWS_A_MEMBER * members
        };
        match is_full {
            false => Move::Draw(u32::try_from(draws.len()).unwrap_or(u32::MAX)),
            true if has_line && self.next_trials.is_some() => {
                Move::Again(first.text.clone(), next_trials)
            }
            true => Move::Done,
        }
    }

    /// Whether the last of a group is a draw that says what an earlier one said.
    fn is_repeat(self, group: &[&Reflection]) -> bool {
        let Some((last, earlier)) = group.split_last() else { return false };
        let said = || drawn(earlier).any(|drawn| drawn.text == last.text);
        self.next_trials.is_some() && last.again == 0 && said()
    }

    /// Whether the line to the next failure follows the reflection.
    fn is_line(self, told: &Reflection) -> bool {
        self.next_trials == Some(told.again)
    }
}

impl TaskHistory {
    /// Whether a collection needs nothing more of the task.
    pub fn finished_group(&self, task: &Task, judge: Judge, settings: GroupSettings) -> bool {
        next(self, (task, judge), settings) == Move::Done
    }

    /// The reflections on a trial, from 1, those of branches first.
    fn group(&self, trial: usize) -> Vec<&Reflection> {
        let branches = self.branches.iter().map(|branch| &branch.reflection);
        let tried = branches.filter(|reflection| reflection.trial as usize == trial);
        let line = trial.checked_sub(1).and_then(|place| self.trials.get(place));
        tried.chain(line.and_then(|failed| failed.reflection.as_ref())).collect()
    }

    /// Every draw of a reflection whose text was followed by a trial, those of branches first; in
    /// [`RunHistory::reflected`] for searches, too.
    pub fn reflected(&self) -> Vec<Reflected<'_>> {
        let branches =
            self.branches.iter().map(|branch| (&branch.reflection, branch.trials.first()));
        let line = self.trials.iter().enumerate();
        let line = line.filter_map(|(place, failed)| {
            Some((failed.reflection.as_ref()?, self.trials.get(place + 1)))
        });
        let told: Vec<_> = branches.chain(line).collect();
        let draws = told.iter().filter(|(reflection, _)| reflection.again == 0);
        let reflected = draws.filter_map(|(reflection, own)| {
            let failed = self.trials.get(reflection.trial.checked_sub(1)? as usize)?;
            let alike = told.iter().filter(|(other, _)| {
                let says_it = (other.trial, &other.text) == (reflection.trial, &reflection.text);
                says_it && (other.again > 0 || own.is_none())
            });
            let others = alike.filter_map(|(_, next)| next.as_ref());
            let next = own.iter().chain(others).copied().filter(|next| !next.is_broken());
            let next: Vec<_> = next.collect();
            (!next.is_empty()).then_some(Reflected { failed, reflection, next })
        });
        reflected.collect()
    }
}

/// The draws of a group, without texts that are told once more.
fn drawn<'a>(group: &[&'a Reflection]) -> impl Iterator<Item = &'a Reflection> {
    group.iter().copied().filter(|told| told.again == 0)
}

impl RunHistory {
    /// Of each task every draw of a reflection whose text was followed by a trial.
    pub fn reflected(&self) -> impl Iterator<Item = Vec<Reflected<'_>>> {
        let searches = self.run.strategy == Strategy::Search.name();
        self.tasks.iter().map(
            move |task| {
                if searches { searched(&task.trials) } else { task.reflected() }
            },
        )
    }
}

/// The reflections of a search, each with the trials that went on from its trial.
pub(crate) fn searched(trials: &[FinishedTrial]) -> Vec<Reflected<'_>> {
    let mut next = alloc::vec![Vec::new(); trials.len()];
    for (trial, parent) in trials.iter().zip(parents(trials)) {
        if let Some(children) = parent.and_then(|parent| next.get_mut(parent)) {
            children.push(trial);
        }
    }
    let reflected = trials.iter().zip(next).filter_map(|(failed, next)| {
        let next: Vec<_> = next.into_iter().filter(|next| !next.is_broken()).collect();
        let reflection = failed.reflection.as_ref().filter(|_| !next.is_empty())?;
        Some(Reflected { failed, reflection, next })
    });
    reflected.collect()
}
