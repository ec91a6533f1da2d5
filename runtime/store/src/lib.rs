//! What outlives a power cut: trial log and adapter slots, as files.
//!
//! ```text
//! trial loop ─► recorder ─► trial log ─► history ─► trial loop, after a restart
//! desktop ─► adapter ─► slots: install ─► start ─► confirm or revert
//! ```
//!
//! Memories have no files of their own: a task's reflections stand in its trial
//! log, and [`runtime_core::history::RunHistory`] gives them back.
//!
//! This crate writes and reads. What is played, which adapter is good and when
//! to try it again is decided by others; clocks come in as arguments.

pub mod claim;
pub mod run_folder;
pub mod trial_log;
pub mod recorder;
pub mod line_log;
pub mod slots;
pub mod sealed;
pub mod replace;
pub mod plain;
mod disk;
