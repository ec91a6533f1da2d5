//! Language models on our own decoder, on the CPU or on a device of burn.
//!
//! Each request has its own KV cache. The caches of ended requests are stored while
//! there is room, and a request starts with a copy of the one with the longest
//! common prefix. Copies are cheap: they share the device's memory until one of
//! them grows. Only llama.cpp supports GBNF grammars.

mod config;
mod weights;
mod engine;
mod role;
mod sequences;
mod stored;

pub use config::DecoderConfig;
pub use engine::load;
pub use models_decoder::devices;
