//! The results of one task and of each of its trials.

use runtime_core::choice::{Counted, Merit};
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
    /// Whether the trial that counts solved it.
    pub success: bool,
    /// The trial that solved it, from 1.
    pub solved_at: Option<u32>,
    /// Which trial counts.
    #[serde(default, skip_serializing_if = "Counted::is_last")]
    pub counted: Counted,
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
    pub(super) fn new(
        task: &Task,
        history: &TaskHistory,
        (judge, counted): (Judge, Counted),
    ) -> Self {
        let mut results = Self {
            id: task.id.clone(),
            kind: task.kind.clone(),
            success: false,
            solved_at: None,
            counted,
            finished: history.finished(task, judge),
            trials: (1..).zip(&history.trials).map(trial_results).collect(),
        };
        let solved = results.counted_by(u32::MAX).filter(|trial| trial.succeeded());
        results.solved_at = solved.map(|trial| trial.trial);
        results.success = results.solved_at.is_some();
        results
    }

    /// The trial that counts of those up to this one, from 1; `None` before the first is finished.
    pub fn counted_by(&self, trial: u32) -> Option<&TrialResults> {
        let played = || self.trials.iter().take_while(|played| played.trial <= trial);
        let merits = played().map(|played| Merit::new(played.progress, &played.ending));
        self.counted.place(merits).and_then(|place| played().nth(place))
    }

    /// Whether the trial that counts of those up to this one, from 1, solved the task.
    pub fn solved_by(&self, trial: u32) -> bool {
        self.counted_by(trial).is_some_and(TrialResults::succeeded)
    }

    /// The progress in the trial that counts of those up to this one.
    pub(super) fn progress_by(&self, trial: u32) -> f64 {
        self.counted_by(trial).map_or(0.0, |played| f64::from(played.progress))
    }
}

impl TrialResults {
    /// Whether it solved the task.
    pub fn succeeded(&self) -> bool {
        self.episode_return >= SUCCESS_RETURN
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
