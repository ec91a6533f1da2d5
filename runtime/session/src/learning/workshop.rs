//! What a loop is given of the machine around it: who trains, and where adapters are installed.

use std::path::{Path, PathBuf};

use runtime_evaluation::learning::state::TrainingResults;
use toml::Table;

use super::child::TrainerProgram;
use crate::board::Board;
use crate::files;
use crate::program::Surroundings;

/// What a loop works with beside the models.
pub struct Workshop {
    /// Trains.
    pub trainer: Box<dyn Trainer>,
    /// Where the adapters lie that runs find, a folder a model.
    pub adapters: PathBuf,
}

impl Workshop {
    /// `rebound-train` as a child, and this machine's folder of adapters.
    pub fn of_this_machine() -> anyhow::Result<Self> {
        Ok(Self { trainer: Box::new(TrainerProgram), adapters: files::adapters_folder()? })
    }
}

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
