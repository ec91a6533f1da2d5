//! The interface between the trial loop and an agent: act, judge, reflect.
//!
//! Prompts, thoughts and the parsing of answers belong to the crate `runtime-agent`.

use alloc::string::String;
use alloc::vec::Vec;

use crate::environment::ActionForm;
use crate::model::ModelError;
use crate::reflection::{Judgement, Memory, Reflection};
use crate::seed::SeedKey;
use crate::task::Task;
use crate::trajectory::{Decision, TakenStep, Trajectory};

/// An actor together with its retrospective.
pub trait Agent {
    /// Chooses the next action.
    ///
    /// An answer from which no action can be read is not an error but a malformed decision.
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError>;

    /// The agent's own judgement whether a trajectory completed its task.
    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError>;

    /// A reflection on a trajectory that was judged a failure.
    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError>;
}

/// The state of an episode that the actor sees.
#[derive(Clone, Copy, Debug)]
pub struct Episode<'a> {
    /// The task.
    pub task: &'a Task,
    /// The memory from earlier trials of the task.
    pub memory: &'a Memory,
    /// The first observation.
    pub opening: &'a str,
    /// The steps taken so far.
    pub steps: &'a [TakenStep],
    /// The admissible actions now; `None` if the environment cannot list them.
    pub admissible: Option<&'a Vec<String>>,
    /// The JSON schema of actions, in worlds whose actions are JSON values.
    pub schema: Option<&'a str>,
    /// The form of an action that is neither listed nor a JSON value.
    pub form: &'a ActionForm,
    /// The key that seeds the request for the action.
    pub seed: SeedKey<'a>,
}

impl Episode<'_> {
    /// The number of the next step, from 1.
    pub fn step(&self) -> u32 {
        u32::try_from(self.steps.len() + 1).unwrap_or(u32::MAX)
    }
}

/// A finished trajectory with its context, for judgement and reflection.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The task.
    pub task: &'a Task,
    /// The trajectory.
    pub trajectory: &'a Trajectory,
    /// The memory from earlier trials of the task.
    pub memory: &'a Memory,
    /// The key that seeds the request.
    pub seed: SeedKey<'a>,
}
