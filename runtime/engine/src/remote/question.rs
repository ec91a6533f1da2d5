//! The JSON body of a request to an endpoint, and how its answer is read.

use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions, CreateChatCompletionRequest, ResponseFormat,
    ResponseFormatJsonSchema, StopConfiguration,
};
use runtime_core::model::{
    Constraint, Cost, Generation, ModelError, Origin, Request, StopReason, Token,
};
use runtime_core::prompt::{Message, Piece, Prompt, Role};
use runtime_core::spending::TokenUse;

use super::choices;
use super::config::RemoteConfig;
use super::extras::{Extra, ExtraSet};
use super::reply::{EndpointReply, estimated_tokens};
use crate::clock::Moment;

/// Greatest number of stop texts that `OpenAI` accepts; we cut at all of them in any case.
const STOPS_MAX: usize = 4;
/// Number of tokens for the JSON around a choice, blanks included.
const SCHEMA_TOKENS: u32 = 32;
/// Number of bits of a seed that every endpoint accepts.
const SEED_BITS: u32 = 31;

/// A request in the form of an endpoint's API.
pub(super) struct EndpointRequest {
    /// The JSON body.
    pub(super) body: String,
    /// Upper bound of the tokens used: a token has at least one byte.
    pub(super) at_most: TokenUse,
    /// The extras in it.
    pub(super) extras: ExtraSet,
    /// Number of bytes of text in the prompt.
    text_bytes: usize,
    reading: AnswerFormat,
    stops: Vec<String>,
    tokens_max: u32,
    /// The given beginning of the answer.
    begun: String,
}

/// How an answer is read.
enum AnswerFormat {
    /// As plain text.
    Text,
    /// As JSON with one of these choices.
    Schema(Vec<String>),
    /// As one of these choices, which the prompt lists.
    Listed(Vec<String>),
}

impl EndpointRequest {
    pub(super) fn new(
        request: &Request,
        config: &RemoteConfig,
        offered: ExtraSet,
    ) -> Result<Self, ModelError> {
        let Prompt::Chat(messages) = &request.prompt else {
            return Err(ModelError::Prompt("an endpoint takes messages, no bare text".into()));
        };
        let mut messages: Vec<(Role, String)> = messages.iter().map(joined).collect();
        let begun = match messages.last() {
            Some((Role::Assistant, begun)) => begun.clone(),
            _ => String::new(),
        };
        let (reading, format) = constrained(&request.constraint, offered, &mut messages)?;
        let stops: Vec<_> = request.stop.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        let mut extras = offered;
        if format.is_none() {
            extras = extras.without(Extra::Schema);
        }
        if stops.is_empty() {
            extras = extras.without(Extra::Stop);
        }
        let tokens_max = match reading {
            AnswerFormat::Schema(_) => request.tokens_max.saturating_add(SCHEMA_TOKENS),
            AnswerFormat::Text | AnswerFormat::Listed(_) => request.tokens_max,
        };
        let text_bytes = messages.iter().map(|(_, text)| text.len()).sum();
        let mut chat = sampled(request, config, extras, tokens_max);
        chat.messages = messages.into_iter().map(message).collect();
        chat.response_format = format;
        if extras.has(Extra::Stop) {
            let sent = stops.iter().take(STOPS_MAX).cloned().collect();
            chat.stop = Some(StopConfiguration::StringArray(sent));
        }
        let body =
            serde_json::to_string(&chat).map_err(|error| ModelError::Prompt(error.to_string()))?;
        let completion = u64::from(tokens_max);
        let at_most = TokenUse { prompt: body.len() as u64, cached: 0, completion };
        Ok(Self { body, at_most, extras, text_bytes, reading, stops, tokens_max, begun })
    }

    /// Greatest length of the answer's body: with log-probabilities a token takes half a
    /// kilobyte.
    pub(super) fn answer_bytes_max(&self) -> usize {
        (1 << 20) + self.tokens_max as usize * (4 << 10)
    }

    /// The estimated use of an attempt whose answer is incomplete.
    pub(super) fn estimated_use(&self, chunks: u64) -> TokenUse {
        let completion = chunks.min(self.at_most.completion);
        TokenUse { prompt: estimated_tokens(self.text_bytes), cached: 0, completion }
    }

    /// The generation; `None` if the endpoint accepted the schema but ignored it.
    pub(super) fn generation(&self, reply: &EndpointReply, start: Moment) -> Option<Generation> {
        let text = self.without_echo(&reply.text);
        let (text, stop) = self.cut(text, reply.cut_by_length);
        let text = match &self.reading {
            AnswerFormat::Text => text.to_owned(),
            AnswerFormat::Listed(choices) => choices::listed(text, choices),
            AnswerFormat::Schema(choices) => {
                choices::in_schema(text, choices, stop == StopReason::Length)?
            }
        };
        let first_at = reply.first_at.unwrap_or(reply.last_at);
        let cached = reply.used.cached.min(reply.used.prompt);
        Some(Generation {
            text,
            tokens: self.tokens(reply),
            prompt_ids: Vec::new(),
            stop,
            cost: Cost {
                cached_tokens: to_u32(cached),
                computed_tokens: to_u32(reply.used.prompt - cached),
                prefill_us: start.microseconds_to(first_at),
                decode_us: first_at.microseconds_to(reply.last_at),
            },
            adapter: None,
        })
    }

