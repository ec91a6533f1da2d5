//! The constraint of answers that follow a JSON schema or a regular expression, by llguidance.
//!
//! The trie of the vocabulary is built once for each model; each schema or pattern needs
//! only a parser.

use std::sync::{Arc, OnceLock};

use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use models::tokenizer::Special;
use runtime_core::model::ModelError;
use serde_json::{Value, json};
use toktrie::{InferenceCapabilities, SimpleVob, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};

use crate::guide::{Guide, Next};
use models::vocabulary::Vocabulary;

/// Compiles JSON schemas and patterns for one model's vocabulary.
pub(crate) struct Schemas {
    vocabulary: Arc<Vocabulary>,
    factory: OnceLock<Result<ParserFactory, String>>,
}

impl Schemas {
    /// A compiler; the trie is built at the first schema.
    pub(crate) fn new(vocabulary: Arc<Vocabulary>) -> Self {
        Self { vocabulary, factory: OnceLock::new() }
    }

    /// The guide of a schema.
    pub(crate) fn guide(&self, schema: &str) -> Result<SchemaGuide, ModelError> {
        self.guide_of(TopLevelGrammar::from_json_schema(compact(schema).map_err(refused)?))
    }

    /// The guide of a regular expression.
    pub(crate) fn guide_of_pattern(&self, pattern: &str) -> Result<SchemaGuide, ModelError> {
        self.guide_of(TopLevelGrammar::from_regex(pattern))
    }

    fn guide_of(&self, grammar: TopLevelGrammar) -> Result<SchemaGuide, ModelError> {
        let factory = self
            .factory
            .get_or_init(|| factory(&self.vocabulary).map_err(|error| error.to_string()));
        let factory = factory.as_ref().map_err(|error| ModelError::Engine(error.clone()))?;
        let matcher = Matcher::new(factory.create_parser(grammar));
        let guide = SchemaGuide { matcher, ends: self.vocabulary.ends.clone() };
        guide.check()?;
        Ok(guide)
    }
}

/// The state of a schema or pattern, advanced token by token.
pub(crate) struct SchemaGuide {
    matcher: Matcher,
    ends: Vec<u32>,
}

impl SchemaGuide {
    fn check(&self) -> Result<(), ModelError> {
        self.matcher.get_error().map_or(Ok(()), |error| Err(ModelError::Constraint(error)))
    }
}

impl Guide for SchemaGuide {
    fn next(&mut self) -> Result<Next, ModelError> {
        if self.matcher.is_stopped() {
            return self.check().map(|()| Next::End);
        }
        let forced = self.matcher.consume_ff_tokens();
        if !forced.is_empty() {
            return self.check().map(|()| Next::Forced(forced));
        }
        let mask = self.matcher.compute_mask_or_eos().map_err(refused)?;
        let ids = ids_of(&mask);
        Next::of_mask(ids, &self.ends)
            .ok_or_else(|| ModelError::Constraint("the form allows no further token".to_owned()))
    }

    fn accept(&mut self, id: u32) -> Result<(), ModelError> {
        if self.ends.contains(&id) {
            Ok(())
        } else {
            self.matcher.consume_token(id).map_err(refused)
        }
    }
}

/// The schema without white space between values: small models would write blanks until
/// their tokens run out.
fn compact(schema: &str) -> Result<Value, serde_json::Error> {
    let mut schema: Value = serde_json::from_str(schema)?;
    if let Value::Object(keys) = &mut schema {
        keys.entry("x-guidance").or_insert_with(|| json!({ "whitespace_flexible": false }));
    }
    Ok(schema)
}

fn refused(error: impl std::fmt::Display) -> ModelError {
    ModelError::Constraint(error.to_string())
}

fn ids_of(mask: &SimpleVob) -> Vec<u32> {
    mask.iter().collect()
}

fn factory(vocabulary: &Arc<Vocabulary>) -> Result<ParserFactory, impl std::fmt::Display> {
    let env: TokEnv = Arc::new(TokenEnvironment::new(Arc::clone(vocabulary)));
    let capabilities =
        InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
    ParserFactory::new(&env, capabilities, &[]).map(|mut factory| {
        factory.quiet();
        factory
    })
}

