//! What a language model is asked for and what it answers.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::prompt::Prompt;

/// A model that continues prompts.
pub trait LanguageModel {
    /// Continues one prompt; blocks until the answer is whole.
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError>;

    /// How many tokens `text` has where nothing in it is a special token.
    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError>;

    /// How many tokens a prompt and its answer may have together.
    fn context_tokens(&self) -> u32;

    /// Which weights answer.
    fn identity(&self) -> ModelIdentity;
}

/// A model whose hidden states can be read.
pub trait HiddenStates {
    /// The normed residual stream `[width]` behind the last of at least one token.
    fn state(&mut self, tokens: &[u32]) -> Result<Vec<f32>, ModelError>;
}

/// A model that says how much an answer will be worth.
pub trait RewardModel {
    /// The score of an answer: a higher one is better, and its scale is the model's own.
    fn score(&mut self, answer: &Generation) -> Result<f32, ModelError>;
}

/// One question to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What the model continues.
    pub prompt: Prompt,
    /// What the answer must look like.
    pub constraint: Constraint,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Greatest number of tokens in the answer, at least 1.
    pub tokens_max: u32,
    /// The answer ends before the first of these; they are not part of it.
    pub stop: Vec<String>,
}

/// What an answer must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Anything.
    Free,
    /// Exactly one of these texts. Empty is a bug of the caller.
    Choices(Vec<String>),
    /// A text of this grammar, in GBNF.
    Grammar(String),
    /// A JSON value of this JSON schema.
    JsonSchema(String),
}

/// How tokens are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Logits are divided by it. 0.0 takes the likeliest token.
    pub temperature: f32,
    /// The smallest set of tokens with at least this probability is kept;
    /// 1.0 keeps all.
    pub top_p: f32,
    /// Seeds this request's draws, and nothing else does.
    pub seed: u64,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// The answer as text, without the token that ended it.
    pub text: String,
    /// The tokens of `text`, and, if the model ended the answer itself, the
    /// end-of-turn token as the last one.
    pub tokens: Vec<Token>,
    /// The prompt as the model saw it; empty where an endpoint does not say, whose
    /// `cost` then has the count alone.
    pub prompt_ids: Vec<u32>,
    /// Why the answer ended.
    pub stop: StopReason,
    /// What it cost.
    pub cost: Cost,
    /// sha256 of the adapter that was attached, in hexadecimal.
    pub adapter: Option<String>,
}

impl Generation {
    /// The ids of the answer, without the end-of-turn token: what a later
    /// prompt repeats.
    pub fn text_ids(&self) -> Vec<u32> {
        let ended_itself = self.stop == StopReason::EndOfTurn;
        let count = self.tokens.len().saturating_sub(usize::from(ended_itself));
        self.tokens[..count].iter().map(|token| token.id).collect()
    }
}

/// A generated token. Log-probabilities are natural logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Id in the model's vocabulary, or [`Token::UNKNOWN_ID`].
    pub id: u32,
    /// Under the distribution sampled from: after mask, temperature and `top_p`.
    /// Says something of a drawn token alone.
    pub log_prob: f32,
    /// Under the softmax of the model's own logits: no mask, temperature 1.
    /// `None` where the logits were not computed.
    pub log_prob_full: Option<f32>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a token came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The model drew it.
    Drawn,
    /// The model had no choice, and there is nothing to learn from it.
    Forced,
    /// An expert chose it, for the model to learn.
    Dictated,
    /// Nobody says how likely it was here: an endpoint's, or one of a reflection that was
    /// lent. There is nothing to learn from it.
    Unknown,
}

impl Origin {
    /// Its name in exports and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drawn => "drawn",
            Self::Forced => "forced",
            Self::Dictated => "dictated",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a model may learn to say it.
    pub fn is_lesson(self) -> bool {
        matches!(self, Self::Drawn | Self::Dictated)
    }
}

impl Token {
    /// Stands for the id of a token that an endpoint counted and did not name.
    pub const UNKNOWN_ID: u32 = u32::MAX;

    /// A token that the model had no choice about.
    pub fn forced(id: u32) -> Self {
        Self { id, log_prob: 0.0, log_prob_full: None, origin: Origin::Forced }
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// The model ended its turn, or the constraint was complete.
    EndOfTurn,
    /// One of the request's stop texts came.
    StopText,
    /// `tokens_max` was reached.
    Length,
    /// The context was full.
    ContextFull,
}

/// What an answer cost. The engine measures it; two equal runs differ here alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Prompt tokens whose keys and values were already in the cache.
    pub cached_tokens: u32,
    /// Prompt tokens that were computed for this request.
    pub computed_tokens: u32,
    /// From the request's start to its first own token.
    pub prefill_us: u64,
    /// From the first token to the last.
    pub decode_us: u64,
}

/// Which weights answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// Name in the manifest, or the file's name.
    pub name: String,
    /// sha256 of the weights that answered, in hexadecimal: of their file, or of the form that
    /// an engine made of it where that gives other numbers; empty for a model without a file.
    pub sha256: String,
    /// sha256 of the attached adapter.
    pub adapter_sha256: Option<String>,
    /// sha256 of the file that those weights were made from, where that is known: what was
    /// merged or requantized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
}

/// A model behind an endpoint gave no answer, and is asked again after a wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The model, with its endpoint's host.
    pub model: String,
    /// The attempt that follows, from 2.
    pub attempt: u32,
    /// Attempts at most.
    pub attempts_max: u32,
    /// Why there was no answer: the endpoint's words, or the connection's.
    pub reason: String,
    /// How long it waits.
    pub wait: Duration,
}

/// Why a model could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The prompt alone fills the context.
    #[error("the prompt has {prompt_tokens} tokens, the context holds {context_tokens}")]
    PromptTooLong {
        /// Length of the prompt.
        prompt_tokens: u32,
        /// What the model was loaded with.
        context_tokens: u32,
    },
    /// The constraint cannot be compiled or satisfied; the text says why.
    #[error("the constraint cannot be used: {0}")]
    Constraint(String),
    /// The prompt cannot be rendered, for example by a broken chat template.
    #[error("the prompt cannot be rendered: {0}")]
    Prompt(String),
    /// A limit of costs was reached; nothing was asked.
    #[error(
        "the cost limit of the {scope} is reached: {spent_usd:.6} of {limit_usd} USD are spent"
    )]
    CostLimit {
        /// What the limit is for.
        scope: CostScope,
        /// What was spent on it.
        spent_usd: f64,
        /// What may be spent.
        limit_usd: f64,
    },
    /// The request was cancelled by its owner.
    #[error("the request was cancelled")]
    Cancelled,
    /// An endpoint gave no answer, or refused to; the text names it and says why.
    #[error("{0}")]
    Endpoint(String),
    /// The engine behind the model failed; the text is its own account.
    #[error("the engine failed: {0}")]
    Engine(String),
}

/// What a limit of costs is for.
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
