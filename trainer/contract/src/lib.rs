//! The interface between a learning loop and the trainer that it starts: data only.
//!
//! The loop writes a training configuration and starts `rebound-train`, which writes a folder and ends
//! with an exit code; neither program is a library of the other.

pub mod file;
pub mod folder;
pub mod metrics;
pub mod exit;
