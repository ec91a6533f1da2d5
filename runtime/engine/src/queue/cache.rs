//! What the queue asks of whatever computes tokens.

use runtime_core::model::ModelError;

/// Keys and values of sequences, and what computes them.
///
/// It knows tokens and nothing of requests.
pub(crate) trait Cache {
    /// How many tokens of what is needed are computed already.
    fn reusable(&mut self, need: Need<'_>) -> usize;

    /// Leases a sequence that begins with the most reusable tokens; `None` where there is
    /// no room while others are leased.
    fn lease(&mut self, need: Need<'_>) -> Option<Lease>;

    /// Computes tokens, of each sequence at most one part; returns a row of logits for
    /// each part that wants one, in their order.
    ///
    /// An error says in words what broke; all of these sequences are released then, and
    /// nothing of them is kept.
    fn compute(&mut self, parts: &[Part<'_>]) -> Result<Vec<&[f32]>, String>;

    /// Ends a lease; the first `kept` tokens of the sequence are remembered.
    fn release(&mut self, slot: usize, kept: usize);

    /// The natural log-probability of each token after those before it; the first has
    /// none. Nothing is leased, and what is remembered makes no difference.
    fn score(&mut self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError>;
}

/// What a request needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need<'a> {
    /// The tokens it begins with, at least one.
    pub(crate) tokens: &'a [u32],
    /// Tokens are reused in multiples of this.
    pub(crate) block: usize,
    /// How long the sequence may get.
    pub(crate) length_max: usize,
}

impl Need<'_> {
    /// How many first tokens of a computed sequence are of use. Never all that are
    /// needed: the logits behind the last one are wanted.
    pub(crate) fn reusable(&self, computed: &[u32]) -> usize {
        let common = common_prefix(computed, self.tokens).min(self.tokens.len() - 1);
        common - common % self.block
    }
}

/// A sequence that a request may now grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The sequence.
    pub(crate) slot: usize,
    /// How many tokens of the request are in it already.
    pub(crate) cached: usize,
}

/// Tokens that go to the end of a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// The sequence.
    pub(crate) slot: usize,
    /// How many tokens it has already.
    pub(crate) start: usize,
    /// At least one.
    pub(crate) tokens: &'a [u32],
    /// Whether the logits behind the last of them are wanted.
    pub(crate) wants_logits: bool,
}

/// How many first tokens two sequences have in common.
pub(crate) fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
