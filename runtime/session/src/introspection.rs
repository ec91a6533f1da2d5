//! RISE's introspection: several turns at a problem, what is learned from them, and what turns are
//! worth beside attempts at once.
//!
//! ```text
//! problems ─► turns: draws, of which the best goes on ─► OUT/attempts.jsonl ─► convert ─► lines ─► training
//!               ▲                                                                              │
//!               └──────────────────────── iterate: the learner with its new adapter ◄──────────┘
//! OUT/sequential.jsonl, OUT/parallel.jsonl ─► evaluate ─► OUT/evaluation.json
//! ```
//!
//! Models are asked directly, and not by the trial loop. A step of a trial is one decision of one
//! agent; a turn here is several draws, by another model than the turn before if need be, and what
//! goes on is chosen by what they earned. An episode of the world ends with the right answer; an
//! evaluation goes on behind it, since nobody tells a model that it was right. What is kept is
//! text: an attempt may be another model's, whose tokens the learner does not have, and prompts
//! are tokenized here as the trainer does.
//!
//! Folders:
//!
//! ```text
//! OUT/attempts.jsonl, generated.json                        of `generate`
//! OUT/sequential.jsonl, parallel.jsonl, evaluation.json     of `evaluate`
//! OUT/iterate.toml, rounds/N                                of `iterate`: generation, lines.jsonl, train.toml,
//!                                                           training, evaluation
//! ```

mod problems;
mod repetition;
mod log;
mod conversation;
mod dialogue;
mod rollout;
mod player;
mod attempts;
pub mod generate;
pub mod convert;
pub mod evaluate;
mod file;
pub mod iterate;
mod progress;
#[cfg(test)]
mod tests;

pub use attempts::AttemptRequest;
pub use progress::IntrospectionProgress;
pub use rollout::{Aim, LEARNER, Rollout};
