//! What lies in the folder of a training.

/// What was asked, with its folder in full: the folder is a training's once this is there.
pub const FILE: &str = "train.toml";
/// A line of [`crate::metrics`] a step.
pub const METRICS: &str = "metrics.jsonl";
/// The same for `TensorBoard`.
pub const EVENTS: &str = "events.out.tfevents.train";
/// The loss, drawn whenever a training stops.
pub const PLOT: &str = "loss.svg";
/// Where the training stands, a file each.
pub const CHECKPOINTS: &str = "checkpoints";
/// How many threads it was begun with.
pub const THREADS: &str = "threads";
/// Held while a program writes the folder.
pub const LOCK: &str = "lock";
/// What was trained: written at the end.
pub const ADAPTER: &str = "adapter.gguf";
