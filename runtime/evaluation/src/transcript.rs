//! Transcripts: a trial for a reader, with its memory, observations, actions, their probabilities
//! and the reflections on it.
//!
//! ```text
//! history ─► transcripts of a task, in the order to read them
//!            trial 1 ─ its reflections ─► the trial that read each of them
//! ```
//!
//! It comes from the records, except for two things that records do not contain: the text of
//! prompts, which needs a tokenizer, and admissible actions, which need the world.

mod answer;
mod memory;
mod paragraphs;
pub mod list;

use runtime_core::history::{FinishedTrial, OpenTrial, RunHistory, TaskHistory};
use runtime_core::reflection::Reflection;
use runtime_core::task::Task;
use runtime_core::trajectory::TakenStep;
use serde::Serialize;

pub use answer::{AnswerView, PromptView};
pub use memory::{TrialMemory, trial_memory};
pub use paragraphs::{Paragraph, Tone, paragraphs};

use crate::results::cost::CostResults;
use answer::Follower;

/// The transcript of one trial.
#[derive(Clone, Debug, Serialize)]
pub struct Transcript {
    /// The arm's strategy, by name.
    pub arm: String,
    /// The task's number in the run, from 1.
    pub place: usize,
    /// The task.
    pub task: Task,
    /// The trial, from 1.
    pub trial: u32,
    /// The number of the group's member that it follows, from 1; `None` without a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// Its memory of earlier trials.
    #[serde(rename = "told")]
    pub memory: TrialMemory,
    /// The first observation.
    pub opening: String,
    /// The steps, in order.
    pub steps: Vec<ShownStep>,
    /// The result; `None` if it is unfinished.
    pub result: Option<TrialResult>,
    /// The agent's own judgement, if it judges itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<ShownJudgement>,
    /// The reflections on it; several for a group.
    pub reflections: Vec<ShownReflection>,
    /// The cost of acting.
    pub acting: CostResults,
    /// Notes for the reader, each a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One step of a transcript.
#[derive(Clone, Debug, Serialize)]
pub struct ShownStep {
    /// The admissible actions, which records do not contain.
    pub admissible: Option<Vec<String>>,
    /// Number of oldest steps dropped from the prompt.
    pub dropped_steps: u32,
    /// The thought before the action, of agents that write thoughts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought: Option<AnswerView>,
    /// The action that the environment received.
    pub action: String,
    /// Whether no action could be read from the answer.
    pub malformed: bool,
    /// The answer that the action was read from.
    pub answer: AnswerView,
    /// The observation after the action.
    pub observation: String,
    /// The reward of the action.
    pub reward: f32,
    /// The greatest share of subgoals reached so far.
    pub progress: f32,
}

/// The result of a trial.
#[derive(Clone, Debug, Serialize)]
pub struct TrialResult {
    /// Whether the task was solved.
    pub success: bool,
    /// Why the episode ended, by name.
    pub ending: &'static str,
    /// The sum of the rewards, 0.0 to 1.0.
    #[serde(rename = "return")]
    pub episode_return: f32,
    /// The greatest share of subgoals reached.
    pub progress: f32,
    /// The environment's description of the result.
    pub feedback: String,
}

/// An agent's own judgement in a transcript.
#[derive(Clone, Debug, Serialize)]
pub struct ShownJudgement {
    /// Whether the agent says that the task was completed.
    pub completed: bool,
    /// The answer with the judgement.
    pub answer: AnswerView,
}

/// A reflection in a transcript.
#[derive(Clone, Debug, Serialize)]
pub struct ShownReflection {
    /// The number in its group, from 1; `None` without a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// The text in the next trial's prompt.
    pub text: String,
    /// The answer with the reflection.
    pub answer: AnswerView,
}

/// The outcome of a trial in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialOutcome {
    /// The trial solved the task.
    Solved,
    /// The trial failed.
    Failed,
    /// The trial is unfinished.
    UnderWay,
}

/// The outcomes of a task's trials, in the order of [`transcripts`].
pub fn outcomes(played: &TaskHistory) -> Vec<TrialOutcome> {
    let of = |trial: &FinishedTrial| {
        if trial.trajectory.succeeded() { TrialOutcome::Solved } else { TrialOutcome::Failed }
    };
    let branches = played.branches.iter().flat_map(|branch| &branch.trials);
    let (first, rest) = played.trials.split_at(played.trials.len().min(1));
    let ended = first.iter().chain(branches).chain(rest).map(of);
    ended.chain(played.open.iter().map(|_| TrialOutcome::UnderWay)).collect()
}

