//! A task to play by hand.

use anyhow::Context;
use runtime_core::task::{Limits, Task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;

/// The first task of a split, or of the world's own.
pub fn first_of(world: &dyn World, split: Option<&str>) -> anyhow::Result<Task> {
    let split = split.unwrap_or_else(|| world.default_split()).to_owned();
    let limits = Limits::default();
    let selection = TaskSelection { split, count: Some(1), seed: 1, limits };
    world.tasks(&selection)?.into_iter().next().context("the split has no tasks")
}

/// A task of which only the name is known; environments look it up by that.
pub fn named(id: &str) -> Task {
    let (kind, instruction) = (String::new(), String::new());
    Task { id: id.to_string(), kind, instruction, seed: 0, limits: Limits::default() }
}
