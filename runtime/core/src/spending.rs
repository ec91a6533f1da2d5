//! Token use of paid models, and the meter that approves and counts it.
//!
//! A model counts tokens and asks its meter before each request. The meter knows
//! prices and cost limits.

use alloc::string::String;
use core::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

/// Tokens that a provider charges for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// Prompt tokens, cached ones included.
    pub prompt: u64,
    /// Prompt tokens that the provider had in a cache.
    pub cached: u64,
    /// Generated tokens.
    pub completion: u64,
}

impl AddAssign for TokenUse {
    fn add_assign(&mut self, other: Self) {
        self.prompt = self.prompt.saturating_add(other.prompt);
        self.cached = self.cached.saturating_add(other.cached);
        self.completion = self.completion.saturating_add(other.completion);
    }
}

/// Approves and counts every attempt to send a request to a paid model.
pub trait Meter: Send + Sync {
    /// Called before an attempt that uses `at_most` this much; may wait until other
    /// attempts end. After an error the attempt is not made.
    fn begin(&self, model: &str, at_most: TokenUse) -> Result<(), ModelError>;

    /// Called once after each attempt that was approved.
    fn end(&self, model: &str, at_most: TokenUse, used: Used) -> Result<(), ModelError>;
}

/// The tokens that an attempt used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// The request was answered; the provider counted.
    Answered(TokenUse),
    /// The answer was incomplete or unreadable; the use is estimated.
    Lost(TokenUse),
    /// The request was refused before any token was generated.
    Nothing,
}

/// The log entry of an attempt that used tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// The arm's strategy, by name.
    pub arm: String,
    /// The task's id.
    pub task: String,
    /// The model's name.
    pub model: String,
    /// Whether the answer was complete; otherwise `tokens` is an estimate.
    pub answered: bool,
    /// The tokens used.
    pub tokens: TokenUse,
}
