//! What came of one arm: success by trial and by kind, costs, tasks.

use std::collections::BTreeMap;

use runtime_core::history::RunHistory;
use runtime_core::model::ModelIdentity;
use runtime_core::strategy::Judge;
use runtime_core::trajectory::SUCCESS_RETURN;
use serde::{Deserialize, Serialize};

use super::cost::Cost;
use super::task::{TaskResults, TrialResults};
use crate::interval::Rate;

/// What came of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmResults {
    /// The arm's strategy, by name.
    pub strategy: String,
    /// Who reflected.
    pub retrospective: ModelIdentity,
    /// Tasks that need no further trial; fewer than there are after an
    /// interruption.
    pub tasks_finished: u64,
    /// Success by the end of each trial, over all tasks; an unfinished task
    /// counts as not solved.
    pub success_by_trial: Vec<TrialSuccess>,
    /// Success after the last trial by task type, sorted by name.
    pub success_by_kind: Vec<KindSuccess>,
    /// What acting cost.
    pub acting: Cost,
    /// What reflecting cost.
    pub reflecting: Cost,
    /// How right the agent was about its own trials, where it judged them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// The tasks, in the pool's order.
    pub tasks: Vec<TaskResults>,
}

/// What an agent said of its own trials, against what was so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Said to be completed, and was.
    pub true_completed: u64,
    /// Said to be completed, and was not.
    pub false_completed: u64,
    /// Said to have failed, and had.
    pub true_failed: u64,
    /// Said to have failed, and had not.
    pub false_failed: u64,
    /// Judgements that were right.
    pub right: Rate,
    /// What judging cost.
    pub cost: Cost,
}

/// Success by the end of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSuccess {
    /// The trial, from 1.
    pub trial: u32,
    /// Tasks that their last trial up to this one solved. It never falls where
    /// the environment says what is solved; an agent that judges itself may go
    /// on after a success, and lose it.
    #[serde(flatten)]
    pub rate: Rate,
    /// Mean over tasks of the progress in this trial, or in the task's last.
    pub progress_mean: f64,
    /// Mean over the tasks that had this trial of the steps in it.
    #[serde(default)]
    pub steps_mean: f64,
}

/// Success with the tasks of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindSuccess {
    /// The task type.
    pub kind: String,
    /// Tasks solved in any trial.
    #[serde(flatten)]
    pub rate: Rate,
    /// Mean over all trials of their steps.
    #[serde(default)]
    pub steps_mean: f64,
}

impl ArmResults {
    pub(super) fn new(history: &RunHistory, judge: Judge) -> Self {
        let pairs = history.run.tasks.iter().zip(&history.tasks);
        let tasks: Vec<_> =
            pairs.map(|(task, played)| TaskResults::new(task, played, judge)).collect();
        let trials_max = history.run.tasks.iter().map(|task| task.limits.trials_max).max();
        let mut acting = Cost::default();
        let mut reflecting = Cost::default();
        let mut judging = Cost::default();
        for trial in tasks.iter().flat_map(|task| &task.trials) {
            acting += trial.cost;
            trial.reflection.iter().for_each(|reflection| reflecting += reflection.cost);
            trial.judgement.iter().for_each(|judgement| judging += judgement.cost);
        }
        Self {
            strategy: history.run.strategy.clone(),
            retrospective: history.run.retrospective.clone(),
            tasks_finished: tasks.iter().filter(|task| task.finished).count() as u64,
            success_by_trial: (1..=trials_max.unwrap_or(0))
                .map(|trial| trial_success(trial, &tasks))
                .collect(),
            success_by_kind: success_by_kind(&tasks),
            acting,
            reflecting,
            judged: (judge == Judge::Agent).then(|| Judged::new(&tasks, judging)),
            tasks,
        }
    }

    /// The last trial that a task of the arm may have; 0 without tasks.
    pub fn trials_max(&self) -> u32 {
        self.success_by_trial.last().map_or(0, |last| last.trial)
    }
}

impl Judged {
    fn new(tasks: &[TaskResults], cost: Cost) -> Self {
        let count = |said: bool, was: bool| {
            let trials = tasks.iter().flat_map(|task| &task.trials);
            let alike = trials.filter(|trial| {
                trial.judgement.is_some_and(|judgement| judgement.completed == said)
                    && (trial.episode_return >= SUCCESS_RETURN) == was
            });
            alike.count() as u64
        };
        let [true_completed, false_completed] = [true, false].map(|was| count(true, was));
        let [false_failed, true_failed] = [true, false].map(|was| count(false, was));
        let right = true_completed + true_failed;
        let all = right + false_completed + false_failed;
        let right = Rate::new(right, all);
        Self { true_completed, false_completed, true_failed, false_failed, right, cost }
    }
}

fn trial_success(trial: u32, tasks: &[TaskResults]) -> TrialSuccess {
    let solved = tasks.iter().filter(|task| task.solved_by(trial)).count();
    let progress: f64 = tasks.iter().map(|task| task.progress_by(trial)).sum();
    let played = tasks.iter().flat_map(|task| &task.trials).filter(|played| played.trial == trial);
    TrialSuccess {
        trial,
        rate: Rate::new(solved as u64, tasks.len() as u64),
        progress_mean: progress / tasks.len() as f64,
        steps_mean: steps_mean(played),
    }
}

fn success_by_kind(tasks: &[TaskResults]) -> Vec<KindSuccess> {
    let mut kinds: BTreeMap<&str, Vec<&TaskResults>> = BTreeMap::new();
    for task in tasks {
        kinds.entry(&task.kind).or_default().push(task);
    }
    let success = |(kind, tasks): (&str, Vec<&TaskResults>)| {
        let solved = tasks.iter().filter(|task| task.success).count() as u64;
        let rate = Rate::new(solved, tasks.len() as u64);
        let steps_mean = steps_mean(tasks.iter().flat_map(|task| &task.trials));
        KindSuccess { kind: kind.into(), rate, steps_mean }
    };
    kinds.into_iter().map(success).collect()
}

/// 0.0 where there is no trial.
fn steps_mean<'a>(trials: impl Iterator<Item = &'a TrialResults>) -> f64 {
    let steps: Vec<u64> = trials.map(|trial| trial.steps).collect();
    steps.iter().sum::<u64>() as f64 / steps.len().max(1) as f64
}
