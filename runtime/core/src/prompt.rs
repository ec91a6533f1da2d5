//! What a model is asked: messages whose pieces know whether they are text or
//! tokens that a model generated.
//!
//! Text is tokenized once, by the engine, and never as special tokens: an
//! observation that contains `<|im_end|>` stays text. Generated tokens travel
//! as ids, so what a model wrote is never tokenized again.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// A prompt, before a chat template and a tokenizer have seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Messages that the model's chat template joins. If the last message is
    /// the assistant's, the model continues it; otherwise it begins a new one.
    Chat(Vec<Message>),
    /// A text that the model continues, without a template.
    Raw(Vec<Piece>),
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub content: Vec<Piece>,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: vec![Piece::Text(text.into())] }
    }
}

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Standing instructions.
    System,
    /// The world and the person behind the task.
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
    /// Text that nobody generated, to be tokenized without special tokens.
    Text(String),
    /// Tokens that a model generated, and the text they stand for.
    Tokens {
        /// Token ids of the model that this prompt goes to.
        ids: Vec<u32>,
        /// The same, for people and for other models.
        text: String,
    },
}

impl Piece {
    /// The piece as people read it.
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Tokens { text, .. } => text,
        }
    }
}
