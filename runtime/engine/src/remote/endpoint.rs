//! Endpoints: base URL, API key, and whether the key may be sent there.

use ureq::http::Uri;

use super::clear_text::{self, ClearText};
use super::key::ApiKey;

/// An endpoint: its address and its key.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The base URL, without a slash at its end.
    base: String,
    host: String,
    scheme_is_https: bool,
    is_loopback: bool,
    /// Whether the path has a version such as `/v1`.
    has_version: bool,
    key: Option<ApiKey>,
}

/// Why an endpoint is refused. The messages omit the address, which may contain secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The address does not have the required form.
    #[error("the base URL is not of the form https://HOST/v1")]
    Address,
    /// The address contains a user, a password or a query, which would be recorded with it.
    #[error("the base URL may contain neither a user nor a query")]
    Secret,
    /// The key would be sent unencrypted.
    #[error(
        "the key would be sent in clear text to http://{host}: a key goes by https, or to this \
         machine; use https, or set no key"
    )]
    ClearText {
        /// The host, with its port.
        host: String,
        /// Whether the host is a private address, which [`ClearText::Private`] allows.
        is_private: bool,
    },
    /// The key has characters that a header cannot contain.
    #[error("the key has characters that cannot be sent")]
    Key,
}

impl Endpoint {
    /// The endpoint at a base URL such as `https://api.openai.com/v1`.
    ///
    /// A key is sent only by https, or to this machine.
    pub fn new(base_url: &str, key: Option<ApiKey>) -> Result<Self, EndpointError> {
        Self::reached_by(base_url, key, ClearText::Loopback)
    }

    /// The endpoint at a base URL; `clear_text` says where the key may be sent by http.
    pub fn reached_by(
        base_url: &str,
        key: Option<ApiKey>,
        clear_text: ClearText,
    ) -> Result<Self, EndpointError> {
        let uri: Uri = base_url.trim().parse().map_err(|_| EndpointError::Address)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(EndpointError::Address);
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(EndpointError::Secret);
        }
        if !["http", "https"].contains(&scheme) || authority.host().is_empty() {
            return Err(EndpointError::Address);
        }
        if key.as_ref().is_some_and(|key| key.authorization().is_none()) {
            return Err(EndpointError::Key);
        }
        let (host, is_loopback) =
            (authority.as_str().to_owned(), clear_text::is_loopback(authority.host()));
        if scheme == "http" && key.is_some() && !is_loopback {
            let is_private = clear_text::is_private(authority.host());
            if !is_private || clear_text == ClearText::Loopback {
                return Err(EndpointError::ClearText { host, is_private });
            }
        }
        let path = uri.path().trim_end_matches('/');
        let has_version = path.split('/').any(is_version);
        let base = format!("{scheme}://{host}{path}");
        let scheme_is_https = scheme == "https";
        Ok(Self { base, host, scheme_is_https, is_loopback, has_version, key })
    }

    /// The base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// The host, with the port if the address has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether there is a key.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub(super) fn key(&self) -> Option<&ApiKey> {
        self.key.as_ref()
    }

    pub(super) fn chat_completions(&self) -> String {
        format!("{}/chat/completions", self.base)
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Whether the key is sent to a private address by http.
    pub(super) fn is_private_clear_text(&self) -> bool {
        self.key.is_some() && !self.scheme_is_https && !self.is_loopback
    }

    /// The base URL with a version, if this one has none: probably the one meant.
    pub(super) fn with_version(&self) -> Option<String> {
        (!self.has_version).then(|| format!("{}/v1", self.base))
    }

    /// Whether the endpoint is `OpenAI`'s own, whose newer models do not accept `max_tokens`.
    pub(super) fn is_openai(&self) -> bool {
        self.scheme_is_https && self.host == "api.openai.com"
    }

    /// The text with the key removed.
    pub(super) fn hide_key(&self, text: String) -> String {
        match &self.key {
            Some(key) => key.hidden_in(text),
            None => text,
        }
    }
}

/// Whether a part of a path is a version: `v1`, `v1beta`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_key(base_url: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::new(base_url, ApiKey::new("sk-secret-1234"))
    }

    #[test]
    fn a_key_goes_by_https_or_stays_on_this_machine() {
        for base_url in
            ["https://api.openai.com/v1/", "http://127.0.0.1:8080/v1", "http://[::1]/v1"]
        {
            assert!(with_key(base_url).is_ok(), "{base_url}");
        }
        for base_url in
            ["http://192.168.1.5/v1", "http://example.org", "http://localhost.example.org"]
        {
            let error = with_key(base_url).unwrap_err();
            assert!(matches!(error, EndpointError::ClearText { .. }), "{base_url}: {error}");
            assert!(Endpoint::new(base_url, None).is_ok());
        }
    }

    #[test]
    fn a_key_goes_to_private_addresses_by_http_only_where_that_was_allowed() {
        let allowed = |base_url: &str| {
            Endpoint::reached_by(base_url, ApiKey::new("sk-secret-1234"), ClearText::Private)
        };
        for base_url in ["http://192.168.1.5:8080/v1", "http://nas.local/v1", "http://[fe80::1]/"] {
            assert!(allowed(base_url).is_ok(), "{base_url}");
            let error = with_key(base_url).unwrap_err();
            assert!(matches!(error, EndpointError::ClearText { is_private: true, .. }), "{error}");
        }
        for base_url in ["http://8.8.8.8/v1", "http://example.org/v1"] {
            let error = allowed(base_url).unwrap_err();
            assert!(matches!(error, EndpointError::ClearText { is_private: false, .. }), "{error}");
        }
    }

    #[test]
    fn a_version_is_missed_where_there_is_none() {
        let missed = |base_url: &str| with_key(base_url).unwrap().with_version();

        assert_eq!(missed("https://a.org/").as_deref(), Some("https://a.org/v1"));
        assert_eq!(missed("https://a.org/openai").as_deref(), Some("https://a.org/openai/v1"));
        for base_url in ["https://a.org/v1", "https://a.org/v1beta/openai/", "https://a.org/api/v4"]
        {
            assert_eq!(missed(base_url), None, "{base_url}");
        }
    }

    #[test]
    fn an_address_that_holds_secrets_is_refused_and_not_repeated() {
        for base_url in ["https://user:hidden@example.org/v1", "https://example.org/v1?key=hidden"]
        {
            let error = with_key(base_url).unwrap_err();
            assert_eq!(error, EndpointError::Secret);
            assert!(!format!("{error:?} {error}").contains("hidden"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for base_url in ["", "api.openai.com", "ftp://example.org", "/v1"] {
            assert_eq!(with_key(base_url).unwrap_err(), EndpointError::Address, "{base_url}");
        }
    }

    #[test]
    fn a_slash_at_the_end_changes_nothing() {
        let found = with_key("https://example.org/v1/").unwrap().chat_completions();

        assert_eq!(found, "https://example.org/v1/chat/completions");
    }

    #[test]
    fn a_key_that_no_header_holds_is_refused_and_not_repeated() {
        let error = Endpoint::new("https://example.org", ApiKey::new("sk-a\nb")).unwrap_err();

        assert_eq!(error.to_string(), "the key has characters that cannot be sent");
    }
}
