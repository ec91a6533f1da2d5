//! Estimates the memory of a model before it is loaded.

use models::gguf::{Gguf, GgufError};
use models::shape::Shape;

use super::config::{CacheType, LlamaConfig};
use crate::memory::MemoryEstimate;

/// llama.cpp rounds the cells of a cache up to whole blocks of this many.
const CELLS_BLOCK: u64 = 256;

/// Number of values that a cache of `q8_0` stores with one scale.
const Q8_0_BLOCK: u64 = 32;

/// Bytes for each token of the vocabulary in our tokenizer, in llama.cpp's and in the tables
/// of constrained decoding: measured for SmolLM2 and Gemma 3.
const TOKEN_BYTES: u64 = 110;

/// Bytes of the program itself: measured.
const PROGRAM_BYTES: u64 = 44 << 20;

/// The memory of a model with one context. Each further adapter in use needs
/// [`MemoryEstimate::context`] once more.
pub fn estimate(gguf: &Gguf, config: &LlamaConfig) -> Result<MemoryEstimate, GgufError> {
    let bytes = |name: &str| gguf.tensor_bytes(name).map_or(0, |bytes| bytes.len() as u64);
    let weights = gguf.tensors().iter().map(|tensor| bytes(&tensor.name)).sum();
    Ok(estimate_of(&Shape::of(gguf)?, weights, config))
}

/// The estimate for a model of this shape and size, without its file.
pub fn estimate_of(shape: &Shape, weights: u64, config: &LlamaConfig) -> MemoryEstimate {
    let Shape { layers, width, inner, kv_heads, key_width, value_width, vocabulary } = *shape;
    let cells = u64::from(config.cache_tokens.get()).next_multiple_of(CELLS_BLOCK);
    let values = layers * kv_heads * (key_width + value_width) * cells;
    let cache = match config.cache_type {
        CacheType::F32 => values * 4,
        CacheType::F16 => values * 2,
        // Blocks with a scale of two bytes.
        CacheType::Q8_0 => values * (Q8_0_BLOCK + 2) / Q8_0_BLOCK,
    };
    let rows = u64::from(config.micro_batch.get());
    let logits = (rows + u64::from(config.slots())) * vocabulary * 4;
    let activations = rows * (2 * inner + 4 * width) * 4 + rows * cells * 4;
    let rest = PROGRAM_BYTES + vocabulary * TOKEN_BYTES;
    MemoryEstimate { weights, cache, compute: logits + activations, rest }
}

/// Checks that a head's keys and values fill whole blocks of the cache type, as llama.cpp does.
pub fn check_cache(gguf: &Gguf, cache_type: CacheType) -> Result<(), String> {
    if cache_type != CacheType::Q8_0 {
        return Ok(());
    }
    let shape = Shape::of(gguf).map_err(|error| error.to_string())?;
    let widths = [shape.key_width, shape.value_width];
    match widths.into_iter().find(|width| !width.is_multiple_of(Q8_0_BLOCK)) {
        None => Ok(()),
        Some(width) => Err(format!(
            "its heads are {width} values wide, and a cache of q8_0 holds blocks of {Q8_0_BLOCK}; \
             choose f16, which is `cache = \"f16\"` in a board's file"
        )),
    }
}
