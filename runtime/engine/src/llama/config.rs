//! What an engine is loaded with.

use std::num::NonZeroU32;
use std::path::PathBuf;

use super::error::LlamaError;

/// A prompt is computed in blocks of this many tokens where runs must repeat to
/// the bit: the kernels choose their path by the size of a batch.
pub(crate) const DETERMINISTIC_BLOCK_TOKENS: u32 = 64;

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
    /// One request at a time, each a function of its prompt, constraint and
    /// sampling to the bit, whatever was asked before. Needs a `micro_batch` of
    /// 64 or more.
    pub deterministic: bool,
}

/// How keys and values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheType {
    /// 4 bytes a value.
    F32,
    /// 2 bytes a value.
    F16,
    /// 1.06 bytes a value, at a small loss.
    Q8_0,
}

impl LlamaConfig {
    /// A context of 2048 tokens for one sequence at a time on two threads.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let number = |value| NonZeroU32::new(value).expect("not zero");
        Self {
            path: path.into(),
            context_tokens: number(2048),
            cache_tokens: number(2048),
            sequences_max: number(1),
            threads: number(2),
            micro_batch: number(256),
            cache_type: CacheType::F16,
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
    pub(crate) fn check(&self, trained_tokens: u32) -> Result<(), LlamaError> {
        let micro_batch_min =
            if self.deterministic { DETERMINISTIC_BLOCK_TOKENS } else { self.live_max() };
        let at_least = |field, found: NonZeroU32, least: u32| match found.get() >= least {
            true => Ok(()),
            false => Err(LlamaError::TooSmall { field, found: found.get(), least }),
        };
        let at_most = |field, found: NonZeroU32, most: u32| match found.get() <= most {
            true => Ok(()),
            false => Err(LlamaError::TooLarge { field, found: found.get(), most }),
        };
        at_most("context_tokens", self.context_tokens, trained_tokens)?;
        at_most("sequences_max", self.sequences_max, SEQUENCES_MAX)?;
        at_least("cache_tokens", self.cache_tokens, self.context_tokens.get())?;
        at_least("micro_batch", self.micro_batch, micro_batch_min)
    }
}
