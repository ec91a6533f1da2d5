//! What a model will take, before it is loaded.

use models::gguf::{Gguf, GgufError};

use super::config::{CacheType, LlamaConfig};

/// llama.cpp rounds the cells of a cache up to whole blocks of this many.
const CELLS_BLOCK: u64 = 256;

/// What a token of the vocabulary takes in the tokenizer, in llama.cpp's own and in the
/// tables of constrained decoding, in bytes: measured for SmolLM2 and Gemma 3.
const TOKEN_BYTES: u64 = 110;

/// What the program itself takes, in bytes: measured.
const PROGRAM_BYTES: u64 = 44 << 20;

/// Memory of a model in llama.cpp by its parts, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The tensors, as they lie in the file.
    pub weights: u64,
    /// Keys and values of one context.
    pub cache: u64,
    /// Activations and rows of logits of one context.
    pub compute: u64,
    /// The vocabulary and the program.
    pub rest: u64,
}

impl Memory {
    /// What a model with one context takes. Each further adapter in use takes
    /// [`Memory::context`] once more.
    pub fn estimate(gguf: &Gguf, config: &LlamaConfig) -> Result<Self, GgufError> {
        let key = |name: &str| format!("{}.{name}", gguf.architecture().unwrap_or_default());
        let number = |name: &str| gguf.required_unsigned(&key(name));
        let [layers, width, inner, heads] = [
            number("block_count")?,
            number("embedding_length")?,
            number("feed_forward_length")?,
            number("attention.head_count")?,
        ];
        let or = |name: &str, other: u64| number(name).unwrap_or(other);
        let kv_heads = or("attention.head_count_kv", heads);
        let key_width = or("attention.key_length", width / heads.max(1));
        let value_width = or("attention.value_length", width / heads.max(1));
        let cells = u64::from(config.cache_tokens.get()).next_multiple_of(CELLS_BLOCK);
        let values = layers * kv_heads * (key_width + value_width) * cells;
        let cache = match config.cache_type {
            CacheType::F32 => values * 4,
            CacheType::F16 => values * 2,
            // Blocks of 32 with a scale of two bytes.
            CacheType::Q8_0 => values * 34 / 32,
        };
        let bytes = |name: &str| gguf.tensor_bytes(name).map_or(0, |bytes| bytes.len() as u64);
        let weights = gguf.tensors().iter().map(|tensor| bytes(&tensor.name)).sum();
        let vocabulary = vocabulary(gguf);
        let rows = u64::from(config.micro_batch.get());
        let logits = (rows + u64::from(config.slots())) * vocabulary * 4;
        let activations = rows * (2 * inner + 4 * width) * 4 + rows * cells * 4;
        let rest = PROGRAM_BYTES + vocabulary * TOKEN_BYTES;
        Ok(Self { weights, cache, compute: logits + activations, rest })
    }

    /// What one context takes: of the bare model, or of an adapter.
    pub fn context(&self) -> u64 {
        self.cache + self.compute
    }

    /// Everything, with one context.
    pub fn total(&self) -> u64 {
        self.weights + self.context() + self.rest
    }
}

fn vocabulary(gguf: &Gguf) -> u64 {
    let embeddings = gguf.tensor("token_embd.weight").and_then(|tensor| tensor.ne.get(1));
    embeddings.copied().unwrap_or(0)
}
