//! What a model answered, how likely that was, and what of its prompt was new.

use runtime_core::event::CallHistory;
use runtime_core::model::{Generation, Origin, Token};
use serde::Serialize;

use crate::results::cost::Cost;

/// What a model answered.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The answer as text.
    pub text: String,
    /// What it was asked.
    pub prompt: Prompt,
    /// Tokens that it generated.
    pub tokens: u64,
    /// Those of them that the model drew; the others count in no probability.
    pub chosen_tokens: u64,
    /// How likely the chosen tokens were together, under the distribution that they were drawn
    /// from: after mask, temperature and `top_p`. `None` where nothing was chosen.
    pub probability: Option<f64>,
    /// The same under the model's own softmax; of an endpoint's answer, which names no token,
    /// over all of them. `None` where it was not kept.
    pub probability_full: Option<f64>,
    /// What it cost.
    pub cost: Cost,
}

/// What a model was asked.
#[derive(Clone, Debug, Serialize)]
pub struct Prompt {
    /// Its length in tokens; what an endpoint counted where it names none.
    pub tokens: u64,
    /// Leading tokens shared with the call before in the same trial and its answer.
    pub shared_tokens: usize,
    /// Its tokens; empty where an endpoint does not name them.
    #[serde(skip)]
    pub ids: Vec<u32>,
    /// All of it in words. Records do not hold them.
    pub text: Option<String>,
    /// What stands behind the shared tokens, in words.
    #[serde(skip)]
    pub new_text: Option<String>,
}

impl Answer {
    /// An answer that no other came before.
    pub(super) fn alone(generation: &Generation) -> Self {
        Follower::default().next(generation)
    }
}

/// Goes along with a trial's calls.
#[derive(Default)]
pub(super) struct Follower {
    calls: CallHistory,
}

impl Follower {
    /// The call that came next.
    pub(super) fn next(&mut self, generation: &Generation) -> Answer {
        let cost = Cost::of([generation]);
        let is_drawn = |token: &&Token| token.origin == Origin::Drawn;
        let chosen: Vec<&Token> = generation.tokens.iter().filter(is_drawn).collect();
        let is_unnamed =
            |token: &&Token| token.id == Token::UNKNOWN_ID && token.log_prob_full.is_some();
        let unnamed: Vec<&Token> = generation.tokens.iter().filter(is_unnamed).collect();
        let weighed = if chosen.is_empty() { &unnamed } else { &chosen };
        Answer {
            text: generation.text.clone(),
            prompt: Prompt {
                tokens: cost.tokens.prompt,
                shared_tokens: self.calls.shorten(generation).shared_tokens as usize,
                ids: generation.prompt_ids.clone(),
                text: None,
                new_text: None,
            },
            tokens: cost.tokens.generated,
            chosen_tokens: chosen.len() as u64,
            probability: product(chosen.iter().map(|token| Some(token.log_prob))),
            probability_full: product(weighed.iter().map(|token| token.log_prob_full)),
            cost,
        }
    }
}

/// The exponential of a sum of log-probabilities; `None` of none, or where one is not known.
fn product(log_probs: impl ExactSizeIterator<Item = Option<f32>>) -> Option<f64> {
    if log_probs.len() == 0 {
        return None;
    }
    let sum: Option<f64> = log_probs.map(|log_prob| log_prob.map(f64::from)).sum();
    sum.map(f64::exp)
}
