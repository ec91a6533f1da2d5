//! Reflections, and the memory that carries them from one trial to the next.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::claims::Claims;
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
    /// The generation of the reflection. Its cost is that of all draws.
    pub generation: Generation,
    /// Number of draws before this one, each of which repeated a text in the memory.
    pub repeats: u32,
    /// 0 for what was drawn. In a group the number of another next trial, with dice of its own,
    /// for a text that was drawn before: nothing is generated for it.
    pub again: u32,
    /// What the text claims, held against the trial, in a world that can.
    pub claims: Option<Claims>,
}

impl Reflection {
    /// A reflection that was drawn at once.
    pub fn new(trial: u32, text: String, generation: Generation) -> Self {
        Self { trial, text, generation, repeats: 0, again: 0, claims: None }
    }
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
/// of a full memory. A text that it contains already moves to the newest place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    reflections_max: usize,
    reflections: VecDeque<Reflection>,
    /// Whether a repeated text stands there twice.
    keeps_repeats: bool,
    /// The last failed trajectory, if the strategy shows it.
    pub last_attempt: Option<Trajectory>,
}

impl Memory {
    /// An empty memory for the last `reflections_max` reflections.
    pub fn with_capacity(reflections_max: usize) -> Self {
        Self { reflections_max, ..Self::default() }
    }

    /// The same, but a repeated text stands there twice, as in runs without
    /// [`redraws_max`](crate::trial::TrialSettings::redraws_max).
    pub fn keeping_repeats(reflections_max: usize) -> Self {
        Self { keeps_repeats: true, ..Self::with_capacity(reflections_max) }
    }

    /// Adds a reflection, which replaces the one with the same text, or else the oldest one of
    /// a full memory.
    pub fn remember(&mut self, reflection: Reflection) {
        if !self.keeps_repeats {
            self.reflections.retain(|earlier| earlier.text != reflection.text);
        }
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

    /// Whether a reflection has this text.
    pub fn contains(&self, text: &str) -> bool {
        self.reflections.iter().any(|reflection| reflection.text == text)
    }

    /// The reflections, oldest first.
    pub fn reflections(&self) -> impl DoubleEndedIterator<Item = &Reflection> {
        self.reflections.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mut memory: Memory, texts: &[&str]) -> Vec<String> {
        for text in texts {
            let generation = Generation::of_text(*text);
            memory.remember(Reflection::new(1, (*text).into(), generation));
        }
        memory.reflections().map(|reflection| reflection.text.clone()).collect()
    }

    #[test]
    fn a_repeated_text_moves_to_the_newest_place() {
        assert_eq!(told(Memory::with_capacity(3), &["a", "b", "a"]), ["b", "a"]);
        assert_eq!(told(Memory::with_capacity(2), &["a", "b", "a", "c"]), ["a", "c"]);
    }

    #[test]
    fn a_memory_of_an_earlier_run_keeps_repeats() {
        assert_eq!(told(Memory::keeping_repeats(3), &["a", "b", "a"]), ["a", "b", "a"]);
    }
}
