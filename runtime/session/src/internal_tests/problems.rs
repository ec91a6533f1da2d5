//! The problems that tests are proposed for.

use anyhow::{Context, ensure};
use runtime_core::task::Task;
use runtime_environments::programs::problem::Problem;
use runtime_environments::world::World;
use runtime_environments::worlds::programming::ProgramWorld;

use crate::options::RunOptions;
use crate::programs::world;

/// Problems of a world.
pub(super) struct Problems {
    pub(super) world: ProgramWorld,
    /// The split that they are from.
    pub(super) split: String,
    /// Which they are, in order.
    pub(super) tasks: Vec<Task>,
}

impl Problems {
    /// The problems that the options select.
    pub(super) fn open(options: &RunOptions) -> anyhow::Result<Self> {
        let world = world(options)?;
        let split = match &options.split {
            Some(split) => world.split(split)?.name,
            None => world.default_split().to_owned(),
        };
        let tasks = world.tasks(&options.selection(split.clone()))?;
        ensure!(!tasks.is_empty(), "the split {split} has no tasks");
        Ok(Self { world, split, tasks })
    }

    /// The problem of a task.
    pub(super) fn problem(&self, task: &Task) -> anyhow::Result<&Problem> {
        let problem = self.world.problem(&task.id)?;
        problem.with_context(|| format!("there is no problem {}", task.id))
    }
}
