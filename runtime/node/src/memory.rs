//! Episodic memory: the last steps and reflections, in buffers of fixed size.
//!
//! What comes after the buffers are full displaces the oldest. How memory gets
//! through a power cut is [`storage`](crate::storage)'s matter.

use heapless::{HistoryBuf, String};
use serde::{Deserialize, Serialize};

use crate::description::{Readings, SENSORS_MAX};

/// Longest reflection, in bytes of UTF-8.
pub const REFLECTION_BYTES_MAX: usize = 240;
/// Longest entry in postcard's format: a reflection.
pub const ENTRY_BYTES_MAX: usize = 1 + 5 + 5 + 2 + REFLECTION_BYTES_MAX;
/// Longest step as an entry.
pub(crate) const STEP_BYTES_MAX: usize = 1 + 5 + 5 + 1 + 5 + 1 + SENSORS_MAX * 6;

/// An action and what it led to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedStep {
    /// The episode it was part of.
    pub episode: u32,
    /// Since the node started, in milliseconds, modulo 2³² (49 days).
    pub at_ms: u32,
    /// The actuator that was set.
    pub actuator: u8,
    /// The value it was set to.
    pub value: i32,
    /// The sensors right after it.
    pub readings: Readings,
}

/// Advice drawn from a failed episode; a copy on the wire or in flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReflection<'a> {
    /// The host's number for its task.
    pub task: u32,
    /// The episode during which it was remembered.
    pub episode: u32,
    /// At most [`REFLECTION_BYTES_MAX`].
    pub text: &'a str,
}

/// One thing that memory holds; what storage writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemoryEntry<'a> {
    /// The number of the current episode.
    Episode(u32),
    /// One step.
    Step(RememberedStep),
    /// One reflection.
    #[serde(borrow)]
    Reflection(StoredReflection<'a>),
}

struct KeptReflection {
    task: u32,
    episode: u32,
    text: String<REFLECTION_BYTES_MAX>,
}

/// The last `STEPS` steps and `REFLECTIONS` reflections, and the episode's number.
///
/// On a 32-bit node a step takes 84 bytes and a reflection 252.
pub struct EpisodicMemory<const STEPS: usize, const REFLECTIONS: usize> {
    episode: u32,
    steps: HistoryBuf<RememberedStep, STEPS>,
    reflections: HistoryBuf<KeptReflection, REFLECTIONS>,
}

impl<const STEPS: usize, const REFLECTIONS: usize> EpisodicMemory<STEPS, REFLECTIONS> {
    /// Nothing remembered, in episode 0.
    pub const fn new() -> Self {
        Self { episode: 0, steps: HistoryBuf::new(), reflections: HistoryBuf::new() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.episode = 0;
        self.steps.clear();
        self.reflections.clear();
    }

    /// The current episode; 0 before the first.
    pub fn episode(&self) -> u32 {
        self.episode
    }

    /// Begins the next episode.
    pub fn begin_episode(&mut self) {
        self.episode = self.episode.wrapping_add(1);
    }

    /// Keeps a step.
    pub fn record(&mut self, step: RememberedStep) {
        self.steps.write(step);
    }

    /// Keeps a reflection of the current episode; one that equals the latest is
    /// kept once.
    pub fn remember(&mut self, task: u32, text: &str) -> Result<(), ReflectionTooLong> {
        let reflection = StoredReflection { task, episode: self.episode, text };
        if self.reflection(0) == Some(reflection) {
            return Ok(());
        }
        self.keep(reflection)
    }

    /// Steps remembered.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Reflections remembered.
    pub fn reflections(&self) -> usize {
        self.reflections.len()
    }

    /// A step; 0 is the latest.
    pub fn step(&self, age: usize) -> Option<&RememberedStep> {
        self.steps.oldest_ordered().rev().nth(age)
    }

    /// A reflection; 0 is the latest.
    pub fn reflection(&self, age: usize) -> Option<StoredReflection<'_>> {
        self.reflections.oldest_ordered().rev().nth(age).map(KeptReflection::as_reflection)
    }

    /// Everything, oldest first; [`restore`](Self::restore) takes it back in this
    /// order.
    pub fn entries(&self) -> impl Iterator<Item = MemoryEntry<'_>> {
        let steps = self.steps.oldest_ordered().map(|step| MemoryEntry::Step(step.clone()));
        let reflections = self.reflections.oldest_ordered();
        let reflections = reflections.map(|kept| MemoryEntry::Reflection(kept.as_reflection()));
        core::iter::once(MemoryEntry::Episode(self.episode)).chain(steps).chain(reflections)
    }

    /// Takes back one entry of a memory that may have had other limits.
    pub fn restore(&mut self, entry: MemoryEntry<'_>) -> Result<(), ReflectionTooLong> {
        match entry {
            MemoryEntry::Episode(episode) => self.episode = episode,
            MemoryEntry::Step(step) => self.record(step),
            MemoryEntry::Reflection(reflection) => self.keep(reflection)?,
        }
        Ok(())
    }

    fn keep(&mut self, reflection: StoredReflection<'_>) -> Result<(), ReflectionTooLong> {
        let StoredReflection { task, episode, text } = reflection;
        let text = String::try_from(text)
            .map_err(|_| ReflectionTooLong { text_bytes: reflection.text.len() })?;
        self.reflections.write(KeptReflection { task, episode, text });
        Ok(())
    }
}

impl<const STEPS: usize, const REFLECTIONS: usize> Default for EpisodicMemory<STEPS, REFLECTIONS> {
    fn default() -> Self {
        Self::new()
    }
}

impl KeptReflection {
    fn as_reflection(&self) -> StoredReflection<'_> {
        StoredReflection { task: self.task, episode: self.episode, text: &self.text }
    }
}

/// A reflection is longer than [`REFLECTION_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reflection has {text_bytes} bytes, more than {REFLECTION_BYTES_MAX}")]
pub struct ReflectionTooLong {
    /// Its length.
    pub text_bytes: usize,
}