/// The transcripts of all trials of the run's task with index `place`; none if there is no
/// such task. Trials after a group's reflections are in the group's order.
pub fn transcripts(history: &RunHistory, place: usize) -> Vec<Transcript> {
    let Some((task, played)) = history.run.tasks.get(place).zip(history.tasks.get(place)) else {
        return Vec::new();
    };
    let telling = Telling { history, task, place, played };
    let mut line = (1_u32..).zip(&played.trials).map(|(trial, ended)| telling.line(trial, ended));
    let mut all: Vec<Transcript> = line.next().into_iter().collect();
    for (member, branch) in (1..).zip(&played.branches) {
        for (trial, ended) in (branch.reflection.trial + 1..).zip(&branch.trials) {
            let memory = TrialMemory::advice(&branch.reflection);
            all.push(Transcript { member: Some(member), memory, ..telling.ended(trial, ended) });
        }
    }
    all.extend(line);
    all.extend(played.open.as_ref().map(|open| telling.open(open)));
    all
}

/// A task whose transcripts are written.
struct Telling<'a> {
    history: &'a RunHistory,
    task: &'a Task,
    place: usize,
    played: &'a TaskHistory,
}

impl Telling<'_> {
    /// The transcript of a trial outside of branches.
    fn line(&self, trial: u32, ended: &FinishedTrial) -> Transcript {
        let branches = self.played.branches.iter().map(|branch| &branch.reflection);
        let tried = branches.filter(|reflection| reflection.trial == trial);
        let all: Vec<&Reflection> = tried.chain(&ended.reflection).collect();
        let is_group = trial == 1 && self.last_member().is_some();
        let shown = (1..).zip(all).map(|(number, reflection)| ShownReflection {
            member: is_group.then_some(number),
            ..ShownReflection::new(reflection)
        });
        Transcript {
            member: self.last_member().filter(|_| trial > 1),
            reflections: shown.collect(),
            ..self.ended(trial, ended)
        }
    }

    fn ended(&self, trial: u32, ended: &FinishedTrial) -> Transcript {
        let found = &ended.trajectory;
        let judgement = ended.judgement.as_ref().map(|judgement| ShownJudgement {
            completed: judgement.completed,
            answer: AnswerView::alone(&judgement.generation),
        });
        Transcript {
            result: Some(TrialResult {
                success: found.succeeded(),
                ending: found.ending.name(),
                episode_return: found.episode_return(),
                progress: found.progress(),
                feedback: found.feedback.clone(),
            }),
            judgement,
            reflections: ended.reflection.iter().map(ShownReflection::new).collect(),
            acting: CostResults::of_acting(ended),
            ..self.begun(trial, &found.opening, &found.steps)
        }
    }

    fn open(&self, open: &OpenTrial) -> Transcript {
        let trial = u32::try_from(self.played.trials.len()).unwrap_or(u32::MAX).saturating_add(1);
        Transcript {
            member: self.last_member().filter(|_| trial > 1),
            acting: CostResults::of_steps(&open.steps, open.environment_us),
            ..self.begun(trial, &open.opening, &open.steps)
        }
    }

    fn begun(&self, trial: u32, opening: &str, taken: &[TakenStep]) -> Transcript {
        let mut calls = Follower::default();
        Transcript {
            arm: self.history.run.strategy.clone(),
            place: self.place + 1,
            task: self.task.clone(),
            trial,
            member: None,
            memory: trial_memory(&self.history.run, self.played, trial),
            opening: opening.to_owned(),
            steps: taken.iter().map(|step| shown(step, &mut calls)).collect(),
            result: None,
            judgement: None,
            reflections: Vec::new(),
            acting: CostResults::default(),
            notes: Vec::new(),
        }
    }

    /// The number of the member without a branch; `None` without a group.
    fn last_member(&self) -> Option<usize> {
        (!self.played.branches.is_empty()).then_some(self.played.branches.len() + 1)
    }
}

impl ShownReflection {
    fn new(reflection: &Reflection) -> Self {
        let (text, answer) = (reflection.text.clone(), AnswerView::alone(&reflection.generation));
        Self { member: None, text, answer }
    }
}

fn shown(step: &TakenStep, calls: &mut Follower) -> ShownStep {
    let TakenStep { decision, outcome, .. } = step;
    ShownStep {
        admissible: None,
        dropped_steps: decision.dropped_steps,
        thought: decision.thought.as_ref().map(|thought| calls.next(thought)),
        action: decision.action.clone(),
        malformed: decision.malformed,
        answer: calls.next(&decision.answer),
        observation: outcome.observation.clone(),
        reward: outcome.reward,
        progress: outcome.progress,
    }
}

#[cfg(test)]
mod tests;
