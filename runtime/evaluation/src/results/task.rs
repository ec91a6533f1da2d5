//! The results of one task and of each of its trials.

use runtime_core::history::{FinishedTrial, TaskHistory};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::strategy::Judge;
use runtime_core::task::Task;
use runtime_core::trajectory::SUCCESS_RETURN;
use serde::{Deserialize, Serialize};

use super::cost::CostResults;

/// The results of one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskResults {
    /// The task's id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Whether its last trial solved it.
    pub success: bool,
    /// The trial that solved it, from 1.
    pub solved_at: Option<u32>,
    /// Whether it needs no further trial; `false` after an interruption.
    pub finished: bool,
    /// The finished trials, in order.
    pub trials: Vec<TrialResults>,
}

/// The results of one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialResults {
    /// Its number, from 1.
    pub trial: u32,
    /// Number of steps.
    pub steps: u64,
    /// Number of steps from whose answer no action could be read.
    pub malformed: u64,
    /// The episode's return, 0.0 to 1.0.
    #[serde(rename = "return")]
    pub episode_return: f32,
    /// The share of subgoals reached, 0.0 to 1.0.
    pub progress: f32,
    /// Why it ended, by name.
    pub ending: String,
    /// The cost of acting.
    #[serde(flatten)]
    pub cost: CostResults,
    /// The agent's own judgement, if it judges itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<JudgementResults>,
    /// The reflection on it, if any.
    pub reflection: Option<ReflectionResults>,
}

/// An agent's own judgement and its cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgementResults {
    /// Whether the agent says that the task was completed.
    pub completed: bool,
    /// The cost of the judgement.
    #[serde(flatten)]
    pub cost: CostResults,
}

/// A reflection and its cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReflectionResults {
    /// The text.
    pub text: String,
    /// The cost of the reflection.
    #[serde(flatten)]
    pub cost: CostResults,
}

impl TaskResults {
    pub(super) fn new(task: &Task, history: &TaskHistory, judge: Judge) -> Self {
        let trials: Vec<_> = (1..).zip(&history.trials).map(trial_results).collect();
        let solved_at = history.solved().then(|| trials.last().map(|last| last.trial)).flatten();
        Self {
            id: task.id.clone(),
            kind: task.kind.clone(),
            success: solved_at.is_some(),
            solved_at,
            finished: history.finished(task, judge),
            trials,
        }
    }

    /// Whether this trial, from 1, or the last one played before it solved the task.
    pub fn solved_by(&self, trial: u32) -> bool {
        let played = self.trials.iter().rfind(|played| played.trial <= trial);
        played.is_some_and(|played| played.episode_return >= SUCCESS_RETURN)
    }

    /// The progress in this trial, or in the last one played before it.
    pub(super) fn progress_by(&self, trial: u32) -> f64 {
        let played = self.trials.iter().rfind(|played| played.trial <= trial);
        played.map_or(0.0, |played| f64::from(played.progress))
    }
}

fn trial_results((trial, finished): (u32, &FinishedTrial)) -> TrialResults {
    let trajectory = &finished.trajectory;
    let malformed = trajectory.steps.iter().filter(|step| step.decision.malformed).count();
    TrialResults {
        trial,
        steps: trajectory.steps.len() as u64,
        malformed: malformed as u64,
        episode_return: trajectory.episode_return(),
        progress: trajectory.progress(),
        ending: trajectory.ending.name().into(),
        cost: CostResults::of_acting(finished),
        judgement: finished.judgement.as_ref().map(judgement_results),
        reflection: finished.reflection.as_ref().map(reflection_results),
    }
}

fn judgement_results(judgement: &Judgement) -> JudgementResults {
    let cost = CostResults::of([&judgement.generation]);
    JudgementResults { completed: judgement.completed, cost }
}

fn reflection_results(reflection: &Reflection) -> ReflectionResults {
    ReflectionResults {
        text: reflection.text.clone(),
        cost: CostResults::of([&reflection.generation]),
    }
}
