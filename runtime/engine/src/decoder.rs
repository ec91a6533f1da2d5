//! Language models on our own decoder, on the CPU or on a device of burn.
//!
//! Only llama.cpp supports GBNF grammars.

mod config;
mod weights;
mod engine;

pub use config::DecoderConfig;
pub use engine::load;
pub use models_decoder::devices;
