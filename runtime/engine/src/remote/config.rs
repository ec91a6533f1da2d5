//! The configuration of a model behind an endpoint.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::patience::Patience;

/// A model behind an endpoint, with its limits.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The provider's name of the model.
    pub model: String,
    /// Greatest estimated number of tokens of a prompt and its answer together.
    pub context_tokens: NonZeroU32,
    /// The time limits of one attempt.
    pub time_limits: TimeLimits,
    /// The number of retries and the waits between them.
    pub patience: Patience,
    /// Number of requests in parallel, each with its open connection.
    pub parallel: NonZeroU32,
    /// Setting it cancels all requests.
    pub stop: Arc<AtomicBool>,
}

impl RemoteConfig {
    /// Usual limits, one request at a time.
    pub fn new(endpoint: Endpoint, model: impl Into<String>, context_tokens: NonZeroU32) -> Self {
        Self {
            endpoint,
            model: model.into(),
            context_tokens,
            time_limits: TimeLimits::default(),
            patience: Patience::default(),
            parallel: NonZeroU32::MIN,
            stop: Arc::default(),
        }
    }
}

/// The time limits of one attempt, without the waits between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// To establish the connection, TLS included.
    pub connect: Duration,
    /// From the request to the answer's headers.
    pub first_byte: Duration,
    /// From the start to the answer's last byte.
    pub whole: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_mins(1),
            whole: Duration::from_mins(5),
        }
    }
}
