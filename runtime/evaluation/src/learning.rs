//! The learning loop: rounds of collecting, training, trying and keeping.
//!
//! ```text
//! baseline ─► collect ─► train ─► install ─► evaluate ─► confirm or revert ─┐
//!                ▲                                                          │
//!                └──────────────────────── next round ◄─────────────────────┘
//!                                                    └─► illustrate ─► finished
//! ```
//!
//! This module decides what comes next and what is kept; a [`Learner`] does it.
//! The state is saved behind every phase, and a phase that was begun goes on
//! where it stood, so a loop that is killed goes on from its state. A round that collected
//! nothing to learn from ends behind its training.

pub mod state;
pub(crate) mod table;

use std::error::Error;
use std::ops::RangeInclusive;

use runtime_core::history::{RunHistory, TaskHistory};

use crate::collection::Collection;
use crate::pairs::{self, Difference, IntervalMethod, Pair};
use state::{AdapterFile, Best, Example, Learning, Phase, Round, Training, Verdict};

/// An error of whoever does what the loop decides.
pub type LearnerError = Box<dyn Error + Send + Sync>;

/// How long a loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearningPlan {
    /// Rounds of training.
    pub rounds: u32,
    /// A round learns from what this many latest rounds collected, 1 or more.
    pub replay: u32,
}

