//! Which rows of a batch predict the tokens that carry a loss.

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

impl Learned {
    /// Of the rows that [`Decoder::forward`] returned for the batch, those that predict
    /// learned tokens: `[learned tokens, width]`.
    pub fn states(&self, decoder: &Decoder, rows: Tensor<2>) -> Tensor<2> {
        let indices = TensorData::new(self.rows.clone(), [self.rows.len()]);
        rows.select(0, Tensor::<1, Int>::from_data(indices, (decoder.device(), DType::U32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_before_a_learned_token_predicts_it() {
        let sample = |ids: &[u32], learned: &[bool]| Sample {
            ids: ids.into(),
            learned: learned.into(),
            origin: String::new(),
            outcome: None,
        };
        let first = sample(&[1, 2, 3], &[false, false, true]);
        let second = sample(&[4, 5], &[false, true]);

        let (batch, learned) = batch(&[&first, &second]);

        assert_eq!(batch.tokens, [1, 2, 3, 4, 5]);
        assert_eq!(batch.lengths, [3, 2]);
        assert_eq!(learned, Learned { rows: vec![1, 3], ids: vec![3, 5] });
    }
}
