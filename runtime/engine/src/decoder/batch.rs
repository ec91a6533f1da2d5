//! What is computed next: first the newest tokens of every answer, then as much
//! of the prompts as fits.

use models_decoder::batch::Batch;
use models_decoder::cache::Cache;

use super::config::{DETERMINISTIC_BLOCK, DecoderConfig};
use super::memory::common_prefix;
use crate::live::Live;

/// A request that is computed, and its cache.
pub(crate) struct Held {
    /// The request.
    pub(crate) request: Live,
    /// As many tokens as the request counts as computed.
    pub(crate) cache: Cache,
}

impl Held {
    /// How many tokens that are computed a prompt begins with.
    pub(crate) fn common(&self, prompt: &[u32]) -> usize {
        common_prefix(&self.request.tokens[..self.cache.tokens()], prompt)
    }
}

/// A part of a batch: some tokens of one request.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// Index of the request among the live ones.
    pub(crate) index: usize,
    /// How many of its tokens.
    pub(crate) tokens: usize,
    /// Row of the batch behind which logits are wanted.
    pub(crate) row: Option<usize>,
}

/// As many tokens of the live requests as are computed in one go; of each request
/// at most one part.
pub(crate) fn fill(live: &[Held], config: &DecoderConfig) -> (Batch, Vec<Part>) {
    let mut batch = Batch::default();
    let mut parts = Vec::new();
    let mut free = config.batch_tokens.get() as usize;
    for in_prompt in [false, true] {
        for (index, Held { request, .. }) in live.iter().enumerate() {
            if request.in_prompt() == in_prompt && free > 0 {
                let tokens = tokens_at_once(request, config.deterministic).min(free);
                free -= tokens;
                let end = request.computed + tokens;
                batch.tokens.extend_from_slice(&request.tokens[request.computed..end]);
                batch.lengths.push(tokens);
                let wanted = end == request.tokens.len();
                let row = wanted.then(|| batch.tokens.len() - 1);
                parts.push(Part { index, tokens, row });
            }
        }
    }
    (batch, parts)
}

/// How many tokens of a request may be computed together.
///
/// Where runs must repeat to the bit, a prompt is cut at multiples of a block,
/// wherever its computation begins.
fn tokens_at_once(request: &Live, deterministic: bool) -> usize {
    if !(deterministic && request.in_prompt()) {
        return request.tokens.len() - request.computed;
    }
    let to_boundary = DETERMINISTIC_BLOCK - request.computed % DETERMINISTIC_BLOCK;
    to_boundary.min(request.prompt_tokens - request.computed)
}
