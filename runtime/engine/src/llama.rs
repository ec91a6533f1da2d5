//! Language models on llama.cpp.
//!
//! Contexts, one for each adapter in use, share one set of weights; all live
//! requests of a context are decoded together. All calls of llama.cpp are in this
//! folder, and `unsafe` is in one module of it.

mod config;
mod memory;
mod backend;
#[cfg(feature = "llama-dynamic")]
mod kernels;
mod devices;
mod build;
mod engine;
mod role;
mod context;
mod sequences;
mod cache;
mod grammar;
mod score;
mod state;
#[allow(unsafe_code)]
mod raw;

pub use build::build;
pub use config::{CacheType, LlamaConfig};
pub use devices::{LlamaDevice, devices};
pub use engine::load;
pub use memory::{check_cache, estimate, estimate_of};
