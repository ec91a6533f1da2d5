//! Hints for refusals that a wrong address or key probably caused.

use super::endpoint::Endpoint;
use super::refusal::EndpointRefusal;

/// The hint to append to the refusal, empty if there is none. It names the source of the key,
/// never the key.
pub(super) fn hint(refusal: &EndpointRefusal, endpoint: &Endpoint) -> String {
    match (refusal.status(), endpoint.key()) {
        (401 | 403, None) => "; no key was sent: set OPENAI_API_KEY beside OPENAI_BASE_URL".into(),
        (401 | 403, Some(key)) if !key.source().is_empty() => {
            format!("; the key was {}", key.source())
        }
        (404 | 405, _) if !refusal.is_about_the_model() => endpoint
            .with_version()
            .map(|meant| format!("; did you mean the address {meant}?"))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::ApiKey;

    fn hinted(status: u16, body: &str, base_url: &str, key: &str) -> String {
        let key = ApiKey::new(key).map(|key| key.from_source("KEY in the environment"));
        hint(&EndpointRefusal::new(status, body), &Endpoint::new(base_url, key).unwrap())
    }

    #[test]
    fn a_refused_key_is_told_by_where_it_comes_from() {
        let with = |key| hinted(401, "no", "https://a.org/v1", key);

        assert_eq!(with("sk-secret-1"), "; the key was KEY in the environment");
        assert!(with("").starts_with("; no key was sent: set OPENAI_API_KEY"));
    }

    #[test]
    fn an_address_without_a_version_is_completed() {
        let at = |base_url, body| hinted(404, body, base_url, "");

        assert_eq!(at("http://a.org", "?"), "; did you mean the address http://a.org/v1?");
        assert_eq!(at("http://a.org/v1", "not found"), "");
        assert_eq!(at("http://a.org", "model \"m\" not found"), "");
        assert_eq!(hinted(400, "bad", "http://a.org", ""), "");
    }
}
