//! Samples of reflections from trial logs, with their rewards.

use std::collections::BTreeMap;
use std::path::Path;

use models::tokenizer::Tokenizer;
use runtime_core::group::Reflected;
use runtime_core::model::{Generation, Origin};
use runtime_core::reflection::Reflection;
use runtime_core::seed::{mix, unit};
use runtime_core::trajectory::Trajectory;
use serde::{Deserialize, Serialize};

use super::credit::credits;
use super::records::{append, check_model, read};
use super::{Gathered, ReflectionOutcome, Sample};
use crate::error::TrainError;

/// The selection of reflections and the definition of their rewards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReflectionData {
    /// The measure of a trial.
    pub measure: Measure,
    /// The reward, from the measures of two trials.
    pub reward: Reward,
    /// The selection within a group.
    pub select: Select,
    /// Seeds a permutation of the rewards within each group, ahead of the selection: what a text
    /// earned is given to another. What is learned then is noise, with the groups and rewards of
    /// the real data: the arm that a gain has to be measured against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permute: Option<u64>,
    /// Beside the reward, which all words of a reflection share: how much it counts that the words of a claim are so,
    /// more or less often than the group's claims of the same kind. It is not permuted. Only of records from worlds that hold claims
    /// against trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<f32>,
}

/// How a log is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The selection and the rewards.
    pub wanted: ReflectionData,
    /// The tokens that the method can train on.
    pub lessons: TrainableTokens,
    /// [`ReflectionData::credit`], and what the bytes of a token are.
    pub credited: Option<(f32, &'a Tokenizer)>,
}

/// The measure of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The return.
    Return,
    /// The share of reached subgoals.
    Progress,
    /// 1 for a solved task, and a fifth of the share of reached subgoals beside it: less than
    /// any success, more than nothing.
    SuccessAndProgress,
}

/// What the share of reached subgoals counts beside a success.
const PROGRESS_WEIGHT: f32 = 0.2;

/// The reward of a reflection, from the trials before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// The next trial's measure minus the failed one's (Retroformer).
    Difference,
    /// The next trial's measure.
    Next,
    /// How much of what the reflection claims is so and how much there was to tell it tells
    /// ([`ClaimCounts::accuracy`](runtime_core::claims::ClaimCounts::accuracy)), by its own trial alone: a process reward, whatever the next trial
    /// came to. Only of records from worlds that hold claims against trials.
    Claims,
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
    /// The reward of a draw, whose next trials were played with different dice: that of their
    /// mean. `None` where claims are to be rewarded and the world held none against the trial.
    pub fn reward(&self, tried: &Reflected<'_>) -> Option<f32> {
        let Reflected { failed, reflection, next } = tried;
        let of = |trajectory: &Trajectory| match self.measure {
            Measure::Return => trajectory.episode_return(),
            Measure::Progress => trajectory.progress(),
            Measure::SuccessAndProgress => {
                f32::from(u8::from(trajectory.succeeded()))
                    + PROGRESS_WEIGHT * trajectory.progress()
            }
        };
        let sum: f32 = next.iter().map(|next| of(&next.trajectory)).sum();
        let mean = sum / next.len().max(1) as f32;
        match self.reward {
            Reward::Difference => Some(mean - of(&failed.trajectory)),
            Reward::Next => Some(mean),
            Reward::Claims => reflection.claims.as_ref().map(|claims| claims.counts.accuracy()),
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
    reading: Reading<'_>,
    gathered: &mut Gathered,
) -> Result<Vec<Sample>, TrainError> {
    let Reading { wanted, lessons, credited } = reading;
    let history = read(log, gathered)?;
    check_model(log, ("retrospective", &history.run.retrospective), model_sha256)?;
    let mut samples = Vec::new();
    for (place, reflected) in history.reflected().enumerate() {
        let mut tried: BTreeMap<u32, (usize, Vec<Told<'_>>)> = BTreeMap::new();
        for drawn in reflected {
            let reflection = drawn.reflection;
            let trial = reflection.trial;
            lessons.check(&reflection.generation).map_err(|(token, found)| {
                TrainError::Undrawn { file: log.into(), task: place, trial, token, found }
            })?;
            let origin = format!("{}, task {place}, trial {trial}", log.display());
            let reward = wanted.reward(&drawn).ok_or_else(|| TrainError::Content {
                file: log.into(),
                reason: format!(
                    "`reward = \"claims\"`, and no claims are recorded with the reflection on task \
                     {place}, trial {trial}; collect again in a world that reads them"
                ),
            })?;
            let (group, members) = tried.entry(trial).or_insert_with(|| {
                gathered.groups += 1;
                (gathered.groups, Vec::new())
            });
            let sample = of_reflection(&reflection.generation, reward, *group, origin);
            members.push((reflection, sample));
        }
        for (group, members) in tried.into_values() {
            let mut members = with_credits(members, credited).ok_or_else(|| {
                let reason = format!("a reflection on task {place} is not what was generated");
                TrainError::Content { file: log.into(), reason }
            })?;
            if let Some(seed) = wanted.permute {
                permute(&mut members, mix(seed) ^ mix(group as u64));
            }
            let all = members.len();
            let selected = select(members, wanted.select);
            gathered.unselected += all - selected.len();
            samples.extend(selected);
        }
    }
    Ok(samples)
}

/// A reflection, and the sample that it is.
type Told<'a> = (&'a Reflection, Sample);

/// The samples of a group, with the credits of their claims where these are asked for; `None` as by [`credits`].
fn with_credits(
    members: Vec<Told<'_>>,
    credited: Option<(f32, &Tokenizer)>,
) -> Option<Vec<Sample>> {
    let (told, mut members): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    if let Some((weight, tokenizer)) = credited {
        for (sample, found) in members.iter_mut().zip(credits(&told, tokenizer)?) {
            if let Some(outcome) = &mut sample.outcome {
                outcome.credits = found.into_iter().map(|ahead| weight * ahead).collect();
            }
        }
    }
    Some(members)
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
        credits: Vec::new(),
    });
    sample
}

