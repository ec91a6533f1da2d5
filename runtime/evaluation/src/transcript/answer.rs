//! A model's answer in a transcript: its probability, and the new part of its prompt.

use runtime_core::event::CallHistory;
use runtime_core::model::{Generation, Origin, Token};
use serde::Serialize;

use crate::results::cost::CostResults;

/// A model's answer in a transcript.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerView {
    /// The answer as text.
    pub text: String,
    /// The prompt.
    pub prompt: PromptView,
    /// Number of generated tokens.
    pub tokens: u64,
    /// Number of sampled tokens; only these count in the probabilities.
    pub chosen_tokens: u64,
    /// The probability of the sampled tokens together under the distribution sampled from:
    /// after mask, temperature and `top_p`. `None` if no token was sampled.
    pub probability: Option<f64>,
    /// The same under the model's own softmax; of an endpoint's answer, over all its tokens.
    /// `None` if unknown.
    pub probability_full: Option<f64>,
    /// Its cost.
    pub cost: CostResults,
}

/// A prompt in a transcript.
#[derive(Clone, Debug, Serialize)]
pub struct PromptView {
    /// Its length in tokens, as counted by an endpoint if the ids are unknown.
    pub tokens: u64,
    /// Number of leading tokens shared with the previous call of the same trial and its answer.
    pub shared_tokens: usize,
    /// Its token ids; empty if an endpoint does not return them.
    #[serde(skip)]
    pub ids: Vec<u32>,
    /// The whole prompt as text, which records do not contain.
    pub text: Option<String>,
    /// The text after the shared tokens.
    #[serde(skip)]
    pub new_text: Option<String>,
}

impl AnswerView {
    /// The first answer of a trial, or one outside of trials.
    pub(super) fn alone(generation: &Generation) -> Self {
        Follower::default().next(generation)
    }
}

/// Follows the calls of a trial to compute shared tokens.
#[derive(Default)]
pub(super) struct Follower {
    calls: CallHistory,
}

impl Follower {
    /// The answer of the next call.
    pub(super) fn next(&mut self, generation: &Generation) -> AnswerView {
        let cost = CostResults::of([generation]);
        let is_drawn = |token: &&Token| token.origin == Origin::Drawn;
        let chosen: Vec<&Token> = generation.tokens.iter().filter(is_drawn).collect();
        let is_unnamed =
            |token: &&Token| token.id == Token::UNKNOWN_ID && token.log_prob_full.is_some();
        let unnamed: Vec<&Token> = generation.tokens.iter().filter(is_unnamed).collect();
        let weighed = if chosen.is_empty() { &unnamed } else { &chosen };
        AnswerView {
            text: generation.text.clone(),
            prompt: PromptView {
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

/// The exponential of a sum of log-probabilities; `None` if there are none or one is unknown.
fn product(log_probs: impl ExactSizeIterator<Item = Option<f32>>) -> Option<f64> {
    if log_probs.len() == 0 {
        return None;
    }
    let sum: Option<f64> = log_probs.map(|log_prob| log_prob.map(f64::from)).sum();
    sum.map(f64::exp)
}
