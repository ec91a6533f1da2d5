//! An endpoint's error message.

use std::fmt;
use std::num::NonZeroU32;

use runtime_core::model::ModelError;
use serde_json::Value;

/// Greatest number of characters shown of a message, which may be a page of HTML.
const SHOWN_CHARACTERS_MAX: usize = 300;

/// An endpoint's error message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EndpointRefusal {
    status: u16,
    /// Its `code` or `type`; empty if it has none.
    code: String,
    /// The parameter that the error is about.
    parameter: Option<String>,
    message: String,
    /// The prompt's number of tokens, if the endpoint counted them.
    prompt_tokens: Option<u64>,
}

impl EndpointRefusal {
    /// Parses the body of an answer with this status. A body of an unknown form is itself
    /// the message.
    pub(super) fn new(status: u16, body: &str) -> Self {
        let value: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let error = value.get("error").unwrap_or(&value);
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
        let message = text("message").or_else(|| error.as_str().map(str::to_owned));
        Self {
            status,
            code: [text("code"), text("type")].into_iter().flatten().collect::<Vec<_>>().join(" "),
            parameter: text("param"),
            message: shown(message.as_deref().unwrap_or(body)),
            prompt_tokens: error.get("n_prompt_tokens").and_then(Value::as_u64),
        }
    }

    /// The HTTP status of the answer.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Whether the error is about the model, not about the address.
    pub(super) fn is_about_the_model(&self) -> bool {
        self.code.contains("model_not_found") || self.message.to_lowercase().contains("model")
    }

    /// Whether another request of the same user may succeed.
    pub(super) fn is_about_the_request(&self) -> bool {
        matches!(self.status, 400 | 404 | 415 | 422 | 501)
            && !self.is_too_long()
            && !self.code.contains("model_not_found")
    }

    /// Whether the error is permanent, so that waiting does not help.
    pub(super) fn is_for_good(&self) -> bool {
        self.code.contains("insufficient_quota")
    }

    /// Whether the refusal names this parameter.
    pub(super) fn names(&self, name: &str) -> bool {
        self.parameter
            .as_deref()
            .is_some_and(|found| found.starts_with(name.trim_matches(['\'', '"', '`'])))
            || self.message.contains(name)
    }

    /// The error for a prompt that is too long, if that was refused.
    pub(super) fn too_long(&self, tokens: u64, context_tokens: NonZeroU32) -> Option<ModelError> {
        let prompt_tokens = self.prompt_tokens.unwrap_or(tokens);
        self.is_too_long().then(|| ModelError::PromptTooLong {
            prompt_tokens: u32::try_from(prompt_tokens).unwrap_or(u32::MAX),
            context_tokens: context_tokens.get(),
        })
    }

    fn is_too_long(&self) -> bool {
        self.code.contains("context_length_exceeded") || self.code.contains("exceed_context_size")
    }
}

impl fmt::Display for EndpointRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}: {}", self.status, self.message)
    }
}

/// A foreign text made safe for an error message: one short line without control
/// characters.
pub(super) fn shown(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String =
        words.chars().filter(|c| !c.is_control()).take(SHOWN_CHARACTERS_MAX).collect();
    if shown.len() < words.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_of_errors_are_read() {
        let openai =
            r#"{"error": {"message": "too much", "type": "t", "param": "n", "code": "c"}}"#;
        assert_eq!(EndpointRefusal::new(400, openai).to_string(), "status 400: too much");
        assert_eq!(
            EndpointRefusal::new(500, r#"{"error": "broken"}"#).to_string(),
            "status 500: broken"
        );
        assert_eq!(
            EndpointRefusal::new(502, "<h1>Bad\n gateway</h1>").message,
            "<h1>Bad gateway</h1>"
        );
        assert_eq!(EndpointRefusal::new(503, "").message, "");
    }

    #[test]
    fn a_prompt_that_does_not_fit_is_told_apart() {
        let llama = r#"{"error": {"code": 400, "message": "the request exceeds the context",
            "type": "exceed_context_size_error", "n_prompt_tokens": 700, "n_ctx": 512}}"#;
        let error = EndpointRefusal::new(400, llama).too_long(900, NonZeroU32::MIN);

        assert!(matches!(error, Some(ModelError::PromptTooLong { prompt_tokens: 700, .. })));
        assert!(EndpointRefusal::new(400, "no").too_long(900, NonZeroU32::MIN).is_none());
    }

    #[test]
    fn a_long_account_is_cut() {
        let message = EndpointRefusal::new(500, &"x\u{1b}y ".repeat(1000)).message;

        assert_eq!(message.chars().count(), SHOWN_CHARACTERS_MAX + 1);
        assert!(!message.contains('\u{1b}'));
    }
}
