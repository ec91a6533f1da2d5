//! The events of a run, in the order they are written down.
//!
//! ```text
//! Run ─► TrialStart ─► Step … Step ─► TrialEnd ─► Judgement ─► Reflection ─► TrialStart …
//!                                                                  ▲   … TrialEnd ─► Branch
//!                                                                  └───────────────────┘
//! ```
//!
//! A branch returns the task to the state after a trial; another reflection on it follows.
//!
//! A trial's record is its events. They contain what cannot be computed again:
//! observations, tokens with log-probabilities, times. Each prompt is stored as
//! its difference to the previous call's tokens, since an episode's prompts
//! repeat almost everything.

mod call;

use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use serde::{Deserialize, Serialize};

use crate::claims::Claims;
use crate::environment::Step;
use crate::model::{ModelIdentity, Token};
use crate::task::{Task, TaskTraits};
use crate::trajectory::{Decision, Ending, TakenStep};

pub use call::{Call, CallHistory, PROMPT_TOKENS_MAX};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The run's settings and tasks; always the first event.
    Run(RunEvent),
    /// An episode was reset.
    TrialStart(TrialStartEvent),
    /// An action was taken.
    Step(StepEvent),
    /// An episode ended.
    TrialEnd(TrialEndEvent),
    /// A reflection was written on a failed episode.
    Reflection(ReflectionEvent),
    /// The agent judged whether an episode had succeeded.
    Judgement(JudgementEvent),
    /// The task returns to the state after a trial, to try another reflection on it.
    Branch(BranchEvent),
}

/// The settings, models and tasks of a run: enough to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// Version of the program.
    pub version: String,
    /// The arm's strategy, by name.
    pub strategy: String,
    /// Every setting that decides what is played, as JSON.
    pub settings: String,
    /// sha256 of the prompt templates, in hexadecimal.
    pub prompts_sha256: String,
    /// The actor's weights.
    #[serde(with = "identity")]
    pub actor: ModelIdentity,
    /// The retrospective's weights.
    #[serde(with = "identity")]
    pub retrospective: ModelIdentity,
    /// The run's tasks; events refer to them by index.
    pub tasks: Vec<Task>,
    /// What the world says of each task, as many; empty where it says nothing. Formats have it as a
    /// separate field, see [`record`](crate::record).
    #[serde(skip)]
    pub traits: Vec<TaskTraits>,
}

/// A [`ModelIdentity`] in the layout of every format version; later additions are separate
/// fields, see [`record`](crate::record).
mod identity {
    use alloc::string::String;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::ModelIdentity;

    pub(super) fn serialize<S: Serializer>(
        model: &ModelIdentity,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (&model.name, &model.sha256, &model.adapter_sha256).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ModelIdentity, D::Error> {
        let (name, sha256, adapter_sha256) =
            <(String, String, Option<String>)>::deserialize(deserializer)?;
        Ok(ModelIdentity { name, sha256, adapter_sha256, source_sha256: None })
    }
}

/// Which trial an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrialKey {
    /// Index of the task in the run, from 0.
    pub task: u32,
    /// The trial, from 1.
    pub trial: u32,
}

/// An episode was reset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialStartEvent {
    /// The trial.
    pub key: TrialKey,
    /// The first observation.
    pub opening: String,
}

/// An action was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEvent {
    /// The trial.
    pub key: TrialKey,
    /// The action that the environment received.
    pub action: String,
    /// Whether no action could be read from the answer.
    pub malformed: bool,
    /// Older steps that the prompt no longer showed.
    pub dropped_steps: u32,
    /// The generation of the thought, if any, then the one that the action was read from.
    pub calls: Vec<Call>,
    /// What the actor saw next.
    pub observation: String,
    /// The reward of the action.
    pub reward: f32,
    /// The greatest share of subgoals reached so far.
    pub progress: f32,
    /// Whether the episode was over.
    pub done: bool,
    /// Time spent in the environment, listing of admissible actions included.
    pub environment_us: u64,
    /// See [`TakenStep::grounded`]; a separate field, too.
    #[serde(skip)]
    pub grounded: Option<bool>,
}

/// An episode ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialEndEvent {
    /// The trial.
    pub key: TrialKey,
    /// Why it ended.
    pub ending: Ending,
    /// The environment's description of the result.
    pub feedback: String,
}

