//! Why a file is not a model that this decoder runs.

use models::gguf::GgufError;
use models::hyperparameters::HyperparametersError;

/// Why a model or an adapter cannot be used here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecoderError {
    /// The file itself is wrong, or lacks a key.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// What the file says about its transformer is wrong or not supported.
    #[error(transparent)]
    Hyperparameters(#[from] HyperparametersError),
    /// The model is of a family or uses a feature that is not built here.
    #[error("{file}: {what} is not supported; supported are llama, qwen2, qwen3 and gemma3")]
    Unsupported {
        /// The model's file.
        file: String,
        /// The feature.
        what: String,
    },
    /// A tensor is missing.
    #[error("{file}: the tensor {tensor} is missing")]
    Missing {
        /// The model's file.
        file: String,
        /// The tensor's name.
        tensor: String,
    },
    /// A tensor's type cannot be multiplied by.
    #[error("{file}: the tensor {tensor} is of type {kind}, which is not supported")]
    Kind {
        /// The model's file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// Its type.
        kind: String,
    },
    /// A tensor has other dimensions than the keys say.
    #[error("{file}: the tensor {tensor} has the dimensions {found:?}, expected {expected:?}")]
    Shape {
        /// The model's file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// What the keys say, in ggml's order.
        expected: Vec<u64>,
        /// What the tensor table says.
        found: Vec<u64>,
    },
    /// A sequence is longer than the model was made for.
    #[error("a sequence has {found} tokens, the model was made for {context_tokens}")]
    TooLong {
        /// The sequence's length, cached tokens included.
        found: usize,
        /// The model's context.
        context_tokens: usize,
    },
    /// A token id is not in the vocabulary.
    #[error("token {id} is not in the vocabulary of {vocabulary} tokens")]
    Token {
        /// The id.
        id: u32,
        /// The vocabulary's size.
        vocabulary: usize,
    },
    /// Logits are infinite or no numbers.
    #[error("the logits are not numbers")]
    NotANumber,
    /// The device lacks a kind of number.
    #[error("{device} does not compute with bf16: choose f32")]
    Bf16 {
        /// What it is.
        device: String,
    },
    /// No such device.
    #[error("there is no device {name}: {reason}")]
    Device {
        /// The requested name.
        name: String,
        /// What there is.
        reason: String,
    },
    /// An adapter does not fit.
    #[error("the adapter does not fit the model: {0}")]
    Adapter(String),
}
