//! A trial as a person reads it: what it was told, saw and did, how likely that was, and what was
//! learned from it.
//!
//! ```text
//! history ─► transcripts of a task, in the order to read them
//!            trial 1 ─ its reflections ─► the trial that read each of them
//! ```
//!
//! All of it is from the records, but for two things that records do not hold and whoever has a
//! tokenizer and the world adds: a prompt's text, and what could be done.

mod answer;
mod told;
mod paragraphs;
pub mod list;

use runtime_core::history::{FinishedTrial, OpenTrial, RunHistory, TaskHistory};
use runtime_core::reflection::Reflection;
use runtime_core::task::Task;
use runtime_core::trajectory::TakenStep;
use serde::Serialize;

pub use answer::{Answer, Prompt};
pub use paragraphs::{Paragraph, Tone, paragraphs};
pub use told::{Told, told};

use crate::results::cost::Cost;
use answer::Follower;

/// One trial.
#[derive(Clone, Debug, Serialize)]
pub struct Transcript {
    /// The arm's strategy, by name.
    pub arm: String,
    /// The task's place in the run's pool, from 1.
    pub place: usize,
    /// What was to be done.
    pub task: Task,
    /// The trial, from 1.
    pub trial: u32,
    /// Which of a group's next trials it is, from 1; `None` where there is no group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// What it was told of earlier trials.
    pub told: Told,
    /// The first observation.
    pub opening: String,
    /// What was done, in order.
    pub steps: Vec<ShownStep>,
    /// How it ended; `None` while it is under way.
    pub result: Option<TrialResult>,
    /// What the agent said of it, where it judges itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<ShownJudgement>,
    /// What was learned from it; a group has several.
    pub reflections: Vec<ShownReflection>,
    /// What acting cost.
    pub acting: Cost,
    /// What a reader must know of it, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One action and what it led to.
#[derive(Clone, Debug, Serialize)]
pub struct ShownStep {
    /// What could be done. Records do not hold it.
    pub admissible: Option<Vec<String>>,
    /// Older steps that the prompt no longer showed.
    pub dropped_steps: u32,
    /// What was thought before, by agents that think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought: Option<Answer>,
    /// The action as the world got it.
    pub action: String,
    /// Whether no action could be read from the answer.
    pub malformed: bool,
    /// What the action was read from.
    pub answer: Answer,
    /// What the actor saw next.
    pub observation: String,
    /// What the action earned.
    pub reward: f32,
    /// The share of subgoals reached at best so far.
    pub progress: f32,
}

/// How a trial ended.
#[derive(Clone, Debug, Serialize)]
pub struct TrialResult {
    /// Whether the task was solved.
    pub success: bool,
    /// Why the episode ended, by name.
    pub ending: &'static str,
    /// The sum of the rewards, 0.0 to 1.0.
    #[serde(rename = "return")]
    pub episode_return: f32,
    /// The share of subgoals reached at best.
    pub progress: f32,
    /// The environment's account of how it stood.
    pub feedback: String,
}

/// What an agent said of its own trial.
#[derive(Clone, Debug, Serialize)]
pub struct ShownJudgement {
    /// Whether it took the task for completed.
    pub completed: bool,
    /// How a model said so.
    pub answer: Answer,
}

/// Advice that was drawn from a trial.
#[derive(Clone, Debug, Serialize)]
pub struct ShownReflection {
    /// Which of a group's it is, from 1; `None` where there is no group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// The advice, as the next trial reads it.
    pub text: String,
    /// How a model wrote it.
    pub answer: Answer,
}

/// How a trial stands, for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The task was solved.
    Solved,
    /// It was not.
    Failed,
    /// The trial is under way, or was when the run stopped.
    UnderWay,
}

/// How the trials of a task stand, in the order of [`transcripts`].
pub fn outcomes(played: &TaskHistory) -> Vec<Outcome> {
    let of = |trial: &FinishedTrial| {
        if trial.trajectory.succeeded() { Outcome::Solved } else { Outcome::Failed }
    };
    let branches = played.branches.iter().flat_map(|branch| &branch.trials);
    let (first, rest) = played.trials.split_at(played.trials.len().min(1));
    let ended = first.iter().chain(branches).chain(rest).map(of);
    ended.chain(played.open.iter().map(|_| Outcome::UnderWay)).collect()
}

/// Every trial of the task at `place`, from 0, of the run's pool; none where there is no
/// such task. Trials that followed from a group's reflections stand in the group's order.
pub fn transcripts(history: &RunHistory, place: usize) -> Vec<Transcript> {
    let Some((task, played)) = history.run.tasks.get(place).zip(history.tasks.get(place)) else {
        return Vec::new();
    };
    let telling = Telling { history, task, place, played };
    let mut line = (1_u32..).zip(&played.trials).map(|(trial, ended)| telling.line(trial, ended));
    let mut all: Vec<Transcript> = line.next().into_iter().collect();
    for (member, branch) in (1..).zip(&played.branches) {
        for (trial, ended) in (branch.reflection.trial + 1..).zip(&branch.trials) {
            let told = Told::advice(&branch.reflection);
            all.push(Transcript { member: Some(member), told, ..telling.ended(trial, ended) });
        }
    }
    all.extend(line);
    all.extend(played.open.as_ref().map(|open| telling.open(open)));
    all
}

/// A task that is told of.
struct Telling<'a> {
    history: &'a RunHistory,
    task: &'a Task,
    place: usize,
    played: &'a TaskHistory,
}

impl Telling<'_> {
    /// A trial that nothing went back behind.
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
            answer: Answer::alone(&judgement.generation),
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
            acting: Cost::of_acting(ended),
            ..self.begun(trial, &found.opening, &found.steps)
        }
    }

    fn open(&self, open: &OpenTrial) -> Transcript {
        let trial = u32::try_from(self.played.trials.len()).unwrap_or(u32::MAX).saturating_add(1);
        Transcript {
            member: self.last_member().filter(|_| trial > 1),
            acting: Cost::of_steps(&open.steps, open.environment_us),
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
            told: told(&self.history.run, self.played, trial),
            opening: opening.to_owned(),
            steps: taken.iter().map(|step| shown(step, &mut calls)).collect(),
            result: None,
            judgement: None,
            reflections: Vec::new(),
            acting: Cost::default(),
            notes: Vec::new(),
        }
    }

    /// The number of the member that has no branch yet; `None` where there is no group.
    fn last_member(&self) -> Option<usize> {
        (!self.played.branches.is_empty()).then_some(self.played.branches.len() + 1)
    }
}

impl ShownReflection {
    fn new(reflection: &Reflection) -> Self {
        let (text, answer) = (reflection.text.clone(), Answer::alone(&reflection.generation));
        Self { member: None, text, answer }
    }
}

fn shown(step: &TakenStep, calls: &mut Follower) -> ShownStep {
    let TakenStep { decision, outcome } = step;
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
