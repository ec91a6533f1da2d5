//! Language models on GGUF files.
//!
//! ```text
//! request ─► prompt ─► ids ─┐
//!            constraint ────┤            ┌► sampler ─► answer ─► generation
//!                           └► engine ─► logits ─┘
//! ```
//!
//! An engine computes logits from token ids. Everything else is shared by all
//! engines: tokenizing prompts, constraints, sampling and the end of an answer.
//! What is requested, and why, is decided by other crates.
//!
//! Features:
//!
//! - `llama` (default): llama.cpp, on the CPU and on the devices that it was
//!   built for.
//! - `native` (default): our own kernels for the processor.
//! - `decoder`: our own decoder on the CPU; `wgpu`, `vulkan`, `metal` and `cuda` add
//!   devices.
//!
//! - `remote`: any endpoint that speaks `OpenAI`'s chat completions. It shares
//!   nothing with the engines: its tokens have no ids.
//!
//! One thread owns the weights and computes all live requests; prompts are tokenized
//! and constraints compiled on the calling thread. [`dictation`] needs no engine:
//! it answers requests that allow a single answer.

#![cfg_attr(
    not(any(feature = "llama", feature = "native", feature = "decoder")),
    allow(dead_code, unused_imports, reason = "what engines share is of no use without one")
)]

#[cfg(feature = "llama")]
pub mod llama;
#[cfg(feature = "native")]
pub mod native;
#[cfg(feature = "decoder")]
pub mod decoder;
#[cfg(feature = "remote")]
pub mod remote;
pub mod dictation;

#[cfg(feature = "local")]
mod engine;
#[cfg(feature = "local")]
mod handle;
#[cfg(feature = "local")]
mod ticket;
#[cfg(feature = "local")]
mod shared;
#[cfg(feature = "local")]
mod worker;
#[cfg(any(feature = "native", feature = "decoder"))]
mod transformer;
#[cfg(feature = "local")]
mod queue;
#[cfg(feature = "local")]
mod reply;
#[cfg(feature = "local")]
mod prepared;
#[cfg(feature = "local")]
mod live;
#[cfg(feature = "local")]
mod guide;
#[cfg(feature = "local")]
mod choices;
#[cfg(feature = "local")]
mod schema;
#[cfg(feature = "local")]
mod sampler;
#[cfg(feature = "local")]
mod exponential;
#[cfg(feature = "local")]
mod answer;
#[cfg(any(feature = "local", feature = "remote"))]
mod clock;
#[cfg(feature = "local")]
mod error;
#[cfg(feature = "local")]
mod memory;
mod prompt;

#[cfg(feature = "local")]
pub use engine::Engine;
#[cfg(feature = "local")]
pub use error::EngineError;
#[cfg(feature = "local")]
pub use handle::Handle;
#[cfg(feature = "local")]
pub use memory::MemoryEstimate;
#[cfg(feature = "local")]
pub use reply::Streamed;
#[cfg(feature = "local")]
pub use ticket::Ticket;
