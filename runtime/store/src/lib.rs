//! Files that survive a power cut: trial logs, adapter slots, run folders.
//!
//! ```text
//! trial loop ─► recorder ─► trial log ─► history ─► trial loop, after a restart
//! desktop ─► adapter ─► slots: install ─► start ─► confirm or revert
//! ```
//!
//! Memories have no own files: a task's reflections are in its trial log, from which
//! [`runtime_core::history::RunHistory`] rebuilds them.
//!
//! This crate writes and reads. Other crates decide what is played and which adapter is
//! confirmed; clocks are arguments.

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
