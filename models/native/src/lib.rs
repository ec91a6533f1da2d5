//! The transformers of `models` on the processor, for inference alone.
//!
//! ```text
//! tokens ─► embeddings ─► layers (int8 products, attention over pages) ─► norm ─► head ─► logits
//! ```
//!
//! Weights are repacked once so that a vector holds the same columns of sixteen rows;
//! activations are quantized to 8 bits for each 32 of a row, as llama.cpp does. Adapters are
//! low-rank products beside the packed ones. What comes out for a token depends on its
//! sequence alone, to the bit: not on what else is in the batch, nor on the number of threads.
//!
//! Spans at level trace, `products` and `attention`, say where the time goes.

#![allow(
    clippy::inline_always,
    reason = "kernels are compiled where their instructions may be used"
)]

pub mod adapter;
pub mod batch;
pub mod cache;
pub mod error;
pub mod limits;
pub mod memory;
pub mod transformer;

mod attention;
mod kernels;
mod layer;
mod packed;
mod pass;
mod products;
mod rope;
mod rows;
mod score;
mod stored;
mod tensors;
mod turn;
mod weights;
