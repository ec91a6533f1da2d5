//! The configuration of the native engine.

use std::num::NonZeroU32;
use std::path::PathBuf;

/// How a model is loaded: its file and its limits.
#[derive(Clone, Debug)]
pub struct NativeConfig {
    /// The GGUF file.
    pub path: PathBuf,
    /// Threads that compute.
    pub threads: NonZeroU32,
    /// Greatest number of tokens of a prompt and its answer together.
    pub context_tokens: NonZeroU32,
    /// Greatest number of requests under one adapter that are computed together.
    pub sequences_max: NonZeroU32,
    /// Greatest number of tokens in a batch. Cancellation takes effect between two
    /// batches.
    pub batch_tokens: NonZeroU32,
}

impl NativeConfig {
    /// A context of 2048 tokens for one sequence at a time, on one thread.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            threads: NonZeroU32::MIN,
            context_tokens: const { NonZeroU32::new(2048).expect("not zero") },
            sequences_max: NonZeroU32::MIN,
            batch_tokens: const { NonZeroU32::new(256).expect("not zero") },
        }
    }
}
