//! Composes the next batch, and decides which requests wait for a common prefix.

use super::cache::{Extension, common_prefix};
use crate::live::LiveRequest;

/// Number of tokens in a block of a prompt in deterministic mode. The blocks are fixed since
/// kernels choose their path by the size of a batch.
pub(crate) const DETERMINISTIC_BLOCK_TOKENS: u32 = 64;

/// The same as a `usize`.
pub(super) const DETERMINISTIC_BLOCK: usize = DETERMINISTIC_BLOCK_TOKENS as usize;

/// A request waits for another one that will compute at least this many tokens of their
/// common prefix.
pub(super) const SHARED_TOKENS_MIN: usize = 32;

/// A live request with its leased sequence.
pub(super) struct Leased {
    /// The request.
    pub(super) request: LiveRequest,
    /// The sequence.
    pub(super) slot: usize,
}

/// The tokens of a live request in a batch: the request's index and the number of tokens.
pub(super) type Share = (usize, usize);

impl Leased {
    /// Whether the request will compute a prefix of `prompt` that is much longer than the
    /// `reusable` tokens.
    pub(super) fn will_share(&self, prompt: &[u32], reusable: usize) -> bool {
        let Self { request, .. } = self;
        let common = common_prefix(prompt, &request.tokens[..request.prompt_tokens]);
        request.in_prompt() && common > request.computed && common >= reusable + SHARED_TOKENS_MIN
    }

    /// Its next tokens.
    pub(super) fn part(&self, tokens: usize) -> Extension<'_> {
        let Self { request, slot } = self;
        let (start, end) = (request.computed, request.computed + tokens);
        let wants_logits = end == request.tokens.len();
        Extension { slot: *slot, start, tokens: &request.tokens[start..end], wants_logits }
    }
}

/// The next batch of at most `free` tokens: first the newest tokens of every answer, then as
/// many tokens of prompts as fit.
pub(super) fn shares(live: &[Leased], mut free: usize, deterministic: bool) -> Vec<Share> {
    let mut shares = Vec::new();
    for in_prompt in [false, true] {
        for (index, Leased { request, .. }) in live.iter().enumerate() {
            if request.in_prompt() == in_prompt && free > 0 {
                let tokens = tokens_at_once(request, deterministic).min(free);
                free -= tokens;
                shares.push((index, tokens));
            }
        }
    }
    shares
}

/// Greatest number of tokens of a request in one batch.
///
/// In deterministic mode a prompt is split at multiples of a block, wherever its
/// computation begins.
fn tokens_at_once(request: &LiveRequest, deterministic: bool) -> usize {
    if !(deterministic && request.in_prompt()) {
        return request.tokens.len() - request.computed;
    }
    let to_boundary = DETERMINISTIC_BLOCK - request.computed % DETERMINISTIC_BLOCK;
    to_boundary.min(request.prompt_tokens - request.computed)
}
