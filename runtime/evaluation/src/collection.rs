//! Counts of a collection: groups of reflections and their rewards.

use std::fmt::Write as _;

use runtime_core::history::{RunHistory, TaskHistory};
use runtime_core::strategy::Judge;
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
    /// Number of groups: failed first trials with at least one reflection and next trial.
    pub groups: u64,
    /// Number of groups whose rewards are all equal, so that all advantages are 0.
    pub groups_without_variance: u64,
    /// The rate of next trials that solved their task.
    pub next_trial: Rate,
    /// The mean reflection reward: the next trial's return minus the failed one's.
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

/// The counts of a collection with groups of `members`; `judge` decided which first trials
/// failed.
pub fn collection(history: &RunHistory, judge: Judge, members: u32) -> CollectionResults {
    let (mut acting, mut reflecting) = (CostResults::default(), CostResults::default());
    let (mut episodes, mut solved_at_once, mut flat, mut groups) = (0, 0, 0, 0);
    let (mut rewards, mut gains, mut next_solved) = (Vec::new(), Vec::new(), 0);
    for task in &history.tasks {
        for trial in task.trials.iter().chain(task.branches.iter().flat_map(|one| &one.trials)) {
            episodes += 1;
            acting += CostResults::of_acting(trial);
        }
        let first = task.trials.first();
        solved_at_once += u64::from(first.is_some_and(|first| first.trajectory.succeeded()));
        let mut of_group = Vec::new();
        for tried in task.reflected() {
            let (failed, next) = (&tried.failed.trajectory, &tried.next.trajectory);
            of_group.push(next.episode_return() - failed.episode_return());
            gains.push(next.progress() - failed.progress());
            next_solved += u64::from(next.succeeded());
            reflecting += CostResults::of([&tried.reflection.generation]);
        }
        groups += u64::from(!of_group.is_empty());
        let alike = of_group.windows(2).all(|pair| pair[0].total_cmp(&pair[1]).is_eq());
        flat += u64::from(of_group.len() > 1 && alike);
        rewards.extend(of_group);
    }
    let finished = |task: &&TaskHistory| task.finished_group(judge, members);
    let begun = history.tasks.iter().filter(|task| !task.trials.is_empty()).count() as u64;
    CollectionResults {
        tasks: history.tasks.len() as u64,
        tasks_finished: history.tasks.iter().filter(finished).count() as u64,
        first_trial: Rate::new(solved_at_once, begun),
        groups,
        groups_without_variance: flat,
        next_trial: Rate::new(next_solved, rewards.len() as u64),
        reward_mean: mean(&rewards),
        progress_gain_mean: mean(&gains),
        episodes,
        acting,
        reflecting,
    }
}

impl CollectionResults {
    /// The counts as lines of text.
    pub fn text(&self) -> String {
        let Self { tasks, tasks_finished, groups, groups_without_variance, .. } = self;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "tasks        {tasks_finished} of {tasks} finished");
        let _ = writeln!(text, "first trial  {}", rate_text(&self.first_trial));
        let _ = writeln!(text, "next trial   {}", rate_text(&self.next_trial));
        let _ = writeln!(text, "reflections  {} in {groups} groups", self.next_trial.of);
        let _ = writeln!(text, "  alike      {groups_without_variance} groups");
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

        let found = collection(&history, Judge::Environment, 2);

        assert_eq!((found.tasks, found.tasks_finished, found.groups), (3, 2, 2));
        assert_eq!((found.first_trial.solved, found.next_trial.solved), (1, 2));
        assert_eq!((found.next_trial.of, found.groups_without_variance), (3, 1));
        assert!((found.reward_mean - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(found.episodes, 6);
    }
}
