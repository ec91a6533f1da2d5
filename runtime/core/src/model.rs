//! The interface of language models: requests and generations.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::prompt::Prompt;

/// A model that continues prompts.
pub trait LanguageModel {
    /// Continues one prompt; blocks until the generation is complete.
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError>;

    /// Number of tokens of `text`, in which nothing is read as a special token.
    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError>;

    /// Greatest number of tokens of a prompt and its generation together.
    fn context_tokens(&self) -> u32;

    /// The identity of the weights.
    fn identity(&self) -> ModelIdentity;
}

/// A model whose hidden states can be read.
pub trait HiddenStates {
    /// The normed residual stream `[width]` after the last token; `tokens` is not empty.
    fn state(&mut self, tokens: &[u32]) -> Result<Vec<f32>, ModelError>;
}

/// A model that predicts the reward of an answer.
pub trait RewardModel {
    /// The predicted reward of an answer, on the model's own scale; higher is better.
    fn score(&mut self, answer: &Generation) -> Result<f32, ModelError>;
}

/// A request to continue one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The prompt to continue.
    pub prompt: Prompt,
    /// The form that the answer must have.
    pub constraint: Constraint,
    /// How tokens are sampled.
    pub sampling: Sampling,
    /// Greatest number of generated tokens, at least 1.
    pub tokens_max: u32,
    /// Stop texts: the answer ends before the first of them.
    pub stop: Vec<String>,
}

/// The form that an answer must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Any text.
    Free,
    /// Exactly one of these texts; there must be at least one.
    Choices(Vec<String>),
    /// A text that this regular expression accepts as a whole, in the syntax of the crate `regex`
    /// without anchors.
    Pattern(String),
    /// A text that this GBNF grammar accepts.
    Grammar(String),
    /// A JSON value that this JSON schema accepts.
    JsonSchema(String),
}

/// How tokens are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Logits are divided by it. 0.0 selects the likeliest token.
    pub temperature: f32,
    /// Nucleus sampling: only the smallest set of likeliest tokens with at least this
    /// total probability is sampled from; 1.0 is all tokens.
    pub top_p: f32,
    /// The only seed of this request's samples.
    pub seed: u64,
}

/// A model's answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// The answer as text, without the token that ended it.
    pub text: String,
    /// The tokens of `text`, then the end-of-turn token if the model ended the
    /// answer itself.
    pub tokens: Vec<Token>,
    /// The prompt's token ids; empty if an endpoint does not return them, in which case
    /// `cost` has their number.
    pub prompt_ids: Vec<u32>,
    /// Why the answer ended.
    pub stop: StopReason,
    /// Its cost.
    pub cost: Cost,
    /// SHA-256 of the attached adapter, in hexadecimal.
    pub adapter: Option<String>,
}

impl Generation {
    /// An answer of which only the text is known: without tokens and cost.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tokens: Vec::new(),
            prompt_ids: Vec::new(),
            stop: StopReason::EndOfTurn,
            cost: Cost::default(),
            adapter: None,
        }
    }

    /// The ids of the answer without the end-of-turn token, as later prompts
    /// repeat them.
    pub fn text_ids(&self) -> Vec<u32> {
        let ended_itself = self.stop == StopReason::EndOfTurn;
        let count = self.tokens.len().saturating_sub(usize::from(ended_itself));
        self.tokens[..count].iter().map(|token| token.id).collect()
    }
}

/// A generated token. Log-probabilities are natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Id in the model's vocabulary or [`Token::UNKNOWN_ID`].
    pub id: u32,
    /// Under the distribution sampled from: after mask, temperature and `top_p`.
    /// Meaningful only for drawn tokens.
    pub log_prob: f32,
    /// Under the softmax of the model's own logits: no mask, temperature 1.
    /// `None` if the logits were not computed.
    pub log_prob_full: Option<f32>,
    /// Its origin.
    pub origin: Origin,
}

