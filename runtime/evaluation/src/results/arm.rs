//! What came of one arm: success by trial and by kind, costs, tasks.

use std::collections::BTreeMap;

use runtime_core::history::RunHistory;
use runtime_core::model::ModelIdentity;
use serde::{Deserialize, Serialize};

use super::cost::Cost;
use super::task::TaskResults;
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
    /// The tasks, in the pool's order.
    pub tasks: Vec<TaskResults>,
}

/// Success by the end of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSuccess {
    /// The trial, from 1.
    pub trial: u32,
    /// Tasks solved in it or before.
    #[serde(flatten)]
    pub rate: Rate,
    /// Mean over tasks of the progress in this trial, or in the task's last.
    pub progress_mean: f64,
}

/// Success with the tasks of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindSuccess {
    /// The task type.
    pub kind: String,
    /// Tasks solved in any trial.
    #[serde(flatten)]
    pub rate: Rate,
}

impl ArmResults {
    pub(super) fn new(history: &RunHistory) -> Self {
        let pairs = history.run.tasks.iter().zip(&history.tasks);
        let tasks: Vec<_> = pairs.map(|(task, played)| TaskResults::new(task, played)).collect();
        let trials_max = history.run.tasks.iter().map(|task| task.limits.trials_max).max();
        let mut acting = Cost::default();
        let mut reflecting = Cost::default();
        for trial in tasks.iter().flat_map(|task| &task.trials) {
            acting += trial.cost;
            trial.reflection.iter().for_each(|reflection| reflecting += reflection.cost);
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
            tasks,
        }
    }

    /// The last trial that a task of the arm may have; 0 without tasks.
    pub fn trials_max(&self) -> u32 {
        self.success_by_trial.last().map_or(0, |last| last.trial)
    }
}

fn trial_success(trial: u32, tasks: &[TaskResults]) -> TrialSuccess {
    let solved = tasks.iter().filter(|task| task.solved_by(trial)).count();
    let progress: f64 = tasks.iter().map(|task| task.progress_by(trial)).sum();
    TrialSuccess {
        trial,
        rate: Rate::new(solved as u64, tasks.len() as u64),
        progress_mean: progress / tasks.len() as f64,
    }
}

fn success_by_kind(tasks: &[TaskResults]) -> Vec<KindSuccess> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for task in tasks {
        let (solved, of) = counts.entry(&task.kind).or_default();
        *solved += u64::from(task.success);
        *of += 1;
    }
    let kinds = counts.into_iter();
    kinds
        .map(|(kind, (solved, of))| KindSuccess { kind: kind.into(), rate: Rate::new(solved, of) })
        .collect()
}
