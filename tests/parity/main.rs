//! The decoder beside llama.cpp: the same files, the same tokens, the same
//! numbers as far as their arithmetic lets them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod logits;
mod perplexity;