/// A vocabulary in llguidance's interface.
struct TokenEnvironment {
    vocabulary: Arc<Vocabulary>,
    trie: TokTrie,
}

impl TokenEnvironment {
    fn new(vocabulary: Arc<Vocabulary>) -> Self {
        let tokenizer = &vocabulary.tokenizer;
        let size = u32::try_from(tokenizer.vocabulary_len()).unwrap_or(u32::MAX);
        let words: Vec<Vec<u8>> = (0..size).map(|id| word(&vocabulary, id)).collect();
        let info = TokRxInfo::new(size, vocabulary.end_of_turn);
        let trie = TokTrie::from(&info, &words).with_eos_tokens(&vocabulary.ends);
        Self { vocabulary, trie }
    }
}

/// The bytes of a token; for a control token the marker byte and its name.
fn word(vocabulary: &Vocabulary, id: u32) -> Vec<u8> {
    let tokenizer = &vocabulary.tokenizer;
    let bytes = tokenizer.token_bytes(id);
    match tokenizer.token_text(id) {
        Some(name) if bytes.is_empty() && !name.is_empty() => {
            [&[TokTrie::SPECIAL_TOKEN_MARKER], name.as_bytes()].concat()
        }
        _ => bytes.to_vec(),
    }
}

impl TokenizerEnv for TokenEnvironment {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        let encode = |text: &str| self.vocabulary.tokenizer.encode(text, Special::Text);
        self.trie.tokenize_with_greedy_fallback(bytes, encode)
    }
}

#[cfg(test)]
mod tests {
    use models::gguf::Gguf;
    use models::tiny::{self, TinyConfig};

    use super::*;

    fn vocabulary() -> Arc<Vocabulary> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        tiny::write_llama(&path, &TinyConfig::default()).unwrap();
        Arc::new(Vocabulary::from_gguf(&Gguf::open(&path).unwrap()).unwrap())
    }

    /// What a model writes that draws every token with the same odds.
    fn drawn(schemas: &Schemas, pattern: &str, seed: u64) -> String {
        let mut guide = schemas.guide_of_pattern(pattern).unwrap();
        let mut bytes = Vec::new();
        let mut draw = seed;
        for _ in 0..500 {
            let ids = match guide.next().unwrap() {
                Next::End => return String::from_utf8_lossy(&bytes).into_owned(),
                Next::Forced(ids) => ids,
                Next::OneOf(ids) => {
                    draw = runtime_core::seed::mix(draw);
                    let id = ids[usize::try_from(draw % ids.len() as u64).unwrap()];
                    guide.accept(id).unwrap();
                    vec![id]
                }
                Next::Anything => panic!("a pattern does not allow anything"),
            };
            for id in ids {
                bytes.extend(schemas.vocabulary.tokenizer.token_bytes(id));
            }
        }
        panic!("{:?} did not end", String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn an_answer_is_held_to_a_pattern_and_ends_with_it() {
        let schemas = Schemas::new(vocabulary());
        let pattern = r" (?:(Search|Finish)\[[^\[\]\s\p{Cc}][^\[\]\p{Cc}]{0,79}\])";
        for seed in 0..20 {
            let text = drawn(&schemas, pattern, seed);

            let argument = text.strip_prefix(" Search[").or(text.strip_prefix(" Finish["));
            let argument = argument.and_then(|rest| rest.strip_suffix(']')).unwrap();
            assert!(!argument.is_empty() && !argument.contains(['[', ']', '\n']), "{text:?}");
            assert!(argument.chars().count() <= 80, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let schemas = Schemas::new(vocabulary());
        for pattern in ["(", "[", "a{2,1}"] {
            let refused = schemas.guide_of_pattern(pattern);
            assert!(matches!(refused, Err(ModelError::Constraint(_))), "{pattern}");
        }
    }
}
