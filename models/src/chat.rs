//! Chat templates: rendering of messages into markup and contents.
//!
//! ```text
//! [system, user] ─► "<|im_start|>system\n" 0 "<|im_end|>\n<|im_start|>user\n" 1 …
//! ```
//!
//! A template is rendered with placeholders for contents, and the output is
//! split at them. So the words of a user or a world are never part of text
//! that may spell control tokens, and what a model generated goes into the
//! next prompt as the very tokens that it generated. Tokenizing the parts is
//! left to the caller: markup with [`Special::Parse`], contents with
//! [`Special::Text`].
//!
//! Templates come from strangers, and can compute for long and take much memory. A program says by
//! [`ask_beforehand`] who tries each elsewhere before it is read or rendered here; a library does
//! without, and has the bounds of length, depth and steps alone.
//!
//! [`Special::Parse`]: crate::tokenizer::Special::Parse
//! [`Special::Text`]: crate::tokenizer::Special::Text

mod engine;
mod bounds;
mod placeholder;

use std::sync::OnceLock;

use crate::checksum::sha256_bytes;
use crate::gguf::{Array, Gguf, Value};

/// The variables of a message in a template, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatMessage<'a> {
    /// `system`, `user` or `assistant`.
    pub role: &'a str,
}

/// A part of a rendered prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text of the template's own, in which control tokens are tokens.
    Markup(String),
    /// The content of the message at that index, as it is: a template that
    /// trims contents (Gemma's, Llama's) expects the caller to have trimmed.
    Content(usize),
}

/// How a rendered prompt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptEnd {
    /// With the opening of an assistant's message, for the model to go on.
    Assistant,
    /// After the last message.
    Closed,
}

/// The current day, for templates that contain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Such as 2026.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// Why a template cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The template is not one, or uses what is not supported.
    #[error("the chat template cannot be read")]
    Syntax(#[source] minijinja::Error),
    /// The template is longer or deeper than any that is read.
    #[error("the chat template has {found} {what}, at most {most} are read")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much there may be.
        most: usize,
    },
    /// Whoever tried it says that it does not end, or takes too much.
    #[error("the chat template is not used: {0}")]
    Untrusted(String),
    /// The template itself refuses these messages.
    #[error("the chat template refuses the messages: {0}")]
    Refused(String),
    /// The template fails on these messages.
    #[error("the chat template fails")]
    Render(#[source] minijinja::Error),
    /// A message does not appear in what the template makes.
    #[error("the chat template leaves out message {message}, of role {role}")]
    ContentMissing {
        /// The message's index.
        message: usize,
        /// Its role.
        role: String,
    },
    /// A message appears twice in what the template makes.
    #[error("the chat template repeats message {message}, of role {role}")]
    ContentDoubled {
        /// The message's index.
        message: usize,
        /// Its role.
        role: String,
    },
}

/// What a template is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateText {
    /// Its text.
    pub source: String,
    /// The spelling of the token that begins a sequence; empty if there is none.
    pub bos: String,
    /// The same of the token that ends one.
    pub eos: String,
}

impl TemplateText {
    /// The SHA-256 over all three.
    pub fn sha256(&self) -> String {
        let Self { source, bos, eos } = self;
        let lengths = [source.len(), bos.len(), eos.len()];
        sha256_bytes(format!("{lengths:?}{source}{bos}{eos}").as_bytes())
    }
}

/// Tries a template, by its text and SHA-256, with messages of these roles, and says why it is not
/// to be used, if it is not.
pub type Beforehand = fn(&TemplateText, &str, &[&str]) -> Result<(), String>;

static BEFOREHAND: OnceLock<Beforehand> = OnceLock::new();

/// Says who tries templates before this process reads and renders them.
pub fn ask_beforehand(tries: Beforehand) {
    // A second call says the same.
    let _ = BEFOREHAND.set(tries);
}

/// The template of a file, ready to render.
pub struct ChatTemplate {
    engine: engine::TemplateEngine,
    text: TemplateText,
    sha256: String,
}