/// Does what the loop decides.
///
/// Each call may be repeated after a kill, with the same arguments: it goes on with what
/// it had begun, and returns at once what was done already.
pub trait Learner {
    /// Plays the validation tasks with an adapter; round 0 plays them before any training.
    fn evaluate(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<RunHistory, LearnerError>;

    /// Collects a round's groups of reflections.
    fn collect(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
    ) -> Result<Collection, LearnerError>;

    /// Trains on what some rounds collected, from an adapter on; `None` where that holds
    /// nothing to learn from.
    fn train(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
        collections: RangeInclusive<u32>,
    ) -> Result<Option<Training>, LearnerError>;

    /// Puts a round's adapter on probation.
    fn install(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError>;

    /// Keeps a round's adapter, which was on probation.
    fn confirm(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError>;

    /// Goes back from the adapter on probation.
    fn revert(&mut self, adapter: &AdapterFile) -> Result<(), LearnerError>;

    /// What an adapter's reflections on some failures look like beside those before any
    /// training.
    fn illustrate(&mut self, adapter: &AdapterFile) -> Result<Vec<Example>, LearnerError>;

    /// Writes the state down for good, and shows it.
    fn save(&mut self, state: &Learning) -> Result<(), LearnerError>;

    /// A clock that never goes back, in microseconds.
    fn now_us(&mut self) -> u64;
}

/// Where a loop broke off; it can be gone on with.
#[derive(Debug, thiserror::Error)]
#[error("in round {round}, phase {phase}")]
pub struct LearningError {
    /// The round, 0 before the first.
    pub round: u32,
    /// The phase.
    pub phase: Phase,
    /// Why.
    pub source: LearnerError,
}

/// Fits a loop to a plan that may have changed: one that has ended goes on where the plan has
/// more rounds, and a round that it no longer has is left out if it has collected nothing.
fn fit(state: &mut Learning, plan: LearningPlan) {
    if state.phase >= Phase::Illustrate && state.rounds_begun() < plan.rounds {
        state.phase = next_round(state, plan);
    }
    if state.phase == Phase::Collect && state.rounds_begun() > plan.rounds {
        state.rounds.pop();
        state.phase = next_round(state, plan);
    }
}

/// Goes on with a loop to the end of a plan, whose rounds may have changed meanwhile.
pub fn learn(
    learner: &mut dyn Learner,
    plan: LearningPlan,
    state: &mut Learning,
) -> Result<(), LearningError> {
    fit(state, plan);
    let (round, phase) = (state.rounds_begun(), state.phase);
    learner.save(state).map_err(|source| LearningError { round, phase, source })?;
    while state.phase != Phase::Finished {
        let (round, phase) = (state.rounds_begun(), state.phase);
        let begun_us = learner.now_us();
        let in_phase = |source| LearningError { round, phase, source };
        let before = state.clone();
        let done = step(learner, plan, state);
        if done.is_err() {
            *state = before;
        }
        // A phase that was stopped goes on another time, and took this long already.
        let took_us = learner.now_us().saturating_sub(begun_us);
        *state.seconds.entry(phase).or_default() += took_us as f64 / 1e6;
        let saved = learner.save(state);
        done.and(saved).map_err(in_phase)?;
    }
    Ok(())
}

/// Does one phase, and sets the next.
fn step(
    learner: &mut dyn Learner,
    plan: LearningPlan,
    state: &mut Learning,
) -> Result<(), LearnerError> {
    let number = state.rounds_begun();
    let active = state.active.clone();
    state.phase = match state.phase {
        Phase::Baseline => {
            let history = learner.evaluate(0, active.as_ref())?;
            state.baseline = Some(solved(&history));
            next_round(state, plan)
        }
        Phase::Collect => {
            let collection = learner.collect(number, active.as_ref())?;
            state.round_mut()?.collection = Some(collection);
            Phase::Train
        }
        Phase::Train => {
            let oldest = number.saturating_sub(plan.replay.max(1) - 1).max(1);
            let training = learner.train(number, active.as_ref(), oldest..=number)?;
            let is_empty = training.is_none();
            state.round_mut()?.training = training;
            if is_empty { next_round(state, plan) } else { Phase::Install }
        }
        Phase::Install => {
            learner.install(number, &state.candidate()?)?;
            Phase::Evaluate
        }
        Phase::Evaluate => {
            let history = learner.evaluate(number, Some(&state.candidate()?))?;
            let now = solved(&history);
            let verdict = verdict(state.best_outcomes(), &now);
            let round = state.round_mut()?;
            (round.outcomes, round.verdict) = (Some(now), Some(verdict));
            Phase::Decide
        }
        Phase::Decide => {
            let candidate = state.candidate()?;
            let verdict = state.round_mut()?.verdict.clone();
            if let Some(verdict) = verdict.filter(|verdict| verdict.kept) {
                learner.confirm(number, &candidate)?;
                if verdict.difference_points >= 0.0 {
                    state.best = Best { round: number, adapter: Some(candidate.clone()) };
                }
                state.active = Some(candidate);
            } else {
                learner.revert(&candidate)?;
            }
            next_round(state, plan)
        }
        Phase::Illustrate => {
            if let Some(active) = &active {
                state.examples = learner.illustrate(active)?;
            }
            Phase::Finished
        }
        Phase::Finished => Phase::Finished,
    };
    Ok(())
}

/// Begins a round, or what comes behind the last one.
fn next_round(state: &mut Learning, plan: LearningPlan) -> Phase {
    if state.rounds_begun() >= plan.rounds {
        return Phase::Illustrate;
    }
    state.rounds.push(Round::default());
    Phase::Collect
}

/// An adapter is kept unless it is worse than the best so far by more than chance: unless the
/// whole 95 % interval of the paired difference lies below 0. Against the one before, many
/// small losses would be kept.
fn verdict(before: &[bool], now: &[bool]) -> Verdict {
    let pairs: Vec<Pair> =
        now.iter().zip(before).map(|(&arm, &control)| Pair { arm, control }).collect();
    // Without tasks nothing is known of the difference.
    let found = pairs::difference(&pairs);
    let found = found.unwrap_or(Difference { mean: 0.0, low: -1.0, high: 1.0 });
    Verdict {
        kept: found.high >= 0.0,
        difference_points: 100.0 * found.mean,
        low_points: 100.0 * found.low,
        high_points: 100.0 * found.high,
        interval: IntervalMethod::TangoScore,
    }
}

/// Which tasks the last trial of each solved.
fn solved(history: &RunHistory) -> Vec<bool> {
    history.tasks.iter().map(TaskHistory::solved).collect()
}

#[cfg(test)]
mod tests;
