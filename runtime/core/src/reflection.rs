//! What an agent carries from one trial of a task to the next.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::environment::EnvironmentError;
use crate::model::Generation;
use crate::task::Task;
use crate::trajectory::Trajectory;

/// Advice drawn from one failed trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct Reflection {
    /// The trial that failed, counted from 1.
    pub trial: u32,
    /// The advice, as the next trial reads it.
    pub text: String,
    /// How a model wrote it.
    pub generation: Generation,
}

/// Keeps reflections outside of the run that made them, as a board's own memory does.
pub trait Archive {
    /// Reflections on `task`, oldest first.
    fn recall(&mut self, task: &Task) -> Result<Vec<String>, EnvironmentError>;

    /// Keeps a reflection on `task`; one that is too long is cut.
    fn remember(&mut self, task: &Task, text: &str) -> Result<(), EnvironmentError>;
}

/// What an agent says of its own trial, right or wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether it says that the task was completed.
    pub completed: bool,
    /// How a model said so.
    pub generation: Generation,
}

/// The latest reflections on one task, and the last failed trajectory.
///
/// It never holds more than `reflections_max` reflections: an older one is
/// forgotten when a newer one comes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    reflections_max: usize,
    reflections: VecDeque<Reflection>,
    /// The trajectory that failed last, where the strategy shows it.
    pub last_attempt: Option<Trajectory>,
}

impl Memory {
    /// An empty memory that shows the last `reflections_max` reflections.
    pub fn with_capacity(reflections_max: usize) -> Self {
        Self { reflections_max, ..Self::default() }
    }

    /// Takes in a reflection and forgets the oldest one where it is full.
    pub fn remember(&mut self, reflection: Reflection) {
        self.reflections.push_back(reflection);
        while self.reflections.len() > self.reflections_max {
            self.reflections.pop_front();
        }
    }

    /// The same memory with `earlier` reflections before its own, oldest first; those that
    /// it has already are not doubled.
    #[must_use]
    pub fn preceded_by(&self, earlier: &[Reflection]) -> Self {
        let mut memory = Self { reflections: VecDeque::new(), ..self.clone() };
        let is_new = |one: &&Reflection| self.reflections.iter().all(|own| own.text != one.text);
        for reflection in earlier.iter().filter(is_new).chain(&self.reflections) {
            memory.remember(reflection.clone());
        }
        memory
    }

    /// The reflections kept, oldest first.
    pub fn reflections(&self) -> impl DoubleEndedIterator<Item = &Reflection> {
        self.reflections.iter()
    }
}
