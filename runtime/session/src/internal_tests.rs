//! Internal tests: what a model proposes to try programs with, before it writes any (Reflexion, Shinn
//! et al. 2023, section 4.3).
//!
//! ```text
//! problems ─► propose: a model's assertions, checked ─► FILE.jsonl ─► runs with --shown-tests internal
//! programs of stored runs ─► accuracy: internal tests beside the hidden ones
//! ```

mod problems;
mod begun;
mod asking;
mod propose;
mod progress;
mod accuracy;

#[cfg(test)]
mod tests;

pub use accuracy::{Accuracy, AccuracyRequest, accuracy};
pub use progress::ProposalProgress;
pub use propose::{ProposalRequest, Proposals, propose};
