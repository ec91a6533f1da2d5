//! How a model is asked: prompts, token budgets, agent kinds, parsing of answers.
//!
//! ```text
//! episode ─► conversation (templates, budget) ─► model ─► parse ─► decision
//! failure ─► reflection prompt ─────────────────► model ──────────► reflection
//! episode ─► expert ─► the same conversation ─► dictated answer ──► demonstration
//! failure ─► lender ─► a reflection on another task ──────────────► reflection
//! reflection ─► archive, outlives the run ─► the memory of a later run
//! ```
//!
//! Nothing here knows an engine, opens a file or plays a world.

pub mod settings;
pub mod agent;
pub mod borrower;
pub mod archivist;
pub mod reward;
pub mod demonstrator;
pub mod prompts;
pub mod conversation;
pub mod budget;
pub mod parse;
