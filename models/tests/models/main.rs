//! What the crate promises of files, in one binary.
#![allow(clippy::unwrap_used, reason = "the lint's exception for tests leaves out their helpers")]

mod gguf;
mod blocks;
mod tokenizer;
mod chat;
mod adapter;
mod merge;
mod peft;