    /// The text without the given beginning, which some endpoints repeat.
    fn without_echo<'a>(&self, text: &'a str) -> &'a str {
        let begun = self.begun.trim();
        if begun.is_empty() {
            return text;
        }
        text.trim_start().strip_prefix(begun).unwrap_or(text)
    }

    fn cut<'a>(&self, text: &'a str, by_length: bool) -> (&'a str, StopReason) {
        match self.stops.iter().filter_map(|stop| text.find(stop)).min() {
            Some(end) => (&text[..end], StopReason::StopText),
            None if by_length => (text, StopReason::Length),
            None => (text, StopReason::EndOfTurn),
        }
    }

    /// As many tokens as the endpoint counted, but at most `tokens_max`.
    fn tokens(&self, reply: &EndpointReply) -> Vec<Token> {
        let count = reply.used.completion.min(u64::from(self.tokens_max));
        let log_probs = reply.log_probs.iter().copied().chain(std::iter::repeat(None));
        (0..count).zip(log_probs).map(|(_, log_prob)| unnamed(log_prob)).collect()
    }
}

fn unnamed(log_prob_full: Option<f32>) -> Token {
    Token { log_prob_full, origin: Origin::Unknown, ..Token::forced(Token::UNKNOWN_ID) }
}

fn joined(message: &Message) -> (Role, String) {
    (message.role, message.content.iter().map(Piece::as_text).collect())
}

fn message((role, text): (Role, String)) -> ChatCompletionRequestMessage {
    match role {
        Role::System => ChatCompletionRequestSystemMessage::from(text).into(),
        Role::User => ChatCompletionRequestUserMessage::from(text).into(),
        Role::Assistant => ChatCompletionRequestAssistantMessage::from(text).into(),
    }
}

/// How the answer is read, and the response format to request; without a schema,
/// choices are appended to the messages.
fn constrained(
    constraint: &Constraint,
    offered: ExtraSet,
    messages: &mut Vec<(Role, String)>,
) -> Result<(AnswerFormat, Option<ResponseFormat>), ModelError> {
    match constraint {
        // Endpoints have no common way to say a pattern: whoever reads the answer finds it malformed.
        Constraint::Free | Constraint::Pattern(_) => Ok((AnswerFormat::Text, None)),
        Constraint::Choices(choices) if choices.is_empty() => {
            Err(ModelError::Constraint("there is no choice".into()))
        }
        Constraint::Choices(choices) => {
            if offered.has(Extra::Schema) && choices.len() <= choices::SCHEMA_CHOICES_MAX {
                let format = json_schema("choice", choices::schema(choices));
                return Ok((AnswerFormat::Schema(choices.clone()), Some(format)));
            }
            choices::list(choices, messages);
            Ok((AnswerFormat::Listed(choices.clone()), None))
        }
        Constraint::JsonSchema(_) if !offered.has(Extra::Schema) => {
            Err(ModelError::Constraint("the endpoint takes no JSON schema".into()))
        }
        Constraint::JsonSchema(schema) => {
            let schema = serde_json::from_str(schema)
                .map_err(|error| ModelError::Constraint(error.to_string()))?;
            Ok((AnswerFormat::Text, Some(json_schema("answer", schema))))
        }
        Constraint::Grammar(_) => {
            Err(ModelError::Constraint("an endpoint takes no grammar".into()))
        }
    }
}

fn json_schema(name: &str, schema: serde_json::Value) -> ResponseFormat {
    let (name, description, strict) = (name.to_owned(), None, Some(true));
    ResponseFormat::JsonSchema {
        json_schema: ResponseFormatJsonSchema { description, name, schema, strict },
    }
}

#[expect(deprecated, reason = "most endpoints know only the older parameters")]
fn sampled(
    request: &Request,
    config: &RemoteConfig,
    extras: ExtraSet,
    tokens_max: u32,
) -> CreateChatCompletionRequest {
    let sampling = request.sampling;
    let seed = sampling.seed & ((1 << SEED_BITS) - 1);
    let is_openai = config.endpoint.is_openai();
    CreateChatCompletionRequest {
        model: config.model.clone(),
        temperature: Some(sampling.temperature),
        top_p: Some(sampling.top_p),
        seed: extras.has(Extra::Seed).then(|| seed.cast_signed()),
        logprobs: extras.has(Extra::LogProbs).then_some(true),
        max_tokens: (!is_openai).then_some(tokens_max),
        max_completion_tokens: is_openai.then_some(tokens_max),
        stream: Some(true),
        stream_options: extras.has(Extra::Usage).then_some(ChatCompletionStreamOptions {
            include_usage: Some(true),
            include_obfuscation: None,
        }),
        ..CreateChatCompletionRequest::default()
    }
}

fn to_u32(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
