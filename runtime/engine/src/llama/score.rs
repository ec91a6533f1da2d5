//! The log-probabilities that a model gives to tokens that somebody else chose.

use llama_cpp_2::token::LlamaToken;
use runtime_core::model::ModelError;

use super::cache;
use super::context::Context;
use crate::exponential::log_softmax;

/// Rows of logits that are kept at a time: 67 MB for Gemma's vocabulary.
const WINDOW_TOKENS: usize = 64;

/// Scores tokens in a context without live requests.
///
/// The cache is emptied before and after: the same tokens get the same bits.
pub(crate) fn score(
    context: &mut Context<'_>,
    ids: &[u32],
) -> Result<Vec<Option<f32>>, ModelError> {
    context.forget_all();
    let scores = score_in_empty_cache(context, ids);
    context.forget_all();
    scores
}

fn score_in_empty_cache(
    context: &mut Context<'_>,
    ids: &[u32],
) -> Result<Vec<Option<f32>>, ModelError> {
    let window = WINDOW_TOKENS.min(context.config.micro_batch.get() as usize);
    let mut scores = Vec::with_capacity(ids.len());
    scores.push(None);
    // Nothing comes after the last token, so it is not computed.
    let computed = &ids[..ids.len().saturating_sub(1)];
    for tokens in computed.chunks(window) {
        let first = scores.len() - 1;
        context.batch.clear();
        for (offset, &token) in tokens.iter().enumerate() {
            let position = cache::number(first + offset);
            let token = LlamaToken::new(token.cast_signed());
            context
                .batch
                .add(token, position, &[0], true)
                .expect("a window is no larger than a batch");
        }
        context
            .llama
            .decode(&mut context.batch)
            .map_err(|error| ModelError::Engine(error.to_string()))?;
        for offset in 0..tokens.len() {
            let target = ids[first + offset + 1] as usize;
            let logits = context.llama.get_logits_ith(cache::number(offset));
            let log_prob = log_softmax(logits, target)
                .ok_or_else(|| ModelError::Engine("the logits are not numbers".to_owned()))?;
            scores.push(Some(log_prob));
        }
    }
    scores.truncate(ids.len());
    Ok(scores)
}
