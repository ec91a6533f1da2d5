//! Language models on our own kernels for the processor: int8 products, without a framework.
//!
//! What a request is answered depends on the request alone, to the bit: not on what is
//! computed beside it, nor on the number of threads. Only llama.cpp supports GBNF grammars.

mod config;
mod engine;
mod memory;
mod weights;

pub use config::NativeConfig;
pub use engine::{build, load};
pub use memory::estimate;
pub use models_native::transformer::{best_instructions, instructions, is_vectorized, supports};
