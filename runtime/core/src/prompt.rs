//! Prompts: messages whose parts are either text or tokens that a model
//! generated.
//!
//! Text is tokenized once, by the engine, and never as special tokens: an
//! observation that contains `<|im_end|>` stays text. Generated tokens are passed
//! as ids, so generated text is never tokenized again.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// A prompt before the chat template and the tokenizer are applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Messages for the model's chat template. If the last message is
    /// the assistant's, the model continues it; otherwise it begins a new one.
    Chat(Vec<Message>),
    /// A text that the model continues without a template.
    Raw(Vec<Piece>),
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The content, in order.
    pub content: Vec<Piece>,
}

impl Message {
    /// A message with one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: vec![Piece::Text(text.into())] }
    }
}

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The standing instructions.
    System,
    /// The environment, and the person who set the task.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The name that chat templates use.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// Text that no model generated, to be tokenized without special tokens.
    Text(String),
    /// Tokens that a model generated.
    Tokens {
        /// Token ids in the vocabulary of the model that receives this prompt.
        ids: Vec<u32>,
        /// The tokens as text, for people and for other models.
        text: String,
    },
}

impl Piece {
    /// The piece as text.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Tokens { text, .. } => text,
        }
    }
}
