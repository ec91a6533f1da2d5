//! What a weights file must be: GGUF, manifests, tokenizer, chat template, adapters.
//!
//! ```text
//! manifest ─► pull ─► file ─► gguf ─┬─► shape       numbers that its memory follows from
//!                                   ├─► tokenizer   text ─► ids
//!                                   ├─► chat        messages ─► template parts
//!                                   ├─► vocabulary  both, and where answers end
//!                                   └─► adapter     a file that fits a base
//! blocks: the numbers that quantized bytes stand for
//! draws: numbers from a seed
//! paths: where a path that stands in a file leads
//! data: where data sets come from, and what is in them
//! replace: files that are replaced whole or not at all
//! lock: a file by which one process keeps others out
//! threads: how many compute a model, by cores and by what else they are busy with
//! tiny ─► a GGUF file made on the spot, for tests
//! ```
//!
//! This crate reads, checks and writes files. It does not run a model, train
//! one or decide where files lie: folders and dates come in as arguments.

pub mod gguf;
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
#[allow(unsafe_code)]
mod map;
