//! What a model takes of memory, before it is loaded.

/// The estimated memory of a model by its parts, in bytes: an upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The tensors, as the engine keeps them.
    pub weights: u64,
    /// Keys and values of one context.
    pub cache: u64,
    /// Activations and rows of logits of one context.
    pub compute: u64,
    /// The vocabulary and the program.
    pub rest: u64,
}

impl MemoryEstimate {
    /// Bytes of one context: of the model without adapter, or of one adapter.
    pub fn context(&self) -> u64 {
        self.cache + self.compute
    }

    /// All bytes, with one context.
    pub fn total(&self) -> u64 {
        self.weights + self.context() + self.rest
    }
}
