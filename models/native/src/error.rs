//! Why a file is not a model that is computed here.

use models::gguf::{GgmlType, GgufError};
use models::hyperparameters::HyperparametersError;

/// Why a model or an adapter cannot be used here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NativeError {
    /// The file itself is wrong, or lacks a key.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// What the file says about its transformer is wrong or not supported.
    #[error(transparent)]
    Hyperparameters(#[from] HyperparametersError),
    /// The vectors of these kernels do not fit a width.
    #[error("{file}: its {what} is {found}, expected a multiple of {multiple}")]
    Width {
        /// The model's file.
        file: String,
        /// Which width.
        what: &'static str,
        /// What it is.
        found: usize,
        /// What would do.
        multiple: usize,
    },
    /// A tensor is missing.
    #[error("{file}: the tensor {tensor} is missing")]
    Missing {
        /// The model's file.
        file: String,
        /// The tensor's name.
        tensor: String,
    },
    /// A tensor would mean a computation that is not built.
    #[error("{file}: the tensor {tensor} is not supported")]
    Unknown {
        /// The model's file.
        file: String,
        /// The tensor's name.
        tensor: String,
    },
    /// A tensor's type cannot be read.
    #[error("{file}: the tensor {tensor} is of type {kind}, which is not supported")]
    Kind {
        /// The model's file.
        file: String,
        /// The tensor's name.
        tensor: String,
        /// Its type.
        kind: GgmlType,
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
    /// Hidden states are infinite or no numbers.
    #[error("the hidden states are not numbers")]
    NotANumber,
    /// An adapter does not fit.
    #[error("the adapter does not fit the model: {0}")]
    Adapter(String),
}
