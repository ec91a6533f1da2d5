//! What is decoded next: first the newest tokens of every answer, then as much
//! of the prompts as fits.

use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;

use super::cache;
use super::config::{DETERMINISTIC_BLOCK_TOKENS, LlamaConfig};
use super::context::Leased;
use crate::live::Live;

/// As a number of tokens in memory.
pub(crate) const DETERMINISTIC_BLOCK: usize = DETERMINISTIC_BLOCK_TOKENS as usize;

/// A part of a batch: some tokens of one request.
pub(crate) struct Part {
    /// Index of the request among the live ones.
    pub(crate) index: usize,
    /// How many of its tokens.
    pub(crate) tokens: usize,
    /// Row of the logits behind its last token, where they are wanted.
    pub(crate) row: Option<i32>,
}

/// Puts as many tokens of the live requests into the batch as fit.
pub(crate) fn fill(batch: &mut LlamaBatch<'_>, live: &[Leased], config: &LlamaConfig) -> Vec<Part> {
    batch.clear();
    let mut parts = Vec::new();
    let mut free = config.micro_batch.get() as usize;
    for in_prompt in [false, true] {
        for (index, leased) in live.iter().enumerate() {
            if leased.request.in_prompt() == in_prompt && free > 0 {
                let tokens = tokens_at_once(&leased.request, config).min(free);
                free -= tokens;
                let row = add(batch, leased, tokens);
                parts.push(Part { index, tokens, row });
            }
        }
    }
    parts
}

/// How many tokens of a request may be computed together.
///
/// Where runs must repeat to the bit, a prompt is cut at multiples of a block,
/// wherever its computation begins.
fn tokens_at_once(request: &Live, config: &LlamaConfig) -> usize {
    if !(config.deterministic && request.in_prompt()) {
        return request.tokens.len() - request.computed;
    }
    let to_boundary = DETERMINISTIC_BLOCK - request.computed % DETERMINISTIC_BLOCK;
    to_boundary.min(request.prompt_tokens - request.computed)
}

/// Adds the next tokens of a request; returns the row of the logits, if they are
/// its last.
fn add(batch: &mut LlamaBatch<'_>, leased: &Leased, tokens: usize) -> Option<i32> {
    let Leased { request, slot } = leased;
    let end = request.computed + tokens;
    let wants_logits = end == request.tokens.len();
    for position in request.computed..end {
        let token = LlamaToken::new(request.tokens[position].cast_signed());
        let logits = wants_logits && position + 1 == end;
        batch
            .add(token, cache::number(position), &[cache::number(*slot)], logits)
            .expect("the parts are no more than the batch holds");
    }
    wants_logits.then(|| batch.n_tokens() - 1)
}
