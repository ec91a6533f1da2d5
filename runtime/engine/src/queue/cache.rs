//! The interface between the queue and an engine's KV cache.

use runtime_core::model::ModelError;

/// The KV cache of sequences, together with the model that computes it.
///
/// It knows token sequences but no requests.
pub(crate) trait SequenceCache {
    /// Number of leading tokens of `need` that are already computed.
    fn reusable(&mut self, need: Need<'_>) -> usize;

    /// Leases a sequence with the longest reusable prefix of `need`; `None` if there is no
    /// room while others are leased.
    fn lease(&mut self, need: Need<'_>) -> Option<Lease>;

    /// Computes the appended tokens of at most one extension for each sequence; returns a
    /// row of logits for each extension that wants one, in order.
    ///
    /// After an error, which is a message, all of these sequences are released and dropped.
    fn compute(&mut self, parts: &[Extension<'_>]) -> Result<Vec<&[f32]>, String>;

    /// Ends a lease; the first `kept` tokens of the sequence stay stored.
    fn release(&mut self, slot: usize, kept: usize);

    /// The natural log-probability of each token given the tokens before it; `None` for the
    /// first. No sequence may be leased; stored sequences do not affect the result.
    fn score(&mut self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError>;
}

/// The tokens of a request, for which a sequence is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need<'a> {
    /// The prompt's tokens, at least one.
    pub(crate) tokens: &'a [u32],
    /// Tokens are reused in multiples of this.
    pub(crate) block: usize,
    /// Greatest length of the sequence.
    pub(crate) length_max: usize,
}

impl Need<'_> {
    /// Number of leading tokens of a computed sequence that can be reused; always fewer
    /// than needed, since the logits after the last token must be computed.
    pub(crate) fn reusable(&self, computed: &[u32]) -> usize {
        let common = common_prefix(computed, self.tokens).min(self.tokens.len() - 1);
        common - common % self.block
    }
}

/// A sequence that a request may now extend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The sequence.
    pub(crate) slot: usize,
    /// Number of the request's tokens that are already computed.
    pub(crate) cached: usize,
}

/// Tokens to append to a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// The sequence.
    pub(crate) slot: usize,
    /// Length of the sequence before them.
    pub(crate) start: usize,
    /// The tokens, at least one.
    pub(crate) tokens: &'a [u32],
    /// Whether the logits after the last token are wanted.
    pub(crate) wants_logits: bool,
}

/// Length of the common prefix of two sequences.
pub(crate) fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
