//! The decoder's configuration.

use std::num::NonZeroU32;
use std::path::PathBuf;

use burn::tensor::Device;

/// How a model is loaded: its file, its device and its limits.
#[derive(Clone, Debug)]
pub struct DecoderConfig {
    /// The GGUF file.
    pub path: PathBuf,
    /// The device that computes.
    pub device: Device,
    /// Greatest number of tokens of a prompt and its answer together.
    pub context_tokens: NonZeroU32,
    /// Greatest number of requests under one adapter that are computed together; the caches of
    /// as many ended requests are stored.
    pub sequences_max: NonZeroU32,
    /// Greatest number of tokens in a batch. Cancellation takes effect between two
    /// batches.
    pub batch_tokens: NonZeroU32,
    /// Whether to compute one request at a time, such that each answer depends only on
    /// its prompt, constraint and sampling, to the bit.
    pub deterministic: bool,
}

impl DecoderConfig {
    /// A context of 2048 tokens for one sequence at a time.
    pub fn new(path: impl Into<PathBuf>, device: Device) -> Self {
        Self {
            path: path.into(),
            device,
            context_tokens: const { NonZeroU32::new(2048).expect("not zero") },
            sequences_max: const { NonZeroU32::new(1).expect("not zero") },
            batch_tokens: const { NonZeroU32::new(256).expect("not zero") },
            deterministic: false,
        }
    }

    /// Greatest number of live sequences under one adapter.
    pub(crate) fn live_max(&self) -> u32 {
        if self.deterministic { 1 } else { self.sequences_max.get() }
    }
}
