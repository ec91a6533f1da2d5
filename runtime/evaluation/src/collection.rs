//! Counts of a collection: groups of reflections and their rewards.
//!
//! How much of a return is due to its reflection, and how much to the dice, shows where a text has
//! several next trials: in the correlation of two of them within a group, whose texts share their
//! dice.
//!
//! ```text
//!            Σ (y_ia − m_a) · (y_ib − m_b)        y_ia  return of text i under dice a
//! share = ────────────────────────────────────    m_a   its mean over the group's texts
//!          ½ Σ (y_ia − m_a)² + ½ Σ (y_ib − m_b)²  summed over groups and pairs of dice
//! ```
//!
//! At 1 only the text decides, at 0 only the dice do; by chance it may be below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use runtime_core::group::{GroupSettings, Reflected};
use runtime_core::history::{RunHistory, TaskHistory};
use runtime_core::strategy::Judge;
use runtime_core::task::Task;
use runtime_core::trajectory::Trajectory;
use serde::{Deserialize, Serialize};

use crate::interval::Rate;
use crate::results::cost::CostResults;
use crate::table::rate_text;

/// The counts of a collection's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectionResults {
    /// Number of tasks.
    pub tasks: u64,
    /// Number of tasks that the first trial solved or whose group is complete.
    pub tasks_finished: u64,
    /// The rate of first trials that solved their task.
    pub first_trial: Rate,
    /// Number of groups: failed trials with at least one reflection and next trial.
    pub groups: u64,
    /// Number of drawn reflections; `None` in results from before they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<u64>,
    /// Number of distinct texts in groups; `None` likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<u64>,
    /// Number of groups whose rewards are all equal, so that all advantages are 0.
    pub groups_without_variance: u64,
    /// The rate of next trials that solved their task.
    pub next_trial: Rate,
    /// Share of a return, within a group, that is due to its reflection, at most 1; `None` where no
    /// text had two next trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reflection_share: Option<f64>,
    /// The mean reflection reward: the next trials' mean return minus the failed one's.
    pub reward_mean: f64,
    /// The mean of the next trial's progress minus the failed one's.
    pub progress_gain_mean: f64,
    /// Number of finished episodes.
    pub episodes: u64,
    /// The cost of acting.
    pub acting: CostResults,
    /// The cost of reflecting.
    pub reflecting: CostResults,
}

/// The counts of a collection with such groups; `judge` decided which trials failed.
pub fn collection(history: &RunHistory, judge: Judge, group: GroupSettings) -> CollectionResults {
    let (mut acting, mut reflecting) = (CostResults::default(), CostResults::default());
    let (mut begun, mut solved_at_once, mut next, mut next_solved) = (0, 0, 0, 0);
    let mut counts = Counts::default();
    for task in &history.tasks {
        let branches = task.branches.iter().flat_map(|branch| &branch.trials);
        for (place, trial) in task.trials.iter().chain(branches).enumerate() {
            let (all, solved) = match place {
                0 => (&mut begun, &mut solved_at_once),
                _ => (&mut next, &mut next_solved),
            };
            *all += 1;
            *solved += u64::from(trial.trajectory.succeeded());
            acting += CostResults::of_acting(trial);
        }
        let mut groups: BTreeMap<u32, Vec<Reflected<'_>>> = BTreeMap::new();
        for tried in task.reflected() {
            reflecting += CostResults::of([&tried.reflection.generation]);
            groups.entry(tried.reflection.trial).or_default().push(tried);
        }
        for group in groups.values() {
            counts.add(group);
        }
    }
    let finished =
        |(task, played): &(&Task, &TaskHistory)| played.finished_group(task, judge, group);
    let tasks = history.run.tasks.iter().zip(&history.tasks);
    CollectionResults {
        tasks: history.tasks.len() as u64,
        tasks_finished: tasks.filter(finished).count() as u64,
        first_trial: Rate::new(solved_at_once, begun),
        groups: counts.groups,
        draws: Some(counts.rewards.len() as u64),
        texts: Some(counts.texts),
        groups_without_variance: counts.flat,
        next_trial: Rate::new(next_solved, next),
        reflection_share: (counts.variance > 0.0).then(|| counts.covariance / counts.variance),
        reward_mean: mean(&counts.rewards),
        progress_gain_mean: mean(&counts.gains),
        episodes: begun + next,
        acting,
        reflecting,
    }
}

