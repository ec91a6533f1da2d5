//! What comes of one exchange with an endpoint.

use std::time::Duration;

use runtime_core::spending::TokenUse;

use super::refusal::Refusal;
use crate::clock::Moment;

/// English has about four bytes a token; prompts that are cut by an estimate had
/// better be short.
const BYTES_PER_TOKEN: u64 = 3;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) text: String,
    /// Whether the greatest length ended it.
    pub(super) cut_by_length: bool,
    /// Natural, in the order of the tokens; fewer where the endpoint left some out.
    pub(super) log_probs: Vec<Option<f32>>,
    pub(super) used: TokenUse,
    /// When the first text came.
    pub(super) first_at: Option<Moment>,
    /// When the answer ended.
    pub(super) last_at: Moment,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The endpoint does not take the request.
    Refused(Refusal),
    /// The endpoint could not be reached, or had no time; nothing was generated.
    Busy {
        reason: String,
        /// The wait that the endpoint asks for.
        after: Option<Duration>,
    },
    /// The answer broke off or cannot be read.
    Broken {
        reason: String,
        /// An estimate.
        used: TokenUse,
    },
}

/// How many tokens a text of this length probably has.
pub(super) fn estimated_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}
