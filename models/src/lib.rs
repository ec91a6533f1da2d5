//! Model files: GGUF, manifests, tokenizer, chat template, adapters.
//!
//! ```text
//! manifest ─► pull ─► file ─► gguf ─┬─► shape       numbers that determine its memory
//!                                   ├─► tokenizer   text ─► ids
//!                                   ├─► chat        messages ─► template parts
//!                                   ├─► vocabulary  both, and the end-of-turn tokens
//!                                   └─► adapter     a file that fits a base
//! check: what a file must hold before an engine sees it
//! blocks: dequantization and quantization
//! draws: numbers from a seed
//! paths: resolves the paths in a file
//! data: the catalog of data sets
//! held, fault: files that are mapped, and what is said of one that changes
//! replace: atomic replacement of files
//! lock: a lock file between processes
//! threads: how many compute a model, by cores and by what else they are busy with
//! tiny ─► a GGUF file made on the spot, for tests
//! ```
//!
//! This crate reads, checks and writes files. It does not run a model, train
//! one or decide where files lie: folders and dates come in as arguments.

pub mod gguf;
pub mod check;
pub mod shape;
pub mod target;
pub mod hyperparameters;
pub mod blocks;
pub mod tokenizer;
pub mod chat;
pub mod vocabulary;
pub mod adapter;
pub mod checksum;
pub mod replace;
pub mod lock;
pub mod manifest;
pub mod data;
pub mod pull;
pub mod secrets;
pub mod draws;
pub mod paths;
pub mod threads;
pub mod tiny;
pub mod held;
#[cfg(unix)]
pub mod fault;
#[cfg(not(unix))]
#[path = "fault/elsewhere.rs"]
pub mod fault;
#[allow(unsafe_code)]
mod map;
