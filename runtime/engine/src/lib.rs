//! Language models on GGUF files.
//!
//! ```text
//! request ─► prompt ─► ids ─┐
//!            constraint ────┤            ┌► sampler ─► answer ─► generation
//!                           └► engine ─► logits ─┘
//! ```
//!
//! An engine turns ids into logits. Everything around that is here once, for
//! all engines: how a prompt becomes ids, which tokens a constraint allows, how
//! a token is drawn, where an answer ends. What is asked, and why, is left to
//! others.
//!
//! Features:
//!
//! - `llama` (default): llama.cpp, on the CPU and on the devices that it was
//!   built for.
//!
//! [`dictation`] needs no engine: it answers where there is nothing to choose.

#[cfg(feature = "llama")]
pub mod llama;
pub mod dictation;

mod prompt;
#[cfg(feature = "llama")]
mod guide;
#[cfg(feature = "llama")]
mod choices;
#[cfg(feature = "llama")]
mod schema;
#[cfg(feature = "llama")]
mod sampler;
#[cfg(feature = "llama")]
mod exponential;
#[cfg(feature = "llama")]
mod answer;
#[cfg(feature = "llama")]
mod clock;
