//! Optional parameters of a request, each sent until the endpoint refuses it.
//!
//! Endpoints and models support different parameters of `OpenAI`'s API. Temperature,
//! `top_p` and the greatest length are never dropped, since they decide what is
//! sampled.

use std::sync::atomic::{AtomicU8, Ordering};

use super::config::RemoteConfig;
use super::refusal::EndpointRefusal;

/// A parameter that an endpoint may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Extra {
    /// An answer that follows a JSON schema.
    Schema = 1,
    /// Log-probabilities.
    LogProbs = 2,
    /// Stop texts; we cut the answer at them in any case.
    Stop = 4,
    /// A seed for sampling.
    Seed = 8,
    /// Token counts at the end of a stream.
    Usage = 16,
}

/// Each extra with the words that name it in a refusal. The schema is last, since its
/// words are the least specific.
const NAMES: [(Extra, &[&str]); 5] = [
    (Extra::LogProbs, &["logprobs"]),
    (Extra::Usage, &["stream_options", "include_usage"]),
    (Extra::Stop, &["'stop'", "\"stop\"", "`stop`", "stop sequence"]),
    (Extra::Seed, &["seed"]),
    (Extra::Schema, &["response_format", "json_schema", "structured", "grammar", "schema"]),
];

/// A set of extras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExtraSet(u8);

impl ExtraSet {
    pub(super) fn has(self, extra: Extra) -> bool {
        self.0 & extra as u8 != 0
    }

    pub(super) fn without(self, extra: Extra) -> Self {
        Self(self.0 & !(extra as u8))
    }
}

/// The extras that an endpoint has not refused.
#[derive(Debug)]
pub(super) struct Extras(AtomicU8);

impl Default for Extras {
    fn default() -> Self {
        Self(AtomicU8::new(u8::MAX))
    }
}

impl Extras {
    pub(super) fn offered(&self) -> ExtraSet {
        ExtraSet(self.0.load(Ordering::Relaxed))
    }

    /// Drops the extra among `asked` that the refusal is about; returns whether there was
    /// one.
    ///
    /// A refusal that names no parameter is taken to be about the schema, the least
    /// widely supported one.
    pub(super) fn drop_refused(
        &self,
        refusal: &EndpointRefusal,
        asked: ExtraSet,
        config: &RemoteConfig,
    ) -> bool {
        if !refusal.is_about_the_request() {
            return false;
        }
        let named = |(extra, names): &&(Extra, &[&str])| {
            asked.has(*extra) && names.iter().any(|name| refusal.names(name))
        };
        let extra = NAMES.iter().find(named).map(|(extra, _)| *extra);
        let extra = extra.or_else(|| asked.has(Extra::Schema).then_some(Extra::Schema));
        extra.is_some_and(|extra| {
            self.drop_extra(extra, config);
            true
        })
    }

    /// Drops the schema, which the endpoint accepted but ignored.
    pub(super) fn drop_schema(&self, config: &RemoteConfig) {
        self.drop_extra(Extra::Schema, config);
    }

    fn drop_extra(&self, extra: Extra, config: &RemoteConfig) {
        self.0.fetch_and(!(extra as u8), Ordering::Relaxed);
        tracing::warn!(model = config.model, ?extra, "the endpoint does not offer it");
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::remote::Endpoint;

    fn dropped(message: &str) -> Option<Extra> {
        let endpoint = Endpoint::new("http://127.0.0.1", None).unwrap();
        let config = RemoteConfig::new(endpoint, "m", NonZeroU32::MIN);
        let extras = Extras::default();
        let refusal = EndpointRefusal::new(400, message);
        extras.drop_refused(&refusal, extras.offered(), &config).then(|| {
            let gone = |(extra, _): &&(Extra, &[&str])| !extras.offered().has(*extra);
            NAMES.iter().find(gone).unwrap().0
        })
    }

    #[test]
    fn what_a_refusal_names_is_given_up() {
        let unsupported = r#"{"error": {"message": "It is not supported with this model.",
            "param": "stop", "code": "unsupported_parameter"}}"#;
        assert_eq!(dropped(unsupported), Some(Extra::Stop));
        assert_eq!(dropped("logprobs are not available"), Some(Extra::LogProbs));
        assert_eq!(dropped("response_format of this type is unavailable"), Some(Extra::Schema));
        assert_eq!(dropped("bad request"), Some(Extra::Schema));
    }

    #[test]
    fn a_missing_model_or_a_wrong_key_gives_nothing_up() {
        let refused =
            |status, text: &str| EndpointRefusal::new(status, text).is_about_the_request();

        assert!(!refused(401, "wrong key"));
        assert!(!refused(400, r#"{"error": {"code": "model_not_found", "message": "no"}}"#));
    }
}
