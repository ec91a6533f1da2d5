//! The configuration of llama.cpp.

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::error::EngineError;
use crate::queue::batch::DETERMINISTIC_BLOCK_TOKENS;

/// Greatest number of sequences in one context of llama.cpp.
const SEQUENCES_MAX: u32 = 120;

/// How a model is loaded: its file and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaConfig {
    /// The GGUF file.
    pub path: PathBuf,
    /// Greatest number of tokens of a prompt and its answer together.
    pub context_tokens: NonZeroU32,
    /// Number of cache cells for the keys and values of live and stored sequences;
    /// at least `context_tokens`. Each context reserves memory for all of them: one
    /// context without an adapter and one for each adapter in use.
    pub cache_tokens: NonZeroU32,
    /// Greatest number of requests of one context that are decoded together.
    pub sequences_max: NonZeroU32,
    /// Number of CPU threads.
    pub threads: NonZeroU32,
    /// Greatest number of tokens in a batch. Cancellation takes effect between two
    /// batches, and a row of logits is reserved for each token.
    pub micro_batch: NonZeroU32,
    /// The type of stored keys and values.
    pub cache_type: CacheType,
    /// The device that computes layers, by its name in [`super::devices()`]; `None` is
    /// llama.cpp's own choice.
    pub device: Option<String>,
    /// Number of layers that a device other than the CPU computes, the last ones first;
    /// `None` is all.
    pub gpu_layers: Option<u32>,
    /// Whether to compute one request at a time, such that each answer depends only on
    /// its prompt, constraint and sampling, to the bit. Needs a `micro_batch` of 64 or
    /// more.
    pub deterministic: bool,
}

/// The type of stored keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheType {
    /// 4 bytes a value, and attention in full precision: on F32 weights a batch
    /// changes log-probabilities by 1e-6. Much slower with many sequences.
    F32,
    /// 2 bytes a value, and llama.cpp's flash attention, which rounds to half
    /// precision: a batch changes log-probabilities by 1e-3.
    F16,
    /// 1.06 bytes a value, at a small loss.
    Q8_0,
}

impl LlamaConfig {
    /// A context of 2048 tokens for one sequence at a time on two threads.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            context_tokens: const { NonZeroU32::new(2048).expect("not zero") },
            cache_tokens: const { NonZeroU32::new(2048).expect("not zero") },
            sequences_max: const { NonZeroU32::new(1).expect("not zero") },
            threads: const { NonZeroU32::new(2).expect("not zero") },
            micro_batch: const { NonZeroU32::new(256).expect("not zero") },
            cache_type: CacheType::F16,
            device: None,
            gpu_layers: None,
            deterministic: false,
        }
    }

    /// Greatest number of live sequences in one context.
    pub(crate) fn live_max(&self) -> u32 {
        if self.deterministic { 1 } else { self.sequences_max.get() }
    }

    /// Greatest number of sequences in one context, live and stored.
    pub(crate) fn slots(&self) -> u32 {
        if self.deterministic { 1 } else { self.sequences_max.get() * 2 + 1 }
    }

    /// Checks the numbers against each other; `trained_tokens` is the context length
    /// that the model was trained with.
    pub(crate) fn check(&self, trained_tokens: u32) -> Result<(), EngineError> {
        let micro_batch_min =
            if self.deterministic { DETERMINISTIC_BLOCK_TOKENS } else { self.live_max() };
        at_most("context_tokens", self.context_tokens, trained_tokens)?;
        at_most("sequences_max", self.sequences_max, SEQUENCES_MAX)?;
        at_least("cache_tokens", self.cache_tokens, self.context_tokens.get())?;
        at_least("micro_batch", self.micro_batch, micro_batch_min)
    }
}

fn at_least(field: &'static str, found: NonZeroU32, least: u32) -> Result<(), EngineError> {
    let found = found.get();
    if found < least { Err(EngineError::TooSmall { field, found, least }) } else { Ok(()) }
}

fn at_most(field: &'static str, found: NonZeroU32, most: u32) -> Result<(), EngineError> {
    let found = found.get();
    if found > most { Err(EngineError::TooLarge { field, found, most }) } else { Ok(()) }
}
