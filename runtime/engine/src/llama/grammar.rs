//! Answers that follow a grammar in GBNF, by llama.cpp's own grammar sampler.
//!
//! The sampler is only used as a mask: it receives a row of zeros and leaves those
//! of allowed tokens. It is the only constraint that visits the whole vocabulary
//! before each token.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use runtime_core::model::ModelError;

use crate::guide::{Guide, Next};
use models::vocabulary::Vocabulary;

/// The name of the root rule.
const ROOT: &str = "root";
/// Greatest length of a grammar; a longer one is a mistake or an attack.
const GRAMMAR_BYTES_MAX: usize = 1 << 20;

/// The state of a grammar, advanced token by token.
pub(crate) struct GrammarGuide {
    sampler: LlamaSampler,
    vocabulary: Arc<Vocabulary>,
}

impl GrammarGuide {
    /// Compiles a grammar for a model.
    pub(crate) fn new(
        model: &LlamaModel,
        vocabulary: Arc<Vocabulary>,
        grammar: &str,
    ) -> Result<Self, ModelError> {
        if grammar.len() > GRAMMAR_BYTES_MAX {
            return Err(ModelError::Constraint(format!(
                "the grammar has {} bytes, at most {GRAMMAR_BYTES_MAX} are read",
                grammar.len()
            )));
        }
        let sampler = LlamaSampler::grammar(model, grammar, ROOT)
            .map_err(|error| ModelError::Constraint(error.to_string()))?;
        Ok(Self { sampler, vocabulary })
    }
}

impl Guide for GrammarGuide {
    fn next(&mut self) -> Result<Next, ModelError> {
        let size = u32::try_from(self.vocabulary.tokenizer.vocabulary_len()).unwrap_or(u32::MAX);
        let zeros =
            (0..size.cast_signed()).map(|id| LlamaTokenData::new(LlamaToken::new(id), 0.0, 0.0));
        let mut candidates = LlamaTokenDataArray::from_iter(zeros, false);
        self.sampler.apply(&mut candidates);
        let allowed: Vec<u32> = candidates
            .data
            .iter()
            .filter(|candidate| candidate.logit() > f32::NEG_INFINITY)
            .map(|candidate| candidate.id().0.cast_unsigned())
            .collect();
        Next::of_mask(allowed, &self.vocabulary.ends)
            .ok_or_else(|| ModelError::Constraint("the grammar allows no further token".to_owned()))
    }

    fn accept(&mut self, id: u32) -> Result<(), ModelError> {
        if self.vocabulary.is_end(id) {
            return Ok(());
        }
        self.sampler
            .try_accept(LlamaToken::new(id.cast_signed()))
            .map_err(|error| ModelError::Constraint(error.to_string()))
    }
}
