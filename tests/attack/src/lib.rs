//! Damage, crashes and hours: what reaches the programs from outside, and what they make of it.
//!
//! ```text
//! seed ─► damage to a sound file ─► a program under limits ─► equal, refused, accepted: a table
//!                                                          └► a finding, made small: a folder
//! ```
//!
//! A case is a number: its target, its damage and what is called follow from it and the seed.
//! A quarter of the damages leave a file's form and its checksums right. Beside the attack stand
//! the crash points and power cuts of [`crash`], kills at random, and a soak.

pub mod draws;
pub mod edits;
pub mod damage;
pub mod literals;
pub mod gguf;
pub mod templates;
pub mod records;
pub mod safetensors;
pub mod tar;
pub mod program;
pub mod serve;
mod node;
pub mod target;
pub mod ground;
pub mod readers;
pub mod judge;
pub mod table;
pub mod shrink;
pub mod attack;
pub mod crash;
