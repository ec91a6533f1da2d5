//! The results of one arm: success by trial and by task type, costs, tasks.

use std::collections::BTreeMap;

use runtime_core::claims::ClaimCounts;
use runtime_core::history::RunHistory;
use runtime_core::model::ModelIdentity;
use runtime_core::strategy::Judge;
use serde::{Deserialize, Serialize};

use super::analysis::Analysis;
use super::cost::{CostResults, Tokens};
use super::task::{TaskResults, TrialResults};
use crate::interval::Rate;

/// The results of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmResults {
    /// The arm's strategy, by name.
    pub strategy: String,
    /// The retrospective's weights.
    pub retrospective: ModelIdentity,
    /// Number of tasks that need no further trial; not all after an interruption.
    pub tasks_finished: u64,
    /// Success by the end of each trial, over all tasks; an unfinished task
    /// counts as not solved.
    pub success_by_trial: Vec<TrialSuccess>,
    /// Success after the last trial by task type, sorted by name.
    pub success_by_kind: Vec<KindSuccess>,
    /// The cost of acting.
    pub acting: CostResults,
    /// The cost of reflecting.
    pub reflecting: CostResults,
    /// What is asked beside success; `None` of runs from before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// The accuracy of the agent's own judgements, if it judged itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// What reflections claim, held against the trials that they are on; `None` in worlds that do
    /// not read claims, and of runs from before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimCounts>,
    /// The tasks, in the run's order.
    pub tasks: Vec<TaskResults>,
}

/// An agent's own judgements, compared with the environment's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Number of judgements "completed" that were right.
    pub true_completed: u64,
    /// Number of judgements "completed" that were wrong.
    pub false_completed: u64,
    /// Number of judgements "failed" that were right.
    pub true_failed: u64,
    /// Number of judgements "failed" that were wrong.
    pub false_failed: u64,
    /// The rate of right judgements.
    pub right: Rate,
    /// The cost of judging.
    pub cost: CostResults,
}

/// Success by the end of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialSuccess {
    /// The trial, from 1.
    pub trial: u32,
    /// The rate of tasks that were solved by the trial that counts of those up to this one, in most
    /// strategies the last. It never decreases if the environment judges and the last trial
    /// counts; an agent that judges itself may play another trial after a success, and fail.
    #[serde(flatten)]
    pub rate: Rate,
    /// Mean progress over tasks in the trial that counts of those up to this one.
    pub progress_mean: f64,
    /// Mean number of steps over the tasks that had this trial.
    #[serde(default)]
    pub steps_mean: f64,
    /// Mean number of tokens that were read for it, cached ones included, over the tasks that had
    /// it: for acting, judging and the reflection on it.
    #[serde(default)]
    pub prompt_tokens_mean: f64,
    /// The same of tokens that were generated.
    #[serde(default)]
    pub generated_tokens_mean: f64,
}

/// Success for the tasks of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindSuccess {
    /// The task type.
    pub kind: String,
    /// The rate of tasks solved in any trial.
    #[serde(flatten)]
    pub rate: Rate,
    /// Mean number of steps over all trials.
    #[serde(default)]
    pub steps_mean: f64,
}

impl ArmResults {
    pub(super) fn new(history: &RunHistory, judge: Judge) -> Self {
        let pairs = history.run.tasks.iter().zip(&history.tasks);
        let rules = (judge, history.counted());
        let tasks: Vec<_> =
            pairs.map(|(task, played)| TaskResults::new(task, played, rules)).collect();
        let trials_max = history.run.tasks.iter().map(|task| task.limits.trials_max).max();
        let mut acting = CostResults::default();
        let mut reflecting = CostResults::default();
        let mut judging = CostResults::default();
        for trial in tasks.iter().flat_map(|task| &task.trials) {
            acting += trial.cost;
            trial.reflection.iter().for_each(|reflection| reflecting += reflection.cost);
            trial.judgement.iter().for_each(|judgement| judging += judgement.cost);
        }
        let mut all = acting;
        all += reflecting;
        all += judging;
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
            analysis: Some(Analysis::new(history, &tasks, all)),
            judged: (judge == Judge::Agent).then(|| Judged::new(&tasks, judging)),
            claims: claims(history),
            tasks,
        }
    }

    /// Greatest number of trials of a task of the arm; 0 without tasks.
    pub fn trials_max(&self) -> u32 {
        self.success_by_trial.last().map_or(0, |last| last.trial)
    }
}

fn claims(history: &RunHistory) -> Option<ClaimCounts> {
    let trials = history.tasks.iter().flat_map(|task| &task.trials);
    let claims =
        trials.filter_map(|trial| Some(trial.reflection.as_ref()?.claims.as_ref()?.counts));
    claims.reduce(|mut sum, claims| {
        sum += claims;
        sum
    })
}

impl Judged {
    fn new(tasks: &[TaskResults], cost: CostResults) -> Self {
        let count = |said: bool, was: bool| {
            let trials = tasks.iter().flat_map(|task| &task.trials);
            let alike = trials.filter(|trial| {
                trial.judgement.is_some_and(|judgement| judgement.completed == said)
                    && trial.succeeded() == was
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
    let cost = |trial: &TrialResults| {
        let mut cost = trial.cost;
        trial.judgement.iter().for_each(|judgement| cost += judgement.cost);
        trial.reflection.iter().for_each(|reflection| cost += reflection.cost);
        cost.tokens
    };
    let tokens: Vec<Tokens> = played.clone().map(cost).collect();
    let mean = |of: fn(&Tokens) -> u64| {
        tokens.iter().map(of).sum::<u64>() as f64 / tokens.len().max(1) as f64
    };
    TrialSuccess {
        trial,
        rate: Rate::new(solved as u64, tasks.len() as u64),
        progress_mean: progress / tasks.len() as f64,
        steps_mean: steps_mean(played),
        prompt_tokens_mean: mean(|tokens| tokens.prompt),
        generated_tokens_mean: mean(|tokens| tokens.generated),
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

/// The mean number of steps; 0.0 without trials.
fn steps_mean<'a>(trials: impl Iterator<Item = &'a TrialResults>) -> f64 {
    let steps: Vec<u64> = trials.map(|trial| trial.steps).collect();
    steps.iter().sum::<u64>() as f64 / steps.len().max(1) as f64
}
