//! Samples of reflections from trial logs, with their rewards.

use std::collections::BTreeMap;
use std::path::Path;

use runtime_core::history::Reflected;
use runtime_core::model::{Generation, Origin};
use runtime_core::trajectory::Trajectory;
use serde::{Deserialize, Serialize};

use super::records::{append, check_model, read};
use super::{Gathered, ReflectionOutcome, Sample};
use crate::error::TrainError;

/// The selection of reflections and the definition of their rewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReflectionData {
    /// The measure of a trial.
    pub measure: Measure,
    /// The reward, from the measures of two trials.
    pub reward: Reward,
    /// The selection within a group.
    pub select: Select,
}

/// The measure of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The return.
    Return,
    /// The share of reached subgoals.
    Progress,
}

/// The reward of a reflection, from the trials before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// The next trial's measure minus the failed one's (Retroformer).
    Difference,
    /// The next trial's measure.
    Next,
}

/// The selection within a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// All reflections.
    All,
    /// Reflections with a positive reward.
    Positive,
    /// The reflection with the greatest reward, if positive: best of n.
    Best,
}

/// The tokens that a method can train on. Forced tokens never carry a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainableTokens {
    /// All tokens.
    All,
    /// Sampled tokens with their log-probabilities.
    Drawn,
}

impl TrainableTokens {
    /// The index and description of the first token that the method cannot train on.
    fn check(self, generation: &Generation) -> Result<(), (usize, &'static str)> {
        if self == Self::All {
            return Ok(());
        }
        let mut tokens = generation.tokens.iter().enumerate();
        let unfit = tokens.find_map(|(place, token)| match token.origin {
            Origin::Forced => None,
            Origin::Drawn if token.log_prob_full.is_some() => None,
            Origin::Drawn => Some((place, "a drawn one without")),
            Origin::Dictated => Some((place, "a dictated one")),
            Origin::Unknown => Some((place, "one of unknown origin")),
        });
        unfit.map_or(Ok(()), Err)
    }
}

impl ReflectionData {
    /// The reward of the reflection between two trials.
    pub fn reward(&self, failed: &Trajectory, next: &Trajectory) -> f32 {
        let of = |trajectory: &Trajectory| match self.measure {
            Measure::Return => trajectory.episode_return(),
            Measure::Progress => trajectory.progress(),
        };
        match self.reward {
            Reward::Difference => of(next) - of(failed),
            Reward::Next => of(next),
        }
    }
}

/// The reflections in a log that were followed by a trial, with their rewards.
///
/// The log must be of the model whose file has this SHA-256, and its tokens must suit the
/// method.
pub fn reflections(
    log: &Path,
    model_sha256: &str,
    wanted: &ReflectionData,
    lessons: TrainableTokens,
    gathered: &mut Gathered,
) -> Result<Vec<Sample>, TrainError> {
    let history = read(log, gathered)?;
    check_model(log, ("retrospective", &history.run.retrospective), model_sha256)?;
    let mut samples = Vec::new();
    for (place, task) in history.tasks.iter().enumerate() {
        let mut tried: BTreeMap<u32, (usize, Vec<Sample>)> = BTreeMap::new();
        for Reflected { failed, reflection, next } in task.reflected() {
            let trial = reflection.trial;
            lessons.check(&reflection.generation).map_err(|(token, found)| {
                TrainError::Undrawn { file: log.into(), task: place, trial, token, found }
            })?;
            let origin = format!("{}, task {place}, trial {trial}", log.display());
            let reward = wanted.reward(&failed.trajectory, &next.trajectory);
            let (group, members) = tried.entry(trial).or_insert_with(|| {
                gathered.groups += 1;
                (gathered.groups, Vec::new())
            });
            members.push(of_reflection(&reflection.generation, reward, *group, origin));
        }
        for (_, members) in tried.into_values() {
            let all = members.len();
            let selected = select(members, wanted.select);
            gathered.unselected += all - selected.len();
            samples.extend(selected);
        }
    }
    Ok(samples)
}

fn of_reflection(generation: &Generation, reward: f32, group: usize, origin: String) -> Sample {
    let mut sample = Sample { ids: Vec::new(), learned: Vec::new(), origin, outcome: None };
    append(&mut sample, generation);
    let drawn = || generation.tokens.iter().filter(|token| token.origin.is_lesson());
    sample.outcome = Some(ReflectionOutcome {
        reward,
        group,
        sampled: drawn().map(|token| token.log_prob).collect(),
        full: drawn().map(|token| token.log_prob_full.unwrap_or(token.log_prob)).collect(),
    });
    sample
}

/// The selection within a group.
fn select(members: Vec<Sample>, select: Select) -> Vec<Sample> {
    let reward = |sample: &Sample| sample.outcome.as_ref().map_or(0.0, |outcome| outcome.reward);
    match select {
        Select::All => members,
        Select::Positive => members.into_iter().filter(|member| reward(member) > 0.0).collect(),
        Select::Best => {
            // The first of equals.
            let best = members.into_iter().rev().max_by(|a, b| reward(a).total_cmp(&reward(b)));
            best.into_iter().filter(|best| reward(best) > 0.0).collect()
        }
    }
}
