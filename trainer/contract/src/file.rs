//! The keys of a training configuration that a learning loop reads or sets.

/// The training stage: its name, or a table of its settings under its name.
pub const STAGE: &str = "stage";
/// The folder to which the file's paths are relative.
pub const FOLDER: &str = "folder";
/// The name or file of the base model.
pub const MODEL: &str = "model";
/// The adapter from which training starts.
pub const PARENT: &str = "parent";
/// The adapter that the reference `start` means.
pub const START: &str = "start";
/// The key of a stage's settings with its reference.
pub const REFERENCE: &str = "reference";
/// The seed of factors, order and dropout.
pub const SEED: &str = "seed";
/// The table of training data.
pub const DATA: &str = "data";

/// Keys of the table [`DATA`].
pub mod data {
    /// Folders of runs, or their logs.
    pub const RECORDS: &str = "records";
    /// Files of text.
    pub const FILES: &str = "files";
    /// The table of settings for training on reflections.
    pub const REFLECTIONS: &str = "reflections";
    /// The reward model whose scores replace the rewards of reflections.
    pub const REWARD_MODEL: &str = "reward_model";
}

/// The stage that trains reward models.
pub const REWARD_MODEL_STAGE: &str = "reward-model";
