//! The log-probabilities of given tokens under a model.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use runtime_core::model::ModelError;

use super::cache::number;
use crate::exponential::log_softmax;

/// Number of rows of logits in memory at a time: 67 MB for Gemma's vocabulary.
const WINDOW_TOKENS: usize = 64;

/// Scores tokens in a context whose cache is empty, at most `micro_batch` at a time.
pub(super) fn score(
    llama: &mut LlamaContext<'_>,
    batch: &mut LlamaBatch<'_>,
    micro_batch: usize,
    ids: &[u32],
) -> Result<Vec<Option<f32>>, ModelError> {
    let window = WINDOW_TOKENS.min(micro_batch);
    let mut scores = Vec::with_capacity(ids.len());
    scores.push(None);
    // No token follows the last one, so it is not computed.
    let computed = &ids[..ids.len().saturating_sub(1)];
    for tokens in computed.chunks(window) {
        let first = scores.len() - 1;
        batch.clear();
        for (offset, &token) in tokens.iter().enumerate() {
            let token = LlamaToken::new(token.cast_signed());
            batch
                .add(token, number(first + offset), &[0], true)
                .expect("a window is no larger than a batch");
        }
        llama.decode(batch).map_err(|error| ModelError::Engine(error.to_string()))?;
        for offset in 0..tokens.len() {
            let target = ids[first + offset + 1] as usize;
            let log_prob = log_softmax(llama.get_logits_ith(number(offset)), target)
                .ok_or_else(|| ModelError::Engine("the logits are not numbers".to_owned()))?;
            scores.push(Some(log_prob));
        }
    }
    scores.truncate(ids.len());
    Ok(scores)
}
