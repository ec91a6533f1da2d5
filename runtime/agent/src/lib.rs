//! Agents on language models: prompts, token budgets, kinds of agents, parsing of answers.
//!
//! ```text
//! episode ─► conversation (templates, budget) ─► model ─► parse ─► decision
//! failure ─► reflection prompt ─────────────────► model ──────────► reflection
//! episode ─► expert ─► the same conversation ─► dictated answer ──► demonstration
//! failure ─► pool ─► a reflection on another task ────────────────► reflection
//! reflection ─► store, which outlives the run ─► the memory of a later run
//! ```
//!
//! This crate knows no engine, opens no file and plays no world.

pub mod settings;
pub mod agent;
pub mod borrowing;
pub mod archiving;
pub mod reward;
pub mod demonstrator;
pub mod scripted_roles;
pub mod prompts;
pub mod conversation;
pub mod budget;
pub mod parse;
