//! The keys of a training's file that a loop reads or sets; the others are the trainer's alone.

/// What is learned, and how: a stage's name, or a table of its settings under its name.
pub const STAGE: &str = "stage";
/// Where the file's paths go from.
pub const FOLDER: &str = "folder";
/// The name or file of the base model.
pub const MODEL: &str = "model";
/// The adapter that is trained on.
pub const PARENT: &str = "parent";
/// What seeds factors, order and dropout.
pub const SEED: &str = "seed";
/// The table of what is learned from.
pub const DATA: &str = "data";

/// Keys of the table [`DATA`].
pub mod data {
    /// Folders of runs, or their logs.
    pub const RECORDS: &str = "records";
    /// Files of text.
    pub const FILES: &str = "files";
    /// The table of how reflections are learned from.
    pub const REFLECTIONS: &str = "reflections";
    /// The adapter whose scores stand for what reflections earned.
    pub const REWARD_MODEL: &str = "reward_model";
}

/// The stage whose adapters write nothing: they score.
pub const REWARD_MODEL_STAGE: &str = "reward-model";