impl ChatTemplate {
    /// The template of `tokenizer.chat_template`; `None` if the file has none.
    pub fn from_gguf(gguf: &Gguf) -> Result<Option<Self>, ChatError> {
        let Some(source) = gguf.text("tokenizer.chat_template") else { return Ok(None) };
        let bos = special_text(gguf, "tokenizer.ggml.bos_token_id");
        let eos = special_text(gguf, "tokenizer.ggml.eos_token_id");
        Self::from_source(source, bos, eos).map(Some)
    }

    /// A template from its text and the spellings of the tokens that begin and
    /// end a sequence; empty if there are none.
    pub fn from_source(source: &str, bos: &str, eos: &str) -> Result<Self, ChatError> {
        bounds::check(source)?;
        let [source, bos, eos] = [source, bos, eos].map(str::to_owned);
        let text = TemplateText { source, bos, eos };
        let sha256 = text.sha256();
        try_beforehand(&text, &sha256, &["system", "user"])?;
        let engine = engine::TemplateEngine::new(&text).map_err(ChatError::Syntax)?;
        Ok(Self { engine, text, sha256 })
    }

    /// The parts of the prompt that these messages make.
    ///
    /// Where the template refuses or drops a system message at the beginning,
    /// its content goes before the first user message's, with an empty line
    /// between, as Gemma's own template does it.
    ///
    /// `today` is what `strftime_now` tells the template. Without it, templates
    /// fall back to a date of their own, and the same messages make the same
    /// prompt on any day.
    pub fn render(
        &self,
        messages: &[ChatMessage<'_>],
        end: PromptEnd,
        today: Option<Date>,
    ) -> Result<Vec<TemplatePart>, ChatError> {
        let roles: Vec<&str> = messages.iter().map(|message| message.role).collect();
        try_beforehand(&self.text, &self.sha256, &roles)?;
        let rendered = self.render_roles(&roles, end, today);
        let refused = match &rendered {
            Err(ChatError::Refused(_)) => true,
            Err(ChatError::ContentMissing { message, .. }) => *message == 0,
            _ => false,
        };
        if refused
            && let ["system", rest @ ..] = roles.as_slice()
            && rest.first() == Some(&"user")
        {
            return self.render_roles(rest, end, today).map(placeholder::prepend_system);
        }
        rendered
    }

    /// Whether the parts begin with the beginning-of-sequence token, so that
    /// none is to be added before them.
    pub fn begins_with_bos(&self, parts: &[TemplatePart]) -> bool {
        match parts.first() {
            Some(TemplatePart::Markup(markup)) => {
                !self.text.bos.is_empty() && markup.starts_with(&self.text.bos)
            }
            _ => false,
        }
    }

    fn render_roles(
        &self,
        roles: &[&str],
        end: PromptEnd,
        today: Option<Date>,
    ) -> Result<Vec<TemplatePart>, ChatError> {
        let text = self.engine.render(roles, end, today)?;
        let parts = placeholder::split(&text);
        placeholder::check(&parts, roles)?;
        Ok(parts)
    }
}

impl std::fmt::Debug for ChatTemplate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChatTemplate").field("bos", &self.text.bos).finish_non_exhaustive()
    }
}

fn try_beforehand(text: &TemplateText, sha256: &str, roles: &[&str]) -> Result<(), ChatError> {
    let Some(tries) = BEFOREHAND.get() else { return Ok(()) };
    tries(text, sha256, roles).map_err(ChatError::Untrusted)
}

/// How the token whose id a key names is spelled; empty if there is none.
fn special_text<'a>(gguf: &'a Gguf, key: &str) -> &'a str {
    let index = gguf.unsigned(key).and_then(|id| usize::try_from(id).ok());
    match (gguf.get("tokenizer.ggml.tokens"), index) {
        (Some(Value::Array(Array::Text(tokens))), Some(index)) => {
            tokens.get(index).map_or("", String::as_str)
        }
        _ => "",
    }
}
