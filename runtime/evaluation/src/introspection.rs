//! Introspection (RISE, Qu et al. 2024): what is learned from several attempts at a problem, and
//! what they are worth.
//!
//! ```text
//! attempts by turn ─► criterion ─► those to learn from
//! attempts in turns, attempts side by side ─► metrics ─► m1@t1, m5@t1, m1@t5, p1@t5
//! ```
//!
//! Who attempts, and where attempts are written down, is for the session.

pub mod criterion;
pub mod vote;
pub mod metrics;
