//! Language models on llama.cpp.
//!
//! ```text
//! handle ─► prepared request ─► worker ─┬─► context (no adapter)   ─► tokens ─► ticket
//! handle ─► prepared request ───────────┴─► context (adapter)      ─► tokens ─► ticket
//!                                         one thread, one set of weights
//! ```
//!
//! A thread owns the weights and the contexts, one for each adapter in use, and
//! decodes all live requests of a context together. Prompts are tokenized and
//! constraints compiled by the thread that asks. All calls of llama.cpp are in
//! this folder, and `unsafe` is in one module of it.

mod config;
mod engine;
mod handle;
mod ticket;
mod prepared;
mod worker;
mod role;
mod context;
mod live;
mod batch;
mod sequences;
mod cache;
mod grammar;
mod score;
mod error;
#[allow(unsafe_code)]
mod raw;

pub use config::{CacheType, LlamaConfig};
pub use engine::LlamaEngine;
pub use error::LlamaError;
pub use handle::LlamaHandle;
pub use ticket::{Streamed, Ticket};
