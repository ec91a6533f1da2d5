//! The world that a task plays out in.

use alloc::string::String;
use alloc::vec::Vec;

use crate::claims::Claims;
use crate::task::Task;

/// A world that an actor changes one action at a time.
///
/// The same task and the same actions give the same steps: what is random is
/// drawn from a seed in the task. That is what makes a trial replayable. A world that cannot
/// promise it says so: [`Environment::repeats`].
pub trait Environment {
    /// Resets the world to the start of `task` and returns the first observation.
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError>;

    /// Takes one action.
    ///
    /// An action that the world does not understand is not an error: it is a
    /// step whose observation says so.
    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError>;

    /// The actions that have an effect or give information now, sorted, without
    /// duplicates; `None` if the world takes free text.
    fn admissible_actions(&mut self) -> Option<Vec<String>>;

    /// The JSON schema of an action now, in a world that lists no actions and takes JSON values.
    fn action_schema(&mut self) -> Option<String> {
        None
    }

    /// The form of an action now, where none are listed and there is no schema.
    fn action_form(&mut self) -> ActionForm {
        ActionForm::Line
    }

    /// Whether the last action was one that the world knows, where it says so itself; otherwise an
    /// action is known that was listed.
    fn grounded(&self) -> Option<bool> {
        None
    }

    /// Whether the same task and the same actions give the same steps. An episode of a world that
    /// does not repeat is begun anew where it was interrupted.
    fn repeats(&self) -> bool {
        true
    }

    /// A description of the episode's result that `--feedback text` shows to the
    /// next trial. It may name the subgoals that were reached, never how to reach
    /// the others.
    fn feedback(&self) -> String;

    /// What a reflection on a trial of the task claims, held against the trial's observations, the
    /// first one first; `None` in a world that cannot read it.
    fn claims(&self, task: &Task, shown: &[&str], reflection: &str) -> Option<Claims> {
        let _ = (task, shown, reflection);
        None
    }
}

/// The form of an action in free text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ActionForm {
    /// A line.
    #[default]
    Line,
    /// A line of this regular expression.
    Pattern(String),
    /// A text of several lines.
    Text {
        /// Greatest number of tokens of the text.
        tokens_max: u32,
    },
}

/// What one action led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What the actor sees next.
    pub observation: String,
    /// The reward of the action. The rewards of an episode sum to 0.0 to 1.0.
    pub reward: f32,
    /// The greatest share of subgoals reached so far, 0.0 to 1.0.
    pub progress: f32,
    /// Whether the episode is over.
    pub done: bool,
}

/// Why an environment failed. A bad action of the agent is never an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The task is not one of this environment's.
    #[error("there is no task {0:?}")]
    UnknownTask(String),
    /// The task's data cannot be read; the text says where and what was expected.
    #[error("the data of task {task:?} cannot be used: {reason}")]
    Data {
        /// The task's id.
        task: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// An action came before the first reset.
    #[error("the environment was not reset before its first step")]
    NotReset,
    /// The world failed; the text is its own message.
    #[error("the environment broke: {0}")]
    Broken(String),
    /// The world failed in this episode, which ends with it; the next one may be played. The text
    /// is its own message.
    #[error("the environment broke off the episode: {0}")]
    BrokenOff(String),
}
