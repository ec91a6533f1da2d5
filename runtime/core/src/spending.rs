//! What requests to a paid model use, and who is told of it.
//!
//! A model counts tokens and asks before it sends; what they cost, and whether
//! there is money left, is known to its meter.

use alloc::string::String;
use core::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

/// Tokens that a provider charges for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// In prompts, the cached ones included.
    pub prompt: u64,
    /// Of the prompt's tokens, those that the provider had in a cache.
    pub cached: u64,
    /// Generated.
    pub completion: u64,
}

impl AddAssign for TokenUse {
    fn add_assign(&mut self, other: Self) {
        self.prompt = self.prompt.saturating_add(other.prompt);
        self.cached = self.cached.saturating_add(other.cached);
        self.completion = self.completion.saturating_add(other.completion);
    }
}

/// Is told of every attempt to ask a paid model.
pub trait Meter: Send + Sync {
    /// Before an attempt that uses `at_most` this much; may wait for others to
    /// end. An attempt that is refused is not made.
    fn begin(&self, model: &str, at_most: TokenUse) -> Result<(), ModelError>;

    /// After it. Every attempt that was begun ends once.
    fn end(&self, model: &str, at_most: TokenUse, used: Used) -> Result<(), ModelError>;
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// It was answered; the provider counted.
    Answered(TokenUse),
    /// Its answer broke off or could not be read; we estimated what it used.
    Lost(TokenUse),
    /// It was turned away before anything was generated.
    Nothing,
}

/// An attempt that used something, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// The arm's strategy, by name.
    pub arm: String,
    /// The task's id.
    pub task: String,
    /// The model's name.
    pub model: String,
    /// Whether the answer came whole; otherwise `tokens` is an estimate.
    pub answered: bool,
    /// What it used.
    pub tokens: TokenUse,
}
