//! One run from its settings to its results, and the loop of such runs.
//!
//! ```text
//! options, a run's file ─► request ─► plan ─► pool of tasks ─► arms ─► results
//!                                      │         ▲
//!                                  settings ─► agents ◄─ models ◄─ engines, endpoints
//! a loop's file ─► rounds of such plans, and of trainings
//! problems of programs ─► internal tests, which a model proposes before it writes any
//! problems with an answer ─► introspection: turns, what is learned from them, what they are worth
//!
//! everything ─► events ─► program: whoever listens
//! ```
//!
//! Nothing here parses a command line, prints, or listens for signals: the program around a
//! session does, and is known by one trait. What is decided about many trials stands in
//! `runtime-evaluation`, what is written down in `runtime-store`.
#![cfg_attr(
    not(any(feature = "llama", feature = "native", feature = "decoder")),
    allow(dead_code, reason = "what engines are told is of no use without one")
)]

pub mod program;
pub mod telling;
pub mod request;
pub mod plan;
pub mod kind;
pub mod options;
mod settings;
mod pool;
mod except;
pub mod play;
pub mod ceiling;
pub mod suite;
mod first_trials;
mod resume;
pub mod learning;
pub mod introspection;
pub mod internal_tests;
pub mod trainer;
mod agents;
pub mod loaded;
pub mod loading;
pub mod untried;
pub mod engines;
pub mod endpoint;
mod default_engine;
pub mod tuning;
pub mod board;
mod spending;
pub mod circumstances;
pub mod run_name;
mod claims;
mod memory;
pub mod approval;
mod uses;
pub mod stored;
pub mod weights;
pub mod score;
pub mod programs;
pub mod adapters;
pub mod data_sets;
pub mod templates;
pub mod game;
pub mod demo;
pub mod node;
pub mod doctor;
pub mod reading;
pub mod files;
pub mod wrong;
pub mod words;
