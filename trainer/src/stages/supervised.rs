//! Imitation: the log-likelihood of given completions is raised.
//!
//! The loss of a step is the mean, over its learned tokens, of the negative
//! log-probability of each token given all before it. Tokens of prompts, and
//! forced ones, are read and not learned.

use burn::tensor::{DType, Int, Tensor, TensorData};
use models_decoder::batch::Batch;
use models_decoder::decoder::Decoder;

use crate::dataset::Sample;

/// Learned tokens of a batch: which rows predict them, and their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Rows of the batch: each is the token before a learned one.
    pub rows: Vec<u32>,
    /// The learned tokens' ids.
    pub ids: Vec<u32>,
}

/// The batch of some samples, and what of it is learned.
pub fn batch(samples: &[&Sample]) -> (Batch, Learned) {
    let batch = Batch::new(samples.iter().map(|sample| &sample.ids[..]));
    let mut learned = Learned::default();
    let tokens = samples.iter().flat_map(|sample| sample.ids.iter().zip(&sample.learned));
    for (row, (&id, &is_learned)) in (0..).zip(tokens) {
        if is_learned {
            learned.rows.push(row - 1);
            learned.ids.push(id);
        }
    }
    (batch, learned)
}

/// The sum of negative log-probabilities of the learned tokens, divided by
/// `tokens`: those of the whole step.
///
/// `rows [n, width]` are what [`Decoder::forward`] returned for the batch.
pub fn loss(decoder: &Decoder, rows: Tensor<2>, learned: &Learned, tokens: usize) -> Tensor<1> {
    let count = learned.rows.len();
    let indices = TensorData::new(learned.rows.clone(), [count]);
    let indices = Tensor::<1, Int>::from_data(indices, (decoder.device(), DType::U32));
    decoder.log_probs(rows.select(0, indices), &learned.ids).sum() * (-1.0 / tokens as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_before_a_learned_token_predicts_it() {
        let first =
            Sample { ids: vec![1, 2, 3], learned: vec![false, false, true], origin: String::new() };
        let second = Sample { ids: vec![4, 5], learned: vec![false, true], origin: String::new() };

        let (batch, learned) = batch(&[&first, &second]);

        assert_eq!(batch.tokens, [1, 2, 3, 4, 5]);
        assert_eq!(batch.lengths, [3, 2]);
        assert_eq!(learned, Learned { rows: vec![1, 3], ids: vec![3, 5] });
    }
}
