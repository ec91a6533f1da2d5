//! The result of one exchange with an endpoint.

use std::time::Duration;

use runtime_core::spending::TokenUse;

use super::refusal::EndpointRefusal;
use crate::clock::Moment;

/// Assumed number of bytes of a token. English has about four; a lower number makes the
/// estimates of prompts rather too long.
const BYTES_PER_TOKEN: u64 = 3;

/// A complete answer.
#[derive(Debug)]
pub(super) struct EndpointReply {
    pub(super) text: String,
    /// Whether it ended at the greatest length.
    pub(super) cut_by_length: bool,
    /// Natural log-probabilities of the tokens, in order; fewer if the endpoint omits some.
    pub(super) log_probs: Vec<Option<f32>>,
    pub(super) used: TokenUse,
    /// When the first text was received.
    pub(super) first_at: Option<Moment>,
    /// When the answer ended.
    pub(super) last_at: Moment,
}

/// Why an exchange gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The endpoint refused the request.
    Refused(EndpointRefusal),
    /// The endpoint could not be reached or was overloaded; nothing was generated.
    Busy {
        reason: String,
        /// The wait that the endpoint asks for.
        after: Option<Duration>,
    },
    /// The answer is incomplete or unreadable.
    Broken {
        reason: String,
        /// The estimated token use.
        used: TokenUse,
    },
}

/// The estimated number of tokens of a text of this length.
pub(super) fn estimated_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}
