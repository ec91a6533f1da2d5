//! A reward model: a linear head over the hidden states of a language model.

use std::sync::Arc;

use runtime_core::model::{Generation, HiddenStates, ModelError, RewardModel};

/// Predicts the reward of answers by a linear head.
#[derive(Clone)]
pub struct LinearRewardModel<S> {
    states: S,
    row: Arc<[f32]>,
}

impl<S: HiddenStates> LinearRewardModel<S> {
    /// A head `[width]` over the hidden states of a model; an error if it has another width
    /// or values that are not finite.
    pub fn new(mut states: S, row: Arc<[f32]>) -> Result<Self, ModelError> {
        let wrong = |reason: String| Err(ModelError::Engine(reason));
        if !row.iter().all(|weight| weight.is_finite()) {
            return wrong("the reward model's row holds what is no number".to_owned());
        }
        let width = states.state(&[0])?.len();
        if width != row.len() {
            let found = row.len();
            return wrong(format!(
                "the reward model's row has {found} numbers, a state has {width}"
            ));
        }
        Ok(Self { states, row })
    }
}

impl<S: HiddenStates> RewardModel for LinearRewardModel<S> {
    /// The product of the head and the state that predicted the answer's last token.
    fn score(&mut self, answer: &Generation) -> Result<f32, ModelError> {
        let mut ids = answer.prompt_ids.clone();
        ids.extend(answer.tokens.iter().map(|token| token.id));
        ids.pop();
        let state = self.states.state(&ids)?;
        let score: f32 = state.iter().zip(&*self.row).map(|(x, weight)| x * weight).sum();
        if score.is_finite() {
            return Ok(score);
        }
        Err(ModelError::Engine("the reward model's score is no number".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::model::Token;

    use super::*;

    /// Its state is how many tokens there are, and the last one's id.
    struct Counting;

    impl HiddenStates for Counting {
        fn state(&mut self, tokens: &[u32]) -> Result<Vec<f32>, ModelError> {
            let last = tokens.last().copied().unwrap_or_default();
            Ok(vec![tokens.len() as f32, last as f32])
        }
    }

    fn model(row: &[f32]) -> Result<LinearRewardModel<Counting>, ModelError> {
        LinearRewardModel::new(Counting, row.into())
    }

    #[test]
    fn a_score_is_of_the_state_before_the_last_token() {
        let answer = Generation {
            tokens: [7, 8, 9].map(Token::forced).into(),
            prompt_ids: vec![1, 2],
            ..Generation::of_text("")
        };

        let score = model(&[1.0, 0.5]).unwrap().score(&answer).unwrap();

        assert!((score - (4.0 + 0.5 * 8.0)).abs() < 1e-6, "{score}");
    }

    #[test]
    fn a_row_that_cannot_score_is_refused() {
        for (row, expected) in
            [(&[f32::NAN, 1.0][..], "no number"), (&[1.0], "has 1 numbers"), (&[], "has 0")]
        {
            let error = model(row).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
