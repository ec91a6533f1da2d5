//! The decoder beside llama.cpp: the same files, the same tokens, the same
//! numbers as far as their arithmetic lets them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod support;
mod logits;
mod perplexity;
mod round_trip;
