//! The files in the folder of a training run.

/// The configuration, with an absolute `folder`; its presence marks the folder of a training run.
pub const FILE: &str = "train.toml";
/// One line of [`crate::metrics`] for each step.
pub const METRICS: &str = "metrics.jsonl";
/// The same for `TensorBoard`.
pub const EVENTS: &str = "events.out.tfevents.train";
/// The plot of the loss, written whenever a training stops.
pub const PLOT: &str = "loss.svg";
/// The folder of checkpoints.
pub const CHECKPOINTS: &str = "checkpoints";
/// The number of threads at the start.
pub const THREADS: &str = "threads";
/// The lock, held while a program writes the folder.
pub const LOCK: &str = "lock";
/// The trained adapter, written at the end.
pub const ADAPTER: &str = "adapter.gguf";
