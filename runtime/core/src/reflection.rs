//! Reflections, and the memory that carries them from one trial to the next.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::environment::EnvironmentError;
use crate::model::Generation;
use crate::task::Task;
use crate::trajectory::Trajectory;

/// Advice that a model drew from one failed trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct Reflection {
    /// The trial that failed, counted from 1.
    pub trial: u32,
    /// The advice, as the next trial's prompt contains it.
    pub text: String,
    /// The generation of the reflection.
    pub generation: Generation,
}

/// A store of reflections that outlives the run, such as a microcontroller's flash memory.
pub trait ReflectionStore {
    /// Reflections on `task`, oldest first.
    fn recall(&mut self, task: &Task) -> Result<Vec<String>, EnvironmentError>;

    /// Stores a reflection on `task`; a text that is too long is cut.
    fn remember(&mut self, task: &Task, text: &str) -> Result<(), EnvironmentError>;
}

/// The agent's own judgement of a trial, which may be wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether the agent says that the task was completed.
    pub completed: bool,
    /// The generation of the judgement.
    pub generation: Generation,
}

/// The latest reflections on one task, and the last failed trajectory.
///
/// It contains at most `reflections_max` reflections: a new one replaces the oldest
/// of a full memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    reflections_max: usize,
    reflections: VecDeque<Reflection>,
    /// The last failed trajectory, if the strategy shows it.
    pub last_attempt: Option<Trajectory>,
}

impl Memory {
    /// An empty memory for the last `reflections_max` reflections.
    pub fn with_capacity(reflections_max: usize) -> Self {
        Self { reflections_max, ..Self::default() }
    }

    /// Adds a reflection, which replaces the oldest one of a full memory.
    pub fn remember(&mut self, reflection: Reflection) {
        self.reflections.push_back(reflection);
        while self.reflections.len() > self.reflections_max {
            self.reflections.pop_front();
        }
    }

    /// A copy of the memory with `earlier` reflections before its own, oldest first and
    /// without duplicates.
    #[must_use]
    pub fn preceded_by(&self, earlier: &[Reflection]) -> Self {
        let mut memory = Self { reflections: VecDeque::new(), ..self.clone() };
        let is_new = |one: &&Reflection| self.reflections.iter().all(|own| own.text != one.text);
        for reflection in earlier.iter().filter(is_new).chain(&self.reflections) {
            memory.remember(reflection.clone());
        }
        memory
    }

    /// The reflections, oldest first.
    pub fn reflections(&self) -> impl DoubleEndedIterator<Item = &Reflection> {
        self.reflections.iter()
    }
}
