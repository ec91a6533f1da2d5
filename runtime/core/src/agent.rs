//! Who acts and who reflects, as the trial loop sees them.
//!
//! How a model is asked (prompts, thoughts, parsing) is the agent crate's
//! business; the loop only knows what it shows and what it gets back.

use alloc::string::String;
use alloc::vec::Vec;

use crate::model::ModelError;
use crate::reflection::{Judgement, Memory, Reflection};
use crate::seed::SeedKey;
use crate::task::Task;
use crate::trajectory::{Decision, TakenStep, Trajectory};

/// An actor with its retrospective.
pub trait Agent {
    /// Decides on the next action.
    ///
    /// An answer that is no action is not an error: it is a malformed decision.
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError>;

    /// Says whether a trajectory completed its task, by what the agent saw of it.
    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError>;

    /// Draws advice from a trajectory that is taken for a failure.
    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError>;
}

/// An episode as its actor sees it.
#[derive(Clone, Copy, Debug)]
pub struct Episode<'a> {
    /// What is to be done.
    pub task: &'a Task,
    /// What earlier trials left.
    pub memory: &'a Memory,
    /// The first observation.
    pub opening: &'a str,
    /// What was done so far.
    pub steps: &'a [TakenStep],
    /// What can be done now, where the environment can tell.
    pub admissible: Option<&'a Vec<String>>,
    /// Names the request for the action.
    pub seed: SeedKey<'a>,
}

impl Episode<'_> {
    /// The step that is to be taken, from 1.
    pub fn step(&self) -> u32 {
        u32::try_from(self.steps.len() + 1).unwrap_or(u32::MAX)
    }
}

/// A trajectory as its judge and the retrospective see it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What was to be done.
    pub task: &'a Task,
    /// What happened.
    pub trajectory: &'a Trajectory,
    /// What earlier trials left.
    pub memory: &'a Memory,
    /// Names the request.
    pub seed: SeedKey<'a>,
}
