//! The exit codes of `rebound-train`.

/// What was asked is done.
pub const DONE: u8 = 0;
/// Something failed, and the last lines of standard error say what to do.
pub const FAILED: u8 = 1;
/// The data hold nothing to learn from.
pub const NOTHING_TO_LEARN: u8 = 4;
/// Ctrl-C or SIGTERM stopped it at a checkpoint, and `resume` goes on.
pub const STOPPED: [u8; 2] = [130, 143];
