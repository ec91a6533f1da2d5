//! The log-probabilities that a model gives to tokens that somebody else chose.

use burn::tensor::Tensor;
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::cache::Cache;
use models_decoder::decoder::Decoder;
use runtime_core::model::ModelError;

use super::role::failed;

/// Tokens that are computed in one go.
const WINDOW_TOKENS: usize = 256;

/// The natural log-probability of each token after those before it; the first has
/// none.
pub(crate) fn score(
    decoder: &Decoder,
    adapter: &Adapter,
    ids: &[u32],
) -> Result<Vec<Option<f32>>, ModelError> {
    let mut scores = vec![None];
    let mut caches = [Cache::default()];
    // Nothing comes after the last token, so it is not computed.
    let computed = &ids[..ids.len().saturating_sub(1)];
    for window in computed.chunks(WINDOW_TOKENS) {
        let first = scores.len();
        let rows = decoder.forward(&Batch::new([window]), adapter, Some(&mut caches));
        let rows = rows.map_err(|error| failed(&error))?;
        let found = decoder.log_probs(rows, &ids[first..first + window.len()]);
        let found = numbers(found)?;
        if found.iter().any(|log_prob| !log_prob.is_finite()) {
            return Err(ModelError::Engine("the logits are not numbers".to_owned()));
        }
        scores.extend(found.into_iter().map(Some));
    }
    scores.truncate(ids.len());
    Ok(scores)
}

/// A tensor's numbers, row after row, brought from the device.
pub(crate) fn numbers(tensor: Tensor<2>) -> Result<Vec<f32>, ModelError> {
    let data = tensor.into_data();
    data.try_to_vec().map_err(|_| ModelError::Engine("the device's numbers are not f32".to_owned()))
}
