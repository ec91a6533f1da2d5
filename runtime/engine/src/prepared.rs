//! A prepared request: tokenized, with its constraint compiled. The calling thread
//! prepares requests, so that the worker only decodes.

use std::sync::Arc;

use runtime_core::model::{Constraint, ModelError, Request, Sampling};

use crate::choices::Choices;
use crate::clock::Moment;
use crate::guide::{Free, Guide};
use crate::prompt;
use crate::schema::Schemas;
use models::vocabulary::Vocabulary;

/// A request that is ready to be decoded.
pub(crate) struct PreparedRequest {
    /// The request without its constraint.
    pub(crate) question: TokenizedRequest,
    /// The constraint.
    pub(crate) guide: PreparedGuide,
}

/// A tokenized request without its constraint.
pub(crate) struct TokenizedRequest {
    /// The prompt's token ids, at least one.
    pub(crate) prompt_ids: Vec<u32>,
    /// How tokens are sampled.
    pub(crate) sampling: Sampling,
    /// Greatest number of generated tokens.
    pub(crate) tokens_max: usize,
    /// Stop texts: the answer ends before the first of them.
    pub(crate) stop: Vec<String>,
    /// When the request was made.
    pub(crate) started: Moment,
}

/// A constraint, compiled as far as possible without the engine.
pub(crate) enum PreparedGuide {
    /// A compiled constraint.
    Ready(Box<dyn Guide + Send>),
    /// A grammar in GBNF, which the engine compiles if it supports GBNF.
    #[cfg_attr(not(feature = "llama"), expect(dead_code, reason = "llama.cpp alone reads it"))]
    Grammar(String),
}

/// The parts of a model that prepare requests.
pub(crate) struct Preparation {
    /// Converts text to ids.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// Converts JSON schemas and patterns to guides.
    pub(crate) schemas: Schemas,
    /// Greatest number of tokens of a prompt and its answer together.
    pub(crate) context_tokens: u32,
}

impl Preparation {
    /// Prepares a request.
    pub(crate) fn prepare(&self, request: &Request) -> Result<PreparedRequest, ModelError> {
        let started = Moment::now();
        let prompt_ids =
            prompt::ids_within(&self.vocabulary, &request.prompt, self.context_tokens)?;
        let room = self.context_tokens as usize - prompt_ids.len();
        let tokens_max = request.tokens_max.max(1) as usize;
        let guide = self.guide(&request.constraint, tokens_max.min(room))?;
        let (sampling, stop) = (request.sampling, request.stop.clone());
        let question = TokenizedRequest { prompt_ids, sampling, tokens_max, stop, started };
        Ok(PreparedRequest { question, guide })
    }

    fn guide(
        &self,
        constraint: &Constraint,
        tokens_max: usize,
    ) -> Result<PreparedGuide, ModelError> {
        Ok(PreparedGuide::Ready(match constraint {
            Constraint::Free => Box::new(Free),
            Constraint::Choices(texts) => Box::new(self.choices(texts, tokens_max)?),
            Constraint::JsonSchema(schema) => Box::new(self.schemas.guide(schema)?),
            Constraint::Pattern(pattern) => Box::new(self.schemas.guide_of_pattern(pattern)?),
            Constraint::Grammar(grammar) => return Ok(PreparedGuide::Grammar(grammar.clone())),
        }))
    }

    fn choices(&self, texts: &[String], tokens_max: usize) -> Result<Choices, ModelError> {
        let with_tokens = texts.iter().map(|text| (text.clone(), self.vocabulary.answer_ids(text)));
        Choices::new(with_tokens.collect(), self.vocabulary.end_of_turn, tokens_max)
    }
}
