//! What our own engines share: a transformer under one adapter, whose sequences each have a
//! KV cache of their own.
//!
//! The caches of ended requests are stored while there is room, and a request starts with a
//! copy of the one with the longest common prefix. Copies are cheap: they share memory until
//! one of them grows.

mod role;
mod sequences;
mod stored;

use std::num::NonZeroU32;

use runtime_core::model::ModelError;

use crate::error::EngineError;
use crate::queue::Extension;

pub(crate) use role::TransformerRole;

/// Weights under one adapter.
pub(crate) trait Transformer {
    /// Keys and values of a sequence; a copy shares memory.
    type Cache: Clone + Default;

    /// Drops all but the first `tokens` tokens of a cache.
    fn truncate(cache: &mut Self::Cache, tokens: usize);

    /// Number of tokens in the vocabulary.
    fn vocabulary(&self) -> usize;

    /// Appends each extension's tokens to its cache; returns the rows of logits that
    /// extensions want, in order. An error is a message.
    fn extend(
        &self,
        parts: &[Extension<'_>],
        caches: &mut [Self::Cache],
    ) -> Result<Vec<f32>, String>;

    /// The natural log-probability of each token given the tokens before it; `None` for the
    /// first.
    fn score(&self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError>;

    /// The hidden state of the last of some tokens, `[width]`.
    fn state(&self, ids: &[u32]) -> Result<Vec<f32>, ModelError>;
}

/// Refuses a context that is longer than the one that the model was trained with.
pub(crate) fn check_context(
    context_tokens: NonZeroU32,
    trained_tokens: usize,
) -> Result<(), EngineError> {
    let found = context_tokens.get();
    match u32::try_from(trained_tokens) {
        Ok(most) if found > most => {
            Err(EngineError::TooLarge { field: "context_tokens", found, most })
        }
        _ => Ok(()),
    }
}
