//! Evaluation over many trials: arms, intervals, paired tests, reports.
//!
//! ```text
//! tasks ─► arm ─► history ─┬─► results ─► table
//!                          ├─► report    a page for people, rows for spreadsheets
//!                          ├─► transcript   a trial for a reader
//!                          ├─► export    trials as JSON, statistics
//!                          └─► collection   groups of reflections and their rewards
//! collection, pairs ─► learning   rounds of collecting, training and keeping
//! attempts ─► introspection   what is learned from several turns, and what they are worth
//! programs ─► test_accuracy   internal tests beside the hidden ones
//! interval, pairs ─► results
//! models ─► spending ─► results
//! results, measurements ─► card   a suite on a machine, beside others
//! ```
//!
//! This crate knows agents, environments and recorders only by their traits.
//! It names no engine, reads no option and opens no file.

pub mod arm;
pub mod listener;
pub mod interval;
pub mod pairs;
pub mod results;
pub mod spending;
pub mod table;
#[cfg(feature = "tables")]
pub mod tables;
pub mod report;
pub mod transcript;
pub mod export;
pub mod collection;
pub mod ceiling;
pub mod card;
pub mod learning;
pub mod introspection;
pub mod test_accuracy;
