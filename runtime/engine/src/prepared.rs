//! A request made ready by the thread that asks: tokenized, its constraint
//! compiled, so that the thread that decodes does little else.

use std::sync::Arc;

use runtime_core::model::{Constraint, ModelError, Request, Sampling};

use crate::choices::Choices;
use crate::clock::Moment;
use crate::guide::{Free, Guide};
use crate::prompt;
use crate::schema::Schemas;
use models::vocabulary::Vocabulary;

/// A request that is ready to be decoded.
pub(crate) struct Prepared {
    /// What is asked.
    pub(crate) question: Question,
    /// What the answer must look like.
    pub(crate) guide: PreparedGuide,
}

/// What is asked, but for the constraint.
pub(crate) struct Question {
    /// The prompt as the model sees it, at least one token.
    pub(crate) prompt_ids: Vec<u32>,
    /// How tokens are drawn.
    pub(crate) sampling: Sampling,
    /// Greatest number of tokens in the answer.
    pub(crate) tokens_max: usize,
    /// The answer ends before these.
    pub(crate) stop: Vec<String>,
    /// When it was asked.
    pub(crate) started: Moment,
}

/// A constraint, compiled as far as it can be without the engine.
pub(crate) enum PreparedGuide {
    /// Ready.
    Ready(Box<dyn Guide + Send>),
    /// A grammar in GBNF, which the engine reads, if it can.
    #[cfg_attr(not(feature = "llama"), expect(dead_code, reason = "llama.cpp alone reads it"))]
    Grammar(String),
}

/// What a request needs from its model to be prepared.
pub(crate) struct Preparation {
    /// Text to ids.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// JSON schemas to guides.
    pub(crate) schemas: Schemas,
    /// How many tokens a prompt and its answer may have together.
    pub(crate) context_tokens: u32,
}

impl Preparation {
    /// Makes a request ready.
    pub(crate) fn prepare(&self, request: &Request) -> Result<Prepared, ModelError> {
        let started = Moment::now();
        let prompt_ids =
            prompt::ids_within(&self.vocabulary, &request.prompt, self.context_tokens)?;
        let room = self.context_tokens as usize - prompt_ids.len();
        let tokens_max = request.tokens_max.max(1) as usize;
        let guide = self.guide(&request.constraint, tokens_max.min(room))?;
        let (sampling, stop) = (request.sampling, request.stop.clone());
        let question = Question { prompt_ids, sampling, tokens_max, stop, started };
        Ok(Prepared { question, guide })
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
            Constraint::Grammar(grammar) => return Ok(PreparedGuide::Grammar(grammar.clone())),
        }))
    }

    fn choices(&self, texts: &[String], tokens_max: usize) -> Result<Choices, ModelError> {
        let with_tokens = texts.iter().map(|text| (text.clone(), self.vocabulary.answer_ids(text)));
        Choices::new(with_tokens.collect(), self.vocabulary.end_of_turn, tokens_max)
    }
}
