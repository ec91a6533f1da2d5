//! What an engine is loaded with.

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::error::EngineError;
use crate::queue::batch::DETERMINISTIC_BLOCK_TOKENS;

/// llama.cpp knows no more sequences in one context.
const SEQUENCES_MAX: u32 = 120;

/// How a model is loaded: its file and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaConfig {
    /// The GGUF file.
    pub path: PathBuf,
    /// How many tokens a prompt and its answer may have together.
    pub context_tokens: NonZeroU32,
    /// Cells for keys and values, for live and remembered sequences together;
    /// at least `context_tokens`. Memory is reserved for all of them, in each
    /// context: once without an adapter and once for each adapter in use.
    pub cache_tokens: NonZeroU32,
    /// How many requests of one context are decoded together.
    pub sequences_max: NonZeroU32,
    /// Threads that decode.
    pub threads: NonZeroU32,
    /// How many tokens are computed in one go. A cancelled request is noticed
    /// between two of them, and a row of logits is reserved for each token.
    pub micro_batch: NonZeroU32,
    /// How keys and values are stored.
    pub cache_type: CacheType,
    /// The device that layers go to, as [`super::devices()`] names it; llama.cpp's own
    /// choice where `None`.
    pub device: Option<String>,
    /// How many layers go to a device beside the CPU, the last ones first; all where
    /// `None`.
    pub gpu_layers: Option<u32>,
    /// One request at a time, each a function of its prompt, constraint and
    /// sampling to the bit, whatever was asked before. Needs a `micro_batch` of
    /// 64 or more.
    pub deterministic: bool,
}

/// How keys and values are stored.
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

    /// Live sequences in one context.
    pub(crate) fn live_max(&self) -> u32 {
        if self.deterministic { 1 } else { self.sequences_max.get() }
    }

    /// Sequences in one context, live and remembered.
    pub(crate) fn slots(&self) -> u32 {
        if self.deterministic { 1 } else { self.sequences_max.get() * 2 + 1 }
    }

    /// Whether the numbers fit together; `trained_tokens` is the context that
    /// the model was made for.
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
