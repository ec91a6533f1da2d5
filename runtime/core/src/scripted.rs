//! A model that answers from a script, for tests and for trying the program.
//!
//! Its tokens are the answer's bytes, so everything that reads tokens works with
//! it; its log-probabilities are 0.0.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::model::{
    Constraint, Cost, Generation, LanguageModel, ModelError, ModelIdentity, Request, StopReason,
    Token,
};
use crate::prompt::{Piece, Prompt};
use crate::seed::mix;

/// A model that answers from a script.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    name: &'static str,
    answers: Vec<String>,
    /// The prompts that it received, as text.
    pub prompts: Vec<String>,
}

impl ScriptedModel {
    /// A model that gives `answers` in turn, and starts again after the last.
    ///
    /// Without answers it draws one of the request's choices, from the request's seed
    /// alone: its answer does not depend on earlier requests.
    pub fn new(answers: &[&str]) -> Self {
        let answers = answers.iter().map(ToString::to_string).collect();
        Self { name: "scripted", answers, prompts: Vec::new() }
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    fn answer(&self, request: &Request) -> String {
        if !self.answers.is_empty() {
            return self.answers[self.prompts.len() % self.answers.len()].clone();
        }
        match &request.constraint {
            Constraint::Choices(choices) if !choices.is_empty() => {
                let draw = mix(request.sampling.seed) % choices.len() as u64;
                choices[usize::try_from(draw).unwrap_or(0)].clone()
            }
            _ => alloc::format!("Note {:04x}.", mix(request.sampling.seed) & 0xffff),
        }
    }
}

impl LanguageModel for ScriptedModel {
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        let text = self.answer(request);
        let prompt = as_text(&request.prompt);
        let prompt_ids: Vec<u32> = prompt.bytes().map(u32::from).collect();
        self.prompts.push(prompt);
        Ok(Generation {
            tokens: text.bytes().map(|byte| Token::forced(byte.into())).collect(),
            text,
            stop: StopReason::Length,
            cost: Cost {
                computed_tokens: u32::try_from(prompt_ids.len()).unwrap_or(u32::MAX),
                ..Cost::default()
            },
            prompt_ids,
            adapter: None,
        })
    }

    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        Ok(u32::try_from(text.len()).unwrap_or(u32::MAX))
    }

    fn context_tokens(&self) -> u32 {
        1 << 20
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name.into(), ..ModelIdentity::default() }
    }
}

fn as_text(prompt: &Prompt) -> String {
    let mut text = String::new();
    let mut say = |pieces: &[Piece]| pieces.iter().for_each(|piece| text.push_str(piece.as_text()));
    match prompt {
        Prompt::Raw(pieces) => say(pieces),
        Prompt::Chat(messages) => messages.iter().for_each(|message| {
            say(&[Piece::Text(alloc::format!("[{}] ", message.role.name()))]);
            say(&message.content);
            say(&[Piece::Text("\n".into())]);
        }),
    }
    text
}
