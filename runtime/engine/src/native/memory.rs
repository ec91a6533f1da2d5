//! Estimates the memory of a model before it is loaded.

use models::gguf::Gguf;
use models_native::error::NativeError;
use models_native::memory;
use models_native::transformer::supports;

use super::config::NativeConfig;
use crate::memory::MemoryEstimate;

/// Bytes for each token of the vocabulary while it is read, in our tokenizer, and in the tables of
/// constrained decoding: measured for SmolLM2 and Gemma 3.
const TOKEN_BYTES: usize = 300;

/// Bytes of the program itself: measured.
const PROGRAM_BYTES: usize = 36 << 20;

/// The memory of a model with the sequences of one adapter, or of none. Each further adapter in
/// use needs [`MemoryEstimate::context`] once more.
pub fn estimate(gguf: &Gguf, config: &NativeConfig) -> Result<MemoryEstimate, NativeError> {
    let shape = supports(gguf)?;
    let number = |number: std::num::NonZeroU32| number.get() as usize;
    let (live, context) = (number(config.sequences_max), number(config.context_tokens));
    // Of each live sequence an ended one may be stored, and each may write to a page that it
    // shared before.
    let cache = 2 * live * memory::cache_bytes(&shape, context + memory::PAGE_TOKENS);
    let compute = memory::batch_bytes(&shape, number(config.batch_tokens), live);
    Ok(MemoryEstimate {
        weights: memory::weight_bytes(gguf) as u64,
        cache: cache as u64,
        compute: compute as u64,
        rest: (PROGRAM_BYTES + shape.vocabulary * TOKEN_BYTES) as u64,
    })
}
