//! What a loop asks of whoever trains.

use std::path::Path;

use runtime_evaluation::learning::state::TrainingResults;
use toml::Table;

use crate::board::Board;
use crate::program::Surroundings;

/// Makes adapters of what was collected.
pub trait Trainer {
    /// Refuses what no training can be begun with; `file` is where it may be written meanwhile.
    fn check(&self, config: &Table, file: &Path) -> anyhow::Result<()>;

    /// Trains, or goes on with a training that was begun, or finds it done; `None` where there is
    /// nothing to learn from.
    ///
    /// Who stops for the session's flag returns [`Interrupted`] with a context, and is asked the
    /// same again.
    ///
    /// [`Interrupted`]: runtime_evaluation::arm::ArmError::Interrupted
    fn train(
        &self,
        job: &Job<'_>,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Option<TrainingResults>>;
}

/// A training of a loop.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// What is trained, as `rebound-train` takes it.
    pub config: &'a Table,
    /// Where that is written down.
    pub file: &'a Path,
    /// Where the training lies.
    pub out: &'a Path,
    /// Threads, where they were said.
    pub threads: Option<u32>,
    /// What it and the models may take together, where it was said.
    pub board: Option<&'a Board>,
}
