//! The log-probabilities that a model gives to tokens that somebody else chose.

use crate::adapter::Adapter;
use crate::batch::{Part, Wanted};
use crate::cache::Cache;
use crate::error::NativeError;
use crate::transformer::Transformer;

/// Tokens that are computed in one go: each has a row of logits.
const AT_ONCE: usize = 64;

impl Transformer {
    /// The natural log-probability of each token after those before it; the first has none.
    pub fn score(&self, ids: &[u32], adapter: &Adapter) -> Result<Vec<Option<f32>>, NativeError> {
        let mut scores = vec![None];
        let mut cache = Cache::default();
        // Nothing comes after the last token, so it is not computed.
        let computed = &ids[..ids.len().saturating_sub(1)];
        for tokens in computed.chunks(AT_ONCE) {
            let first = scores.len();
            let mut parts = [Part { tokens, cache: &mut cache, wanted: Wanted::All }];
            let logits = self.logits(&self.forward(&mut parts, adapter)?);
            let rows = logits.chunks_exact(self.shape().vocabulary);
            for (row, &id) in rows.zip(&ids[first..]) {
                let vocabulary = row.len();
                let logit = row.get(id as usize).ok_or(NativeError::Token { id, vocabulary })?;
                scores.push(Some(log_prob(row, *logit)));
            }
        }
        scores.truncate(ids.len());
        Ok(scores)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a log-probability needs no more digits")]
fn log_prob(row: &[f32], logit: f32) -> f32 {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|&other| f64::from(other - most).exp()).sum();
    (f64::from(logit - most) - sum.ln()) as f32
}
