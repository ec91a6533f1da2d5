//! Who acts and who reflects, as the trial loop sees them.
//!
//! How a model is asked (prompts, thoughts, parsing) is the agent crate's
//! business; the loop only knows what it shows and what it gets back.

use alloc::string::String;
use alloc::vec::Vec;

use crate::model::ModelError;
use crate::reflection::{Memory, Reflection};
use crate::seed::SeedKey;
use crate::task::Task;
use crate::trajectory::{Decision, TakenStep, Trajectory};

/// An actor with its retrospective.
pub trait Agent {
    /// Decides on the next action.
    ///
    /// An answer that is no action is not an error: it is a malformed decision.
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError>;

    /// Draws advice from a failed trajectory.
    fn reflect(&mut self, failure: &Failure<'_>) -> Result<Reflection, ModelError>;
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
    /// Names the request; its `member` is the agent's to count up.
    pub seed: SeedKey<'a>,
}

/// A failed trajectory as the retrospective sees it.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// What was to be done.
    pub task: &'a Task,
    /// What happened instead.
    pub trajectory: &'a Trajectory,
    /// What earlier trials left.
    pub memory: &'a Memory,
    /// Names the request.
    pub seed: SeedKey<'a>,
}
