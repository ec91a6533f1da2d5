//! The rows of a batch that predict the tokens with a loss.

use burn::tensor::Tensor;
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

/// The batch of some samples, and what of it is learned. What samples have in common
/// with the one before, as a group's reflections their prompt, is computed once.
pub fn batch(samples: &[&Sample]) -> (Batch, Learned) {
    let batch = Batch::branching(samples.iter().map(|sample| branch(sample)));
    let mut learned = Learned::default();
    let tokens = samples
        .iter()
        .zip(&batch.shared)
        .flat_map(|(sample, &shared)| sample.ids.iter().zip(&sample.learned).skip(shared));
    for (row, (&id, &is_learned)) in (0..).zip(tokens) {
        if is_learned {
            learned.rows.push(row - 1);
            learned.ids.push(id);
        }
    }
    (batch, learned)
}

/// Number of tokens computed for a batch of some samples.
pub fn count<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> usize {
    Batch::count(samples.into_iter().map(branch))
}

/// A sample's tokens, and how many of the first ones can be computed elsewhere: the row that
/// predicts the first learned token is the sample's own.
fn branch(sample: &Sample) -> (&[u32], usize) {
    let first = sample.learned.iter().position(|&learned| learned);
    (&sample.ids, first.map_or(0, |first| first.saturating_sub(1)))
}

impl Learned {
    /// Of the rows that [`Decoder::forward`] returned for the batch, those that predict
    /// learned tokens: `[learned tokens, width]`.
    pub fn states(&self, decoder: &Decoder, rows: Tensor<2>) -> Tensor<2> {
        decoder.select(rows, &self.rows)
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

    #[test]
    fn a_group_computes_its_prompt_once() {
        let prompt: Vec<u32> = (0..30).collect();
        let reflection = |answer: &[u32]| Sample {
            ids: [&prompt, answer].concat(),
            learned: (0..30 + answer.len()).map(|place| place >= 30).collect(),
            origin: String::new(),
            outcome: None,
        };
        let (first, second) = (reflection(&[50, 51]), reflection(&[60]));

        let (batch, learned) = batch(&[&first, &second]);

        assert_eq!(batch.shared, [0, 29]);
        assert_eq!(batch.tokens[32..], [29, 60]);
        assert_eq!(learned, Learned { rows: vec![29, 30, 32], ids: vec![50, 51, 60] });
    }
}
