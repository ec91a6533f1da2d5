//! Final answers of worked solutions: where they stand, and when two of them say the same.
//!
//! ```text
//! solution ─► extract ─► final answer ─┬► number    (GSM8K)   equal?
//!                                      └► latex ─► form (MATH) equal?
//! ```
//!
//! Equality is decided exactly, and what cannot be decided is not equal: a wrong answer that
//! counts as right teaches a model to write it. Every text may come from a model, so lengths and
//! depths are bounded, and no text is an error.

pub mod extract;
pub mod number;
pub mod calculator;
pub mod math;
mod ratio;
mod latex;
mod form;
mod expression;
mod evaluation;
mod power;
mod value;
mod polynomial;
mod shape;
