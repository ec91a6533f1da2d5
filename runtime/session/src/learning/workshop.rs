//! What a loop is given of the machine around it: who trains, and where adapters are installed.

use std::path::PathBuf;

use super::child::TrainerProgram;
use super::training::Trainer;
use crate::files;

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