/// Gives the rewards of a group to its members in an order drawn by `seed`: every order is as
/// likely, so that a text's expected reward is its group's mean.
fn permute(members: &mut [Sample], seed: u64) {
    let mut rewards: Vec<f32> = members
        .iter()
        .filter_map(|member| member.outcome.as_ref().map(|outcome| outcome.reward))
        .collect();
    for left in (1..rewards.len()).rev() {
        let drawn = unit(mix(seed ^ mix(left as u64))) * (left + 1) as f32;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to left")]
        rewards.swap(left, (drawn as usize).min(left));
    }
    let outcomes = members.iter_mut().filter_map(|member| member.outcome.as_mut());
    for (outcome, reward) in outcomes.zip(rewards) {
        outcome.reward = reward;
    }
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

#[cfg(test)]
mod tests {
    use runtime_core::claims::{ClaimCounts, Claims};
    use runtime_core::history::FinishedTrial;
    use runtime_core::trajectory::{Ending, Trajectory};

    use super::*;

    fn group(rewards: &[f32]) -> Vec<Sample> {
        let of = |&reward: &f32| {
            let outcome = ReflectionOutcome { reward, ..ReflectionOutcome::default() };
            let (ids, learned, origin) = (Vec::new(), Vec::new(), String::new());
            Sample { ids, learned, origin, outcome: Some(outcome) }
        };
        rewards.iter().map(of).collect()
    }

    fn rewards(members: &[Sample]) -> Vec<f32> {
        members.iter().map(|member| member.outcome.as_ref().unwrap().reward).collect()
    }

    #[test]
    fn a_reward_by_claims_is_of_the_reflection_s_own_trial() {
        let wanted = ReflectionData {
            measure: Measure::Return,
            reward: Reward::Claims,
            select: Select::All,
            permute: None,
            credit: None,
        };
        let trajectory = Trajectory {
            opening: String::new(),
            steps: Vec::new(),
            ending: Ending::Over,
            feedback: String::new(),
        };
        let failed = FinishedTrial::new(trajectory, 0);
        let reward = |claims: Option<ClaimCounts>| {
            let text = "The mug 1 is at desk 1.";
            let told = Reflection::new(1, text.into(), Generation::of_text(text));
            let claims = claims.map(|counts| Claims { counts, each: Vec::new() });
            let reflection = &Reflection { claims, ..told };
            wanted.reward(&Reflected { failed: &failed, reflection, next: vec![&failed] })
        };
        let counts =
            |claims, supported, facts, told| ClaimCounts { claims, supported, facts, told };

        assert_eq!(reward(None), None);
        assert_eq!(reward(Some(counts(2, 2, 2, 2))), Some(1.0));
        // Half of what is claimed is so, all of what was to be told is told.
        let half = reward(Some(counts(4, 2, 2, 2))).unwrap();
        assert!((half - 2.0 / 3.0).abs() < 1e-6, "{half}");
        assert_eq!(reward(Some(counts(3, 0, 2, 0))), Some(0.0));
    }

    #[test]
    fn permuted_rewards_are_the_group_s_and_say_nothing_of_a_text() {
        const GROUPS: u64 = 6000;
        let mut of_first = 0.0;
        for seed in 0..GROUPS {
            let mut members = group(&[1.0, 0.0, 0.0, 0.25]);
            permute(&mut members, mix(seed));
            let mut found = rewards(&members);
            of_first += found[0];
            found.sort_by(f32::total_cmp);
            assert_eq!(found, [0.0, 0.0, 0.25, 1.0]);
        }
        // The group's mean, whatever the first text earned: four standard errors are 0.02.
        let mean = of_first / GROUPS as f32;
        assert!((mean - 0.3125).abs() < 0.022, "{mean}");

        let again = |seed| {
            let mut members = group(&[1.0, 0.0, 0.5, 0.25, 0.75]);
            permute(&mut members, seed);
            rewards(&members)
        };
        assert_eq!(again(3), again(3));
    }
}
