//! The agent loop, for every device: `no_std` with `alloc`.
//!
//! ```text
//! task ─► environment ◄─► actor ─► trajectory ─► return
//!                           ▲                      │ failed
//!                         memory ◄─ reflection ◄─ retrospective
//! ```
//!
//! The core contains the vocabulary and the order of events. It reads no clock,
//! opens no file, renders no prompt and loads no model: those are arguments, so
//! the same loop runs on a board and in a test.
#![no_std]

extern crate alloc;

pub mod error;
pub mod task;
pub mod claims;
pub mod environment;
pub mod prompt;
pub mod model;
pub mod spending;
pub mod trajectory;
pub mod reflection;
pub mod strategy;
pub mod agent;
pub mod event;
pub mod record;
pub mod history;
pub mod choice;
pub mod group;
pub mod trial;
pub mod seed;
pub mod hexadecimal;
pub mod visible;
pub mod scripted;