#[derive(Default)]
struct Counts {
    groups: u64,
    texts: u64,
    flat: u64,
    rewards: Vec<f32>,
    gains: Vec<f32>,
    covariance: f64,
    variance: f64,
}

impl Counts {
    /// Adds the draws of a group.
    fn add(&mut self, group: &[Reflected<'_>]) {
        let of = |tried: &Reflected<'_>, measure: fn(&Trajectory) -> f32| {
            let sum: f32 = tried.next.iter().map(|next| measure(&next.trajectory)).sum();
            sum / tried.next.len() as f32 - measure(&tried.failed.trajectory)
        };
        let returns = group.iter().map(|tried| of(tried, Trajectory::episode_return));
        let rewards: Vec<f32> = returns.collect();
        let alike = rewards.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
        self.groups += 1;
        self.flat += u64::from(group.len() > 1 && alike);
        self.rewards.extend(rewards);
        self.gains.extend(group.iter().map(|tried| of(tried, Trajectory::progress)));
        let mut texts: Vec<&Reflected<'_>> = group.iter().collect();
        texts.sort_by_key(|tried| &tried.reflection.text);
        texts.dedup_by_key(|tried| &tried.reflection.text);
        self.texts += texts.len() as u64;
        self.vary(&texts);
    }

    /// Adds what a group's texts say of the share of a return that is due to them.
    fn vary(&mut self, texts: &[&Reflected<'_>]) {
        let dice = texts.iter().map(|tried| tried.next.len()).min().unwrap_or(0);
        let column = |dice: usize| {
            let of =
                |tried: &&Reflected<'_>| f64::from(tried.next[dice].trajectory.episode_return());
            let all: Vec<f64> = texts.iter().map(of).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            all.into_iter().map(move |one| one - mean).collect::<Vec<f64>>()
        };
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let columns: Vec<Vec<f64>> = (0..dice).map(column).collect();
        for (place, one) in columns.iter().enumerate() {
            for other in &columns[..place] {
                self.covariance += product(one, other);
                self.variance += f64::midpoint(product(one, one), product(other, other));
            }
        }
    }
}

impl CollectionResults {
    /// The counts as lines of text.
    pub fn text(&self) -> String {
        let Self { tasks, tasks_finished, groups, texts, groups_without_variance, .. } = self;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "tasks        {tasks_finished} of {tasks} finished");
        let _ = writeln!(text, "first trial  {}", rate_text(&self.first_trial));
        let _ = writeln!(text, "next trial   {}", rate_text(&self.next_trial));
        let draws = self.draws.unwrap_or(self.next_trial.of);
        let distinct = texts.map(|texts| format!(", {texts} distinct")).unwrap_or_default();
        let _ = writeln!(text, "reflections  {draws} in {groups} groups{distinct}");
        let _ = writeln!(text, "  alike      {groups_without_variance} groups");
        if let Some(share) = self.reflection_share {
            let _ =
                writeln!(text, "  due        {:.0} % of a return within a group", 100.0 * share);
        }
        let reward = self.reward_mean;
        let _ = writeln!(text, "reward       {reward:+.3} mean, in return");
        let _ = writeln!(text, "             {:+.3} mean, in progress", self.progress_gain_mean);
        text
    }
}

/// The mean; 0.0 for no numbers.
fn mean(numbers: &[f32]) -> f64 {
    let sum: f64 = numbers.iter().map(|&number| f64::from(number)).sum();
    sum / numbers.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{history, outcomes};

    #[test]
    fn groups_and_what_they_earned_are_counted() {
        // Solved at once; solved after a reflection; never solved.
        let mut history = history("retrospective", &outcomes(&[1, 2], 1));
        let again = history.tasks[1].clone();
        history.tasks[1].go_back(1).unwrap();
        history.tasks[1].trials = again.trials.clone();

        let group = GroupSettings { members: 2, next_trials: None };
        let found = collection(&history, Judge::Environment, group);

        assert_eq!((found.tasks, found.tasks_finished, found.groups), (3, 2, 2));
        assert_eq!((found.first_trial.solved, found.next_trial.solved), (1, 2));
        assert_eq!((found.next_trial.of, found.groups_without_variance), (3, 1));
        assert!((found.reward_mean - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(found.episodes, 6);
    }
}
