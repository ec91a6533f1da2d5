//! A model without weights that returns the only allowed answer, for demonstrations.
//!
//! It reads the tokenizer and the chat template of a GGUF file. It answers only
//! requests whose constraint allows a single answer; prompt and answer have the
//! same tokens as with an engine on the same file.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use models::checksum::sha256_file;
use models::gguf::{Gguf, GgufError, SOURCE_KEY};
use models::tokenizer::Tokenizer;
use runtime_core::model::{
    Constraint, Cost, Generation, LanguageModel, ModelError, ModelIdentity, Request, StopReason,
    Token,
};

use crate::prompt;
use models::vocabulary::{Vocabulary, VocabularyError};

/// The tokenizer and chat template of a model. Clones share them.
#[derive(Clone, Debug)]
pub struct Dictation {
    vocabulary: Arc<Vocabulary>,
    context_tokens: NonZeroU32,
    identity: ModelIdentity,
}

/// Why a file's tokenizer or chat template cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DictationError {
    /// The file is missing, truncated or not GGUF.
    #[error("the file cannot be used")]
    File(#[from] GgufError),
    /// The file cannot be read to its end.
    #[error("the file cannot be read")]
    Read(#[from] std::io::Error),
    /// The file's tokenizer or chat template cannot be used.
    #[error("the vocabulary of {path} cannot be used", path = path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: VocabularyError,
    },
}

impl Dictation {
    /// Reads the tokenizer and the chat template of a file. A prompt and its answer may
    /// have `context_tokens` together.
    pub fn open(path: &Path, context_tokens: NonZeroU32) -> Result<Self, DictationError> {
        let gguf = Gguf::open(path)?;
        let vocabulary = Vocabulary::from_gguf(&gguf)
            .map_err(|source| DictationError::Vocabulary { path: path.to_owned(), source })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let identity = ModelIdentity {
            name,
            sha256: sha256_file(path)?,
            adapter_sha256: None,
            source_sha256: gguf.text(SOURCE_KEY).map(str::to_owned),
        };
        Ok(Self { vocabulary: Arc::new(vocabulary), context_tokens, identity })
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.vocabulary.tokenizer
    }

    /// The ids of the answer `text`, if the model could generate it.
    fn answer_ids(&self, text: &str, tokens_max: u32) -> Result<Vec<u32>, ModelError> {
        let ids = self.vocabulary.answer_ids(text);
        if ids.len() <= tokens_max as usize && !ids.iter().any(|&id| self.vocabulary.is_end(id)) {
            return Ok(ids);
        }
        let found = ids.len();
        let reason = format!("{text:?} has {found} tokens, {tokens_max} fit, and none may end it");
        Err(ModelError::Constraint(reason))
    }
}

impl LanguageModel for Dictation {
    /// The only choice, with forced tokens and without cost.
    ///
    /// A prompt that leaves no room for the answer is too long.
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        let text = only_choice(&request.constraint)?;
        let context_tokens = self.context_tokens.get();
        let prompt_ids = prompt::ids_within(&self.vocabulary, &request.prompt, context_tokens)?;
        let mut ids = self.answer_ids(text, request.tokens_max)?;
        let length = prompt_ids.len() + ids.len();
        if length > context_tokens as usize {
            let prompt_tokens = u32::try_from(length).unwrap_or(u32::MAX);
            return Err(ModelError::PromptTooLong { prompt_tokens, context_tokens });
        }
        ids.push(self.vocabulary.end_of_turn);
        Ok(Generation {
            text: text.to_owned(),
            tokens: ids.into_iter().map(Token::forced).collect(),
            prompt_ids,
            stop: StopReason::EndOfTurn,
            cost: Cost::default(),
            adapter: None,
        })
    }

    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        prompt::count_tokens(&self.vocabulary, text)
    }

    fn context_tokens(&self) -> u32 {
        self.context_tokens.get()
    }

    /// The file's identity, since the answers depend on its vocabulary only.
    fn identity(&self) -> ModelIdentity {
        self.identity.clone()
    }
}

fn only_choice(constraint: &Constraint) -> Result<&str, ModelError> {
    match constraint {
        Constraint::Choices(choices) if choices.len() == 1 => Ok(&choices[0]),
        _ => Err(ModelError::Constraint("without weights there must be a single choice".into())),
    }
}

#[cfg(test)]
mod tests {
    use models::tiny::{TinyConfig, write_llama};
    use runtime_core::model::Sampling;
    use runtime_core::prompt::{Message, Prompt, Role};

    use super::*;

    fn tiny(context_tokens: u32) -> Dictation {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        write_llama(&path, &TinyConfig::default()).unwrap();
        Dictation::open(&path, NonZeroU32::new(context_tokens).unwrap()).unwrap()
    }

    fn request(choices: &[&str], tokens_max: u32) -> Request {
        Request {
            prompt: Prompt::Chat(vec![Message::text(Role::User, "What now?")]),
            constraint: Constraint::Choices(choices.iter().map(ToString::to_string).collect()),
            sampling: Sampling { temperature: 1.0, top_p: 1.0, seed: 0 },
            tokens_max,
            stop: Vec::new(),
        }
    }

    #[test]
    fn the_only_choice_is_given_word_for_word() {
        let mut model = tiny(512);

        let generation = model.generate(&request(&["go to desk 1"], 48)).unwrap();

        assert_eq!(generation.text, "go to desk 1");
        assert_eq!(model.tokenizer().decode_lossy(&generation.text_ids()), "go to desk 1");
        assert!(model.vocabulary.is_end(generation.tokens.last().unwrap().id));
    }

    #[test]
    fn what_is_no_dictation_is_refused() {
        let mut model = tiny(512);

        for choices in [&[][..], &["go to desk 1", "go to bed 1"]] {
            let error = model.generate(&request(choices, 48)).unwrap_err();
            assert!(matches!(error, ModelError::Constraint(_)), "{error}");
        }
        let long = model.generate(&request(&["go to desk 1"], 2)).unwrap_err();
        assert!(matches!(long, ModelError::Constraint(_)), "{long}");
    }

    #[test]
    fn a_prompt_that_leaves_no_room_is_refused() {
        let dictated = request(&["go to desk 1"], 48);
        let prompt_tokens = tiny(512).generate(&dictated).unwrap().prompt_ids.len();

        for context_tokens in [4, u32::try_from(prompt_tokens).unwrap() + 1] {
            let error = tiny(context_tokens).generate(&dictated).unwrap_err();
            assert!(matches!(error, ModelError::PromptTooLong { .. }), "{error}");
        }
    }
}