/// How a token came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Sampled by the model.
    Drawn,
    /// The only token that the constraint allowed; training skips it.
    Forced,
    /// Chosen by an expert, for supervised training.
    Dictated,
    /// Of unknown probability: generated by an endpoint, or part of a reflection that was
    /// borrowed from another task. Training skips it.
    Unknown,
}

impl Origin {
    /// The name in exports and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drawn => "drawn",
            Self::Forced => "forced",
            Self::Dictated => "dictated",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the token is a training target.
    pub fn is_lesson(self) -> bool {
        matches!(self, Self::Drawn | Self::Dictated)
    }
}

impl Token {
    /// The id of a token that an endpoint counted without returning it.
    pub const UNKNOWN_ID: u32 = u32::MAX;

    /// A token with [`Origin::Forced`].
    pub fn forced(id: u32) -> Self {
        Self { id, log_prob: 0.0, log_prob_full: None, origin: Origin::Forced }
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// The model ended its turn or the constraint was satisfied.
    EndOfTurn,
    /// One of the request's stop texts was generated.
    StopText,
    /// `tokens_max` was reached.
    Length,
    /// The context was full.
    ContextFull,
}

/// The cost of a generation, measured by the engine. Repeated runs differ only here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Prompt tokens whose keys and values were in the cache.
    pub cached_tokens: u32,
    /// Prompt tokens computed for this request.
    pub computed_tokens: u32,
    /// Time from the request's start until its prompt was computed, waiting included; until
    /// its end where none of the prompt had to be.
    pub prefill_us: u64,
    /// Time from then to the end of the answer.
    pub decode_us: u64,
}

impl core::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.cached_tokens += other.cached_tokens;
        self.computed_tokens += other.computed_tokens;
        self.prefill_us += other.prefill_us;
        self.decode_us += other.decode_us;
    }
}

/// The identity of a model's weights.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// Name in the manifest or the file's name.
    pub name: String,
    /// SHA-256 of the weights in hexadecimal: of their file, or of the converted weights if an
    /// engine converts the file with other numeric results; empty for a model without a file.
    pub sha256: String,
    /// SHA-256 of the attached adapter.
    pub adapter_sha256: Option<String>,
    /// SHA-256 of the original file that was merged or requantized, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
}

/// A request to an endpoint failed and will be retried after a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The model and its endpoint's host.
    pub model: String,
    /// The number of the next attempt, from 2.
    pub attempt: u32,
    /// Greatest number of attempts.
    pub attempts_max: u32,
    /// Why the request failed: the message of the endpoint or of the connection.
    pub reason: String,
    /// The wait before the next attempt.
    pub wait: Duration,
}

/// Why a model could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The prompt alone fills the context.
    #[error("the prompt has {prompt_tokens} tokens, the context has room for {context_tokens}")]
    PromptTooLong {
        /// Length of the prompt.
        prompt_tokens: u32,
        /// Context length of the model.
        context_tokens: u32,
    },
    /// The constraint cannot be compiled or satisfied; the text says why.
    #[error("the constraint cannot be used: {0}")]
    Constraint(String),
    /// The prompt cannot be rendered, for example by a broken chat template.
    #[error("the prompt cannot be rendered: {0}")]
    Prompt(String),
    /// A cost limit was reached; no request was sent.
    #[error(
        "the cost limit of the {scope} is reached: {spent_usd:.6} of {limit_usd} USD are spent"
    )]
    CostLimit {
        /// What the limit is for.
        scope: CostScope,
        /// The amount spent.
        spent_usd: f64,
        /// The limit.
        limit_usd: f64,
    },
    /// The caller cancelled the request.
    #[error("the request was cancelled")]
    Cancelled,
    /// An endpoint failed or refused to answer; the text names it and says why.
    #[error("{0}")]
    Endpoint(String),
    /// The engine failed; the text is its own message.
    #[error("the engine failed: {0}")]
    Engine(String),
}

/// The scope of a cost limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostScope {
    /// One task in one arm.
    Task,
    /// The whole run.
    Run,
}

impl fmt::Display for CostScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::Run => "run",
        })
    }
}
