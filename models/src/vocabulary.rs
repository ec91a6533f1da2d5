//! What a file says about text: its tokenizer, its template, its ends.

use crate::chat::{ChatError, ChatMessage, ChatTemplate, PromptEnd, TemplatePart};
use crate::gguf::Gguf;
use crate::tokenizer::{Position, Special, Tokenizer, TokenizerError};

/// Why a file's text cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// The tokenizer's keys are wrong.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The chat template is wrong.
    #[error(transparent)]
    Template(#[from] ChatError),
    /// A model could not stop.
    #[error("no token ends a turn")]
    Endless,
}

/// Text to ids and back, and where answers end.
#[derive(Debug)]
pub struct Vocabulary {
    /// Text to ids and back.
    pub tokenizer: Tokenizer,
    /// Messages to text; some files have none.
    pub template: Option<ChatTemplate>,
    /// The token that ends an assistant's turn.
    pub end_of_turn: u32,
    /// All tokens that end an answer, ascending.
    pub ends: Vec<u32>,
}

impl Vocabulary {
    /// Reads the tokenizer and the template of a file.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, VocabularyError> {
        let tokenizer = Tokenizer::from_gguf(gguf)?;
        let template = ChatTemplate::from_gguf(gguf)?;
        let of_turn = template.as_ref().and_then(|template| end_of_turn(template, &tokenizer));
        let end_of_turn = of_turn.or(tokenizer.eos()).ok_or(VocabularyError::Endless)?;
        let mut ends = tokenizer.end_of_generation().to_vec();
        ends.push(end_of_turn);
        ends.sort_unstable();
        ends.dedup();
        Ok(Self { tokenizer, template, end_of_turn, ends })
    }

    /// Whether `id` ends an answer.
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.binary_search(&id).is_ok()
    }

    /// The ids of a text that is an answer, without the end of the turn. Nothing
    /// in it is a control token.
    pub fn answer_ids(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(text, Special::Text)
    }

    /// The ids of a piece of text behind the ids `before`, none of which change.
    pub fn ids_behind(&self, before: &[u32], text: &str, special: Special) -> Vec<u32> {
        let position = match before.last() {
            Some(&id) if !self.tokenizer.is_control(id) => Position::Continuation,
            _ => Position::Start,
        };
        self.tokenizer.encode_at(text, special, position)
    }
}

/// The first token that ends generation in what closes an assistant's message.
fn end_of_turn(template: &ChatTemplate, tokenizer: &Tokenizer) -> Option<u32> {
    let messages = [ChatMessage { role: "user" }, ChatMessage { role: "assistant" }];
    let parts = template.render(&messages, PromptEnd::Closed, None).ok()?;
    let answer = parts.iter().position(|part| *part == TemplatePart::Content(1))?;
    let Some(TemplatePart::Markup(closing)) = parts.get(answer + 1) else { return None };
    let closing = tokenizer.encode(closing, Special::Parse);
    closing.into_iter().find(|id| tokenizer.end_of_generation().contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_where_the_template_ends_it() {
        let gguf = Gguf::from_bytes("tiny", crate::tiny::llama(0)).unwrap();
        let vocabulary = Vocabulary::from_gguf(&gguf).unwrap();

        let end = vocabulary.end_of_turn;

        assert_eq!(vocabulary.tokenizer.token_text(end), Some("<|im_end|>"));
        assert!(vocabulary.is_end(end));
        assert!(!vocabulary.answer_ids("<|im_end|>").contains(&end));
    }
}