/// A reflection was written on a failed episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReflectionEvent {
    /// The trial that failed.
    pub key: TrialKey,
    /// The reflection's text in the next trial's prompt.
    pub text: String,
    /// The generation of the reflection.
    pub call: Call,
    /// Number of draws before it that repeated a text in the memory. Formats have it as a
    /// separate field, see [`record`](crate::record).
    #[serde(skip)]
    pub repeats: u32,
    /// See [`Reflection::again`](crate::reflection::Reflection::again); a separate field, too.
    #[serde(skip)]
    pub again: u32,
    /// What the text claims, held against the trial; two separate fields.
    #[serde(skip)]
    pub claims: Option<Claims>,
}

/// The agent judged whether an episode had succeeded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgementEvent {
    /// The judged trial.
    pub key: TrialKey,
    /// Whether the agent says that the task was completed.
    pub completed: bool,
    /// The generation of the judgement.
    pub call: Call,
}

impl Event {
    /// The trial that the event belongs to; `None` for [`Event::Run`].
    pub fn key(&self) -> Option<TrialKey> {
        match self {
            Self::Run(_) => None,
            Self::TrialStart(start) => Some(start.key),
            Self::Step(step) => Some(step.key),
            Self::TrialEnd(end) => Some(end.key),
            Self::Judgement(judgement) => Some(judgement.key),
            Self::Reflection(reflection) => Some(reflection.key),
            Self::Branch(branch) => Some(branch.key),
        }
    }

    /// The event's calls, in order.
    pub(crate) fn calls(&self) -> &[Call] {
        match self {
            Self::Step(step) => &step.calls,
            Self::Judgement(judgement) => slice::from_ref(&judgement.call),
            Self::Reflection(reflection) => slice::from_ref(&reflection.call),
            Self::Run(_) | Self::TrialStart(_) | Self::TrialEnd(_) | Self::Branch(_) => &[],
        }
    }

    /// The tokens of all the event's calls, in order.
    pub(crate) fn tokens_mut(&mut self) -> impl Iterator<Item = &mut Token> {
        let calls = match self {
            Self::Step(step) => step.calls.as_mut_slice(),
            Self::Judgement(judgement) => slice::from_mut(&mut judgement.call),
            Self::Reflection(reflection) => slice::from_mut(&mut reflection.call),
            Self::Run(_) | Self::TrialStart(_) | Self::TrialEnd(_) | Self::Branch(_) => &mut [],
        };
        calls.iter_mut().flat_map(|call| &mut call.tokens)
    }
}

/// The task returns to the state after a trial, to try another reflection on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchEvent {
    /// The trial to return to.
    pub key: TrialKey,
}

impl StepEvent {
    /// The event of a step.
    pub fn new(
        key: TrialKey,
        step: &TakenStep,
        calls: &mut CallHistory,
        environment_us: u64,
    ) -> Self {
        let TakenStep { decision, outcome, grounded } = step;
        Self {
            key,
            action: decision.action.clone(),
            malformed: decision.malformed,
            dropped_steps: decision.dropped_steps,
            calls: decision.generations().map(|generation| calls.shorten(generation)).collect(),
            observation: outcome.observation.clone(),
            reward: outcome.reward,
            progress: outcome.progress,
            done: outcome.done,
            environment_us,
            grounded: *grounded,
        }
    }

    /// The step of the event; `None` if its calls do not fit together.
    pub fn taken_step(&self, calls: &mut CallHistory) -> Option<TakenStep> {
        let mut generations = Vec::new();
        for call in &self.calls {
            generations.push(calls.restore(call)?);
        }
        let answer = generations.pop()?;
        let decision = Decision {
            action: self.action.clone(),
            malformed: self.malformed,
            dropped_steps: self.dropped_steps,
            thought: generations.pop(),
            answer,
        };
        Some(TakenStep { decision, outcome: self.outcome(), grounded: self.grounded })
    }

    /// The environment's response to the action.
    pub fn outcome(&self) -> Step {
        Step {
            observation: self.observation.clone(),
            reward: self.reward,
            progress: self.progress,
            done: self.done,
        }
    }
}
