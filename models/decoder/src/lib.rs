//! The transformers of our models in burn: llama, qwen2, qwen3 and gemma3, one
//! forward for inference and for training.
//!
//! ```text
//! tokens ─► embeddings ─► layer 0 … layer n ─► norm ─► wanted rows ─► head ─► logits
//!                          │  ▲
//!                          │  └── adapter (LoRA factors, on activations)
//!                          └───── cache (keys and values of earlier tokens)
//! ```
//!
//! Weights come from a GGUF file and stay quantized in memory: the [`kernels`]
//! dequantize them tile by tile, forward and backward. A batch is a row of
//! sequences of any lengths, one behind the other, without padding. Sampling,
//! losses and optimizers are left to others.
#![recursion_limit = "256"]

pub mod devices;
pub mod matrix;
pub mod kernels;
pub mod rope;
pub mod norm;
pub mod adapter;
pub mod linear;
pub mod batch;
pub mod cache;
pub mod layer;
pub mod decoder;
mod loading;
pub mod checkpointing;
pub mod score;
mod error;

pub use error::DecoderError;
