//! The numbers of a model that its memory follows from: read from its file, or from a
//! manifest where the file is not here.

use serde::Deserialize;

use crate::gguf::{Gguf, GgufError};

/// How large a transformer is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Blocks.
    pub layers: u64,
    /// Values between blocks.
    pub width: u64,
    /// Values within a feed-forward network.
    pub inner: u64,
    /// Heads that have keys and values of their own.
    pub kv_heads: u64,
    /// Values in a head's keys.
    pub key_width: u64,
    /// Values in a head's values.
    pub value_width: u64,
    /// Tokens that the model knows.
    pub vocabulary: u64,
}

impl Shape {
    /// As the keys and tensors of a file say.
    pub fn of(gguf: &Gguf) -> Result<Self, GgufError> {
        let key = |name: &str| format!("{}.{name}", gguf.architecture().unwrap_or_default());
        let number = |name: &str| gguf.required_unsigned(&key(name));
        let (width, heads) = (number("embedding_length")?, number("attention.head_count")?);
        let even = width / heads.max(1);
        let embeddings = gguf.tensor("token_embd.weight").and_then(|tensor| tensor.ne.get(1));
        Ok(Self {
            layers: number("block_count")?,
            width,
            inner: number("feed_forward_length")?,
            kv_heads: number("attention.head_count_kv").unwrap_or(heads),
            key_width: number("attention.key_length").unwrap_or(even),
            value_width: number("attention.value_length").unwrap_or(even),
            vocabulary: embeddings.copied().unwrap_or(0),
        })
    }
}
