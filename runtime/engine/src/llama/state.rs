//! The hidden state at the last token of a sequence.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{LlamaContextParams, LlamaPoolingType};
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use runtime_core::model::ModelError;

use super::cache::number;
use super::config::LlamaConfig;

/// The parameters of a context for one sequence that returns hidden states.
pub(super) fn params(params: LlamaContextParams, config: &LlamaConfig) -> LlamaContextParams {
    params
        .with_n_ctx(Some(config.context_tokens))
        .with_n_seq_max(1)
        .with_embeddings(true)
        .with_pooling_type(LlamaPoolingType::None)
}

/// The normed residual stream `[width]` at the last of at least one token.
pub(super) fn last(
    llama: &mut LlamaContext<'_>,
    ids: &[u32],
    config: &LlamaConfig,
) -> Result<Vec<f32>, ModelError> {
    let failed = |error: String| ModelError::Engine(error);
    let window = config.micro_batch.get() as usize;
    let mut batch = LlamaBatch::new(window, 1);
    llama.clear_kv_cache();
    let mut last = 0;
    for (index, tokens) in ids.chunks(window).enumerate() {
        batch.clear();
        for (offset, &token) in tokens.iter().enumerate() {
            let position = number(index * window + offset);
            let token = LlamaToken::new(token.cast_signed());
            // Without a pooling each token has a state of its own, wanted or not.
            batch.add(token, position, &[0], true).expect("a window is no larger than a batch");
        }
        llama.decode(&mut batch).map_err(|error| failed(error.to_string()))?;
        last = tokens.len() - 1;
    }
    let state = llama.embeddings_ith(number(last));
    Ok(state.map_err(|error| failed(error.to_string()))?.to_vec())
}
