//! Language models on our own decoder, on the CPU or on a device of burn.
//!
//! Each request has a cache of its own; caches of ended requests are remembered
//! while there is room, and a request begins with a copy of the one that shares
//! most with its prompt. Copies are cheap: they share the device's memory until
//! one of them grows. Grammars in GBNF are llama.cpp's alone.

mod config;
mod weights;
mod engine;
mod role;
mod sequences;
mod memory;

pub use config::DecoderConfig;
pub use engine::load;
pub use models_decoder::devices;
