//! The promises of the llama.cpp engine, on a model made on the spot and on the
//! real ones where they are at hand.
#![cfg(feature = "llama")]
#![allow(clippy::unwrap_used, reason = "what the tests are made of may unwrap as they do")]

mod support;
mod batching;
mod prefixes;
mod constraints;
mod endings;
mod determinism;
mod adapters;
mod loading;
mod tokenizer;
mod dictation;
mod real;
