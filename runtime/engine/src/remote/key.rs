//! The key that opens an endpoint. It is shown to nobody but the endpoint.

use std::fmt;

use ureq::http::HeaderValue;

/// What stands where a text held the key.
const INSTEAD: &str = "[key]";
/// A shorter key would be found in texts that have nothing to do with it.
const HIDDEN_BYTES_MIN: usize = 6;

/// A key. It has no `Display`, its `Debug` shows nothing, and it is not serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    key: String,
    source: String,
}

impl ApiKey {
    /// A key, blanks around it removed; `None` for an empty one.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self { key: key.to_owned(), source: String::new() })
    }

    /// The same key, with where it comes from: what a refusal says in its place, such as
    /// "`OPENAI_API_KEY` in the environment".
    #[must_use]
    pub fn from_source(self, source: impl Into<String>) -> Self {
        Self { source: source.into(), ..self }
    }

    /// Where it comes from; empty where nobody said.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The header's value, marked as not to be shown; `None` where a header
    /// cannot hold the key.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.key)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The text without the key, should an endpoint have repeated it.
    pub(super) fn hidden_in(&self, text: String) -> String {
        if self.key.len() >= HIDDEN_BYTES_MIN && text.contains(&self.key) {
            text.replace(&self.key, INSTEAD)
        } else {
            text
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_shown() {
        let key = ApiKey::new(" sk-secret-1234\n").unwrap();

        assert_eq!(format!("{key:?} {key:#?}"), "ApiKey(..) ApiKey(..)");
        assert!(!format!("{:?}", key.authorization()).contains("secret"));
        assert_eq!(key.hidden_in("no such key: sk-secret-1234".into()), "no such key: [key]");
    }

    #[test]
    fn an_empty_key_is_none() {
        assert_eq!(ApiKey::new(" \n"), None);
    }
}
