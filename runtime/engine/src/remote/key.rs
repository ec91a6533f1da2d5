//! The API key of an endpoint, which is never shown or stored.

use std::fmt;

use ureq::http::HeaderValue;

/// Replaces the key in texts.
const INSTEAD: &str = "[key]";
/// Least length of a key that is replaced; shorter ones could occur in any text.
const HIDDEN_BYTES_MIN: usize = 6;

/// An API key. It has no `Display`, its `Debug` hides it, and it is not serialized.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    key: String,
    source: String,
}

impl ApiKey {
    /// A key without surrounding blanks; `None` if it is empty.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self { key: key.to_owned(), source: String::new() })
    }

    /// The same key with the name of its source for messages, such as "`OPENAI_API_KEY` in
    /// the environment".
    #[must_use]
    pub fn from_source(self, source: impl Into<String>) -> Self {
        Self { source: source.into(), ..self }
    }

    /// The name of its source; empty if unknown.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The value of the header `Authorization`, marked as sensitive; `None` if a header
    /// cannot contain the key.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.key)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The text with the key replaced, in case an endpoint repeats it.
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
