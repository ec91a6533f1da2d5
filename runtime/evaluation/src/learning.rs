//! The learning loop: rounds of collecting, training, validating and confirming an adapter.
//!
//! ```text
//! baseline ─► collect ─► train ─► install ─► evaluate ─► confirm or revert ─┐
//!                ▲                                                          │
//!                └──────────────────────── next round ◄─────────────────────┘
//!                                                    └─► illustrate ─► finished
//! ```
//!
//! This module decides the next phase and which adapter is confirmed; a [`Learner`]
//! carries out the phases. The state is saved after every phase, and each phase can be
//! resumed, so a killed loop resumes from its state. A round that collected no training
//! data ends after its training phase.

pub mod state;
pub(crate) mod table;

use std::error::Error;
use std::ops::RangeInclusive;

use runtime_core::history::{RunHistory, TaskHistory};

use crate::collection::CollectionResults;
use crate::pairs::{self, Difference, IntervalMethod, PairedOutcome};
use state::{
    AdapterFile, BestAdapter, Learning, Phase, ReflectionExample, Round, TrainingResults, Verdict,
};

/// An error of a learner.
pub type LearnerError = Box<dyn Error + Send + Sync>;

/// The length of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearningPlan {
    /// Number of rounds.
    pub rounds: u32,
    /// Number of latest rounds on whose collections a round trains, at least 1.
    pub replay: u32,
    /// The trial by which a validation task has to be solved to count; `None` for the last.
    pub endpoint: Option<u32>,
}

/// Carries out the phases of the loop.
///
/// After a kill each call is repeated with the same arguments: it resumes unfinished work,
/// and returns the result of finished work at once.
pub trait Learner {
    /// Plays the validation tasks with an adapter; round 0 is before any training.
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
    ) -> Result<CollectionResults, LearnerError>;

    /// Trains on the collections of some rounds, starting from an adapter; `None` if they
    /// contain no training data.
    fn train(
        &mut self,
        round: u32,
        adapter: Option<&AdapterFile>,
        collections: RangeInclusive<u32>,
    ) -> Result<Option<TrainingResults>, LearnerError>;

    /// Puts a round's adapter on probation.
    fn install(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError>;

    /// Confirms a round's adapter, which is on probation.
    fn confirm(&mut self, round: u32, adapter: &AdapterFile) -> Result<(), LearnerError>;

    /// Reverts from the adapter on probation to the one before.
    fn revert(&mut self, adapter: &AdapterFile) -> Result<(), LearnerError>;

    /// Examples of an adapter's reflections, next to those before any training on the same
    /// failures.
    fn illustrate(&mut self, adapter: &AdapterFile)
    -> Result<Vec<ReflectionExample>, LearnerError>;

    /// Stores the state permanently and shows it.
    fn save(&mut self, state: &Learning) -> Result<(), LearnerError>;

    /// A clock that never goes back, in microseconds.
    fn now_us(&mut self) -> u64;
}

/// Where a loop failed; it can be resumed.
#[derive(Debug, thiserror::Error)]
#[error("in round {round}, phase {phase}")]
pub struct LearningError {
    /// The round, 0 before the first.
    pub round: u32,
    /// The phase.
    pub phase: Phase,
    /// The reason.
    pub source: LearnerError,
}

/// Adapts the state to a plan that may have changed: a finished loop continues if the plan
/// has more rounds, and a superfluous round is removed if it has collected nothing.
fn fit(state: &mut Learning, plan: LearningPlan) {
    if state.phase >= Phase::Illustrate && state.rounds_begun() < plan.rounds {
        state.phase = next_round(state, plan);
    }
    if state.phase == Phase::Collect && state.rounds_begun() > plan.rounds {
        state.rounds.pop();
        state.phase = next_round(state, plan);
    }
}

/// Runs or resumes a loop to the end of a plan, which may have changed since.
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
        // An interrupted phase is resumed later; its time so far counts, too.
        let took_us = learner.now_us().saturating_sub(begun_us);
        *state.seconds.entry(phase).or_default() += took_us as f64 / 1e6;
        let saved = learner.save(state);
        done.and(saved).map_err(in_phase)?;
    }
    Ok(())
}

/// Carries out one phase and sets the next one.
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
            state.baseline = Some(solved(&history, plan.endpoint));
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
            let now = solved(&history, plan.endpoint);
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
                // Of equals the earlier one stays the best.
                if verdict.difference_points > 0.0 {
                    state.best = BestAdapter { round: number, adapter: Some(candidate.clone()) };
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

/// Starts the next round; returns the first phase of it, or the one after the last round.
fn next_round(state: &mut Learning, plan: LearningPlan) -> Phase {
    if state.rounds_begun() >= plan.rounds {
        return Phase::Illustrate;
    }
    state.rounds.push(Round::default());
    Phase::Collect
}

/// The verdict on an adapter: confirmed unless the whole 95 % interval of its paired
/// difference to the best adapter so far is below 0. Compared with the previous adapter
/// instead, many small losses could add up.
fn verdict(before: &[bool], now: &[bool]) -> Verdict {
    let pairs: Vec<PairedOutcome> =
        now.iter().zip(before).map(|(&arm, &control)| PairedOutcome { arm, control }).collect();
    // Without tasks the difference is unknown.
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

/// Whether each task was solved, by this trial or by its last.
fn solved(history: &RunHistory, endpoint: Option<u32>) -> Vec<bool> {
    let most = endpoint.map_or(usize::MAX, |trial| trial as usize);
    let in_time = |task: &TaskHistory| task.solved(history.counted()) && task.trials.len() <= most;
    history.tasks.iter().map(in_time).collect()
}

#[cfg(test)]
mod tests;
