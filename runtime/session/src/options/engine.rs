//! Which engine computes the models of a run, and where.

use std::num::NonZeroU32;

use serde::Serialize;

use crate::board::CacheFormat;

/// The engine that is an endpoint, and the prefix of a model's name that says so.
pub const REMOTE: &str = "remote";
/// What `--engine` can name; not every build has them all.
pub const ENGINES: [&str; 4] = ["llama", "native", "decoder", REMOTE];

/// What computes models, and where.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EngineOptions {
    /// What computes the models, by its name; `None` for this build's first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Where it computes, by its name; `None` for flex for the decoder, and for
    /// llama's own choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Layers that llama computes beside the processor, where it can; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_layers: Option<u32>,
    /// Tokens that llama computes at once, at most; `None` for the board's or its own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<NonZeroU32>,
    /// How llama stores keys and values; `None` for the board's or its own choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheFormat>,
}
