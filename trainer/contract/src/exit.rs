//! The exit codes of `rebound-train`.

/// The command succeeded.
pub const DONE: u8 = 0;
/// Something failed, and the last lines of standard error say what to do.
pub const FAILED: u8 = 1;
/// The data contain nothing to train on.
pub const NOTHING_TO_LEARN: u8 = 4;
/// Ctrl-C or SIGTERM stopped the run at a checkpoint, from which `resume` continues.
pub const STOPPED: [u8; 2] = [130, 143];
