//! How an endpoint is asked.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::patience::Patience;

/// A model behind an endpoint, and how long it may take.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    /// Who is asked.
    pub endpoint: Endpoint,
    /// The model, by its provider's name.
    pub model: String,
    /// Tokens that a prompt and its answer may have together, as we estimate them.
    pub context_tokens: NonZeroU32,
    /// How long one attempt may take.
    pub time_limits: TimeLimits,
    /// How often and after which waits it is asked again.
    pub patience: Patience,
    /// Requests at once, so that each finds its connection open.
    pub parallel: NonZeroU32,
    /// Once it is set nothing is waited for: what is under way is cancelled.
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

/// How long one attempt may take, the waits before it not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From the request to the answer's head.
    pub first_byte: Duration,
    /// From the beginning to the answer's last byte.
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
