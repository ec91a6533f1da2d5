//! Reflections from trial logs, with what they earned.

use std::collections::BTreeMap;
use std::path::Path;

use runtime_core::history::Reflected;
use runtime_core::model::{Generation, Origin};
use runtime_core::trajectory::Trajectory;
use serde::{Deserialize, Serialize};

use super::records::{append, check_model, read};
use super::{Gathered, Outcome, Sample};
use crate::error::TrainError;

/// Which reflections are learned from, and what each of them earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReflectionData {
    /// What of a trial counts.
    pub measure: Measure,
    /// What of the two trials is the reward.
    pub reward: Reward,
    /// What of a group is learned from.
    pub select: Select,
}

/// What of a trial counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Its return.
    Return,
    /// The share of subgoals that it reached.
    Progress,
}

/// What of two trials is the reward of the reflection between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// The next one less the failed one (Retroformer).
    Difference,
    /// The next one.
    Next,
}

/// What of a group is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// All of it.
    All,
    /// What earned more than nothing.
    Positive,
    /// What earned most, where that is more than nothing: best of n.
    Best,
}

/// Which tokens a method can learn from. Those that the model had no choice about carry no
/// loss with any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lessons {
    /// Whatever was said.
    All,
    /// What the model drew, with how likely that was.
    Drawn,
}

impl Lessons {
    /// The first token that the method cannot learn from: its place, and what it is.
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
    /// What the reflection between two trials earned.
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

/// The reflections in a log that a trial followed, with what they earned.
///
/// The log must be of the model whose file has this sha256, and have the tokens that the
/// method can learn from.
pub fn reflections(
    log: &Path,
    model_sha256: &str,
    wanted: &ReflectionData,
    lessons: Lessons,
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
    sample.outcome = Some(Outcome {
        reward,
        group,
        sampled: drawn().map(|token| token.log_prob).collect(),
        full: drawn().map(|token| token.log_prob_full.unwrap_or(token.log_prob)).collect(),
    });
    sample
}

/// What of a group is learned from.
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
