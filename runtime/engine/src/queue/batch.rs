//! What is computed next, and which requests wait for it.

use super::cache::{Part, common_prefix};
use crate::live::Live;

/// A prompt is computed in blocks of this many tokens where runs must repeat to the bit:
/// kernels choose their path by the size of a batch.
pub(crate) const DETERMINISTIC_BLOCK_TOKENS: u32 = 64;

/// As a number of tokens in memory.
pub(super) const DETERMINISTIC_BLOCK: usize = DETERMINISTIC_BLOCK_TOKENS as usize;

/// A request waits for another one that is about to compute at least this many
/// of its tokens.
pub(super) const SHARED_TOKENS_MIN: usize = 32;

/// A live request and its sequence.
pub(super) struct Leased {
    /// The request.
    pub(super) request: Live,
    /// The sequence.
    pub(super) slot: usize,
}

/// Some tokens of a live request: its index, and how many.
pub(super) type Share = (usize, usize);

impl Leased {
    /// Whether it will soon have computed much more of another prompt than is reusable
    /// now.
    pub(super) fn will_share(&self, prompt: &[u32], reusable: usize) -> bool {
        let Self { request, .. } = self;
        let common = common_prefix(prompt, &request.tokens[..request.prompt_tokens]);
        request.in_prompt() && common > request.computed && common >= reusable + SHARED_TOKENS_MIN
    }

    /// Its next tokens.
    pub(super) fn part(&self, tokens: usize) -> Part<'_> {
        let Self { request, slot } = self;
        let (start, end) = (request.computed, request.computed + tokens);
        let wants_logits = end == request.tokens.len();
        Part { slot: *slot, start, tokens: &request.tokens[start..end], wants_logits }
    }
}

/// What is computed next, `free` tokens at most: first the newest tokens of every answer,
/// then as much of the prompts as fits.
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
