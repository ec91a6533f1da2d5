//! The log-probabilities that a model gives to tokens that somebody else chose.

use burn::tensor::Tensor;

use crate::adapter::Adapter;
use crate::batch::Batch;
use crate::cache::Cache;
use crate::decoder::Decoder;
use crate::error::DecoderError;

/// Tokens that are computed in one go.
const WINDOW_TOKENS: usize = 256;

impl Decoder {
    /// The natural log-probability of each token after those before it; the first
    /// has none.
    pub fn score(&self, ids: &[u32], adapter: &Adapter) -> Result<Vec<Option<f32>>, DecoderError> {
        let mut scores = vec![None];
        let mut caches = [Cache::default()];
        // Nothing comes after the last token, so it is not computed.
        let computed = &ids[..ids.len().saturating_sub(1)];
        for window in computed.chunks(WINDOW_TOKENS) {
            let first = scores.len();
            let rows = self.forward(&Batch::new([window]), adapter, Some(&mut caches))?;
            let found = numbers(&self.log_probs(rows, &ids[first..first + window.len()]));
            if found.iter().any(|log_prob| !log_prob.is_finite()) {
                return Err(DecoderError::NotANumber);
            }
            scores.extend(found.into_iter().map(Some));
        }
        scores.truncate(ids.len());
        Ok(scores)
    }
}

/// A tensor's numbers, row after row, brought from its device.
pub fn numbers(tensor: &Tensor<2>) -> Vec<f32> {
    let data = tensor.clone().inner().into_data();
    data.try_to_vec().unwrap_or_else(|_| unreachable!("everything is computed in f32"))
}
