//! Language models behind any endpoint with `OpenAI`'s chat completions API.
//!
//! ```text
//! request ─► question (JSON) ─► attempt ─► events (SSE) ─► answer ─► generation
//!                 ▲                │ busy, broken, slow
//!                 └── wait ◄───────┘
//! ```
//!
//! An endpoint lacks some features of an engine:
//!
//! - It does not return token ids: ids are
//!   [`Token::UNKNOWN_ID`](runtime_core::model::Token::UNKNOWN_ID), prompts have none,
//!   and the origin of every token is unknown, so that training skips it. The numbers
//!   of tokens are the endpoint's. Its log-probabilities, if it returns them, count as
//!   those under the full softmax.
//! - It takes no mask over tokens. Choices are requested by a JSON schema with an
//!   enumeration; if that is refused or ignored they are listed in the prompt. An
//!   answer that is not one of the choices is returned unchanged.
//! - The beginning of an answer is sent as a last message of the assistant. Not every
//!   endpoint makes the model continue it.
//! - The number of tokens of a prompt is estimated before the request.
//!
//! The caller supplies the key in the [`Endpoint`]; the [`Meter`] limits costs.

mod config;
mod endpoint;
mod clear_text;
mod key;
mod question;
mod extras;
mod choices;
mod reply;
mod attempt;
mod refusal;
mod hint;
mod events;
mod answer;
mod patience;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use runtime_core::model::{Generation, LanguageModel, ModelError, ModelIdentity, Request, Retry};
use runtime_core::spending::{Meter, Used};

pub use clear_text::ClearText;
pub use config::{RemoteConfig, TimeLimits};
pub use endpoint::{Endpoint, EndpointError};
pub use key::ApiKey;
pub use patience::Patience;

use crate::clock::Moment;
use extras::Extras;
use question::EndpointRequest;
use refusal::EndpointRefusal;
use reply::{EndpointReply, Failure, estimated_tokens};

/// A model behind an endpoint. Clones share connections.
#[derive(Clone)]
pub struct Remote {
    shared: Arc<RemoteState>,
    meter: Option<Arc<dyn Meter>>,
    listener: Option<Arc<RetryListener>>,
}

/// Called before every wait for a retry.
pub type RetryListener = dyn Fn(&Retry) + Send + Sync;

struct RemoteState {
    config: RemoteConfig,
    agent: ureq::Agent,
    extras: Extras,
}

impl Remote {
    /// A model behind an endpoint; nothing is sent before the first request.
    pub fn new(config: RemoteConfig) -> Self {
        let agent = attempt::agent(&config);
        let shared = Arc::new(RemoteState { config, agent, extras: Extras::default() });
        Self { shared, meter: None, listener: None }
    }

    /// The same model with a meter that approves and counts every attempt.
    #[must_use]
    pub fn metered(&self, meter: Arc<dyn Meter>) -> Self {
        Self { meter: Some(meter), ..self.clone() }
    }

    /// The same model with a listener for retries.
    #[must_use]
    pub fn heard_by(&self, listener: Arc<RetryListener>) -> Self {
        Self { listener: Some(listener), ..self.clone() }
    }

    /// The provider's name of the model.
    pub fn model(&self) -> &str {
        &self.shared.config.model
    }

    /// The result of one attempt; `Cancelled` if the request was stopped.
    fn attempt(
        &self,
        question: &Arc<EndpointRequest>,
    ) -> Result<Result<EndpointReply, Failure>, ModelError> {
        let Some(meter) = &self.meter else {
            return self.send(question).ok_or(ModelError::Cancelled);
        };
        meter.begin(self.model(), question.at_most)?;
        let result = self.send(question);
        let used = match &result {
            Some(Ok(reply)) => Used::Answered(reply.used),
            Some(Err(Failure::Broken { used, .. })) => Used::Lost(*used),
            Some(Err(_)) => Used::Nothing,
            // The provider may charge for what was sent.
            None => Used::Lost(question.estimated_use(0)),
        };
        meter.end(self.model(), question.at_most, used)?;
        result.ok_or(ModelError::Cancelled)
    }

    /// The answer of the endpoint; `None` if the request was stopped before.
    fn send(&self, question: &Arc<EndpointRequest>) -> Option<Result<EndpointReply, Failure>> {
        let (shared, question) = (Arc::clone(&self.shared), Arc::clone(question));
        waiting::unless_stopped(&self.shared.config.stop, move || {
            attempt::send(&shared.agent, &shared.config.endpoint, &question)
        })
    }

    /// The error after the last attempt.
    fn given_up(&self, attempts: u32, reason: &str) -> ModelError {
        let host = self.shared.config.endpoint.host();
        ModelError::Endpoint(format!(
            "{host} gave no answer in {attempts} attempts; the last: {reason}"
        ))
    }

    fn refused(&self, refusal: &EndpointRefusal) -> ModelError {
        let endpoint = &self.shared.config.endpoint;
        let (host, hint) = (endpoint.host(), hint::hint(refusal, endpoint));
        ModelError::Endpoint(format!("{host} refused the request: {refusal}{hint}"))
    }
}

impl LanguageModel for Remote {
    /// Sends the request until an answer is complete, retries are used up, or the run stops.
    ///
    /// Every iteration uses up an attempt, or drops an extra parameter that the endpoint
    /// does not support.
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        let RemoteState { config, extras, .. } = &*self.shared;
        let start = Moment::now();
        let mut attempts = 0;
        loop {
            if config.stop.load(Ordering::Relaxed) {
                return Err(ModelError::Cancelled);
            }
            let question = Arc::new(EndpointRequest::new(request, config, extras.offered())?);
            let (reason, after) = match self.attempt(&question)? {
                Ok(reply) => {
                    if let Some(generation) = question.generation(&reply, start) {
                        return Ok(generation);
                    }
                    extras.drop_schema(config);
                    continue;
                }
                Err(Failure::Refused(refusal)) => {
                    if extras.drop_refused(&refusal, question.extras, config) {
                        continue;
                    }
                    return Err(refusal
                        .too_long(question.at_most.prompt, config.context_tokens)
                        .unwrap_or_else(|| self.refused(&refusal)));
                }
                Err(Failure::Busy { reason, after }) => (reason, after),
                Err(Failure::Broken { reason, .. }) => (reason, None),
            };
            attempts += 1;
            let wait = config.patience.wait(attempts, after, request.sampling.seed);
            tracing::debug!(model = config.model, attempts, reason, ?wait, "no answer");
            let Some(wait) = wait else { return Err(self.given_up(attempts, &reason)) };
            if let Some(listener) = &self.listener {
                let (model, attempts_max) = (self.identity().name, config.patience.retries + 1);
                listener(&Retry { model, attempt: attempts + 1, attempts_max, reason, wait });
            }
            waiting::wait(wait, &config.stop);
        }
    }

    /// An estimate that is rather too large, since the vocabulary is unknown.
    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        Ok(u32::try_from(estimated_tokens(text.len())).unwrap_or(u32::MAX))
    }

    fn context_tokens(&self) -> u32 {
        self.shared.config.context_tokens.get()
    }

    /// The model's name and the endpoint's host; the weights are unknown.
    fn identity(&self) -> ModelIdentity {
        let RemoteState { config, .. } = &*self.shared;
        let name = format!("{}@{}", config.model, config.endpoint.host());
        ModelIdentity { name, ..ModelIdentity::default() }
    }
}
