//! Chat templates: a child renders each number of messages before this process does.
//!
//! ```text
//! system user assistant user │ assistant user assistant …        in blocks, of which all beginnings
//! └──── what is asked ─────┘ └── up to a whole block ──┘         are rendered within one time limit
//! ```
//!
//! A template sees roles and nothing else, since contents are placeholders and the day is none: what
//! ended in a child ends here. So a child costs a start for each block of a conversation's
//! messages, once; rendering in a child throughout would cost one a process, and its memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use models::chat::{self, ChatMessage, ChatTemplate, PromptEnd, TemplateText};
use serde::{Deserialize, Serialize};

use crate::child::{self, Child, ChildLimits, ProbeError, is_allowed};
use crate::remembered::Remembered;
use crate::serving::Kind;

/// Processor time that a template may take for all that one question asks.
const TIME: Duration = Duration::from_secs(2);
/// How long that may be where others compute, too.
const TIME_ON_THE_WALL: Duration = Duration::from_secs(20);
/// What it may take beyond what the program takes without it, in bytes.
pub(crate) const MEMORY_BYTES: u64 = 64 << 20;
/// The address space of a child, which it lowers itself once it runs.
pub(crate) const SPACE_BYTES: u64 = 4 << 30;
/// Messages that are tried beyond those that are asked for, at most.
const BLOCK_MESSAGES: usize = 32;
/// Greatest number of messages of a conversation.
const MESSAGES_MAX: usize = 2048;
/// Greatest number of conversations of one template that are kept in mind.
const TRIED_MAX: usize = 4096;

/// Lets children try chat templates from now on.
pub fn chat_templates() {
    if is_allowed() {
        chat::ask_beforehand(ensure_tried);
    }
}

/// What a child is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChatQuestion {
    source: String,
    bos: String,
    eos: String,
    /// The initials of the roles.
    roles: String,
}

/// Renders all beginnings of a conversation. How they end is no matter here, as long as they do.
pub(crate) fn answer(question: ChatQuestion) -> bool {
    let ChatQuestion { source, bos, eos, roles } = question;
    let Ok(template) = ChatTemplate::from_source(&source, &bos, &eos) else { return true };
    let roles: Vec<ChatMessage<'_>> =
        roles.chars().map(|initial| ChatMessage { role: of_initial(initial) }).collect();
    for count in 1..=roles.len() {
        for end in [PromptEnd::Assistant, PromptEnd::Closed] {
            let _ = template.render(&roles[..count], end, None);
        }
    }
    true
}

/// The conversations that were tried, by the templates' SHA-256.
static TRIED: Mutex<Option<HashMap<String, HashSet<String>>>> = Mutex::new(None);

/// Tries a template unless it was; an error if it does not end, or takes too much.
fn ensure_tried(text: &TemplateText, sha256: &str, roles: &[&str]) -> Result<(), String> {
    let asked: String = roles.iter().map(|role| initial(role)).collect();
    if roles.len() > MESSAGES_MAX {
        return Err(format!("a conversation has {} messages, at most {MESSAGES_MAX}", roles.len()));
    }
    let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    let tried = tried.get_or_insert_default().entry(sha256.to_owned()).or_default();
    let is_known = |known: &HashSet<String>| known.iter().any(|known| known.starts_with(&asked));
    if is_known(tried) {
        return Ok(());
    }
    let (remembered, beginning) = (Remembered::of_user(), format!("chat {sha256} {}: ", version()));
    tried.extend(remembered.behind(&beginning));
    if is_known(tried) {
        return Ok(());
    }
    let whole = to_whole_block(&asked);
    let what = || format!("a conversation of up to {} messages", whole.len());
    ask(text, &whole).map_err(|error| child::told(&error, &what(), TIME))?;
    remembered.note(&format!("{beginning}{whole}"));
    if tried.len() >= TRIED_MAX {
        tried.clear();
    }
    tried.insert(whole);
    Ok(())
}

fn ask(text: &TemplateText, roles: &str) -> Result<(), ProbeError> {
    let TemplateText { source, bos, eos } = text.clone();
    let question = ChatQuestion { source, bos, eos, roles: roles.to_owned() };
    let limits = ChildLimits { read: Vec::new(), memory_bytes: SPACE_BYTES, processor: TIME };
    Child::start(Kind::Chat, &limits)?.ask::<bool>(&question, TIME_ON_THE_WALL).map(|_| ())
}

/// The rendering differs between versions.
fn version() -> &'static str {
    concat!("rebound ", env!("CARGO_PKG_VERSION"))
}

/// The conversation, gone on with in turns up to a whole block.
fn to_whole_block(roles: &str) -> String {
    let mut whole = roles.to_owned();
    while !whole.len().is_multiple_of(BLOCK_MESSAGES) {
        whole.push(if whole.ends_with('u') { 'a' } else { 'u' });
    }
    whole
}

fn initial(role: &str) -> char {
    role.chars().next().unwrap_or('?')
}

fn of_initial(initial: char) -> &'static str {
    match initial {
        's' => "system",
        'a' => "assistant",
        _ => "user",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_tried_up_to_a_whole_block() {
        let whole = to_whole_block("sua");

        assert_eq!(whole.len(), BLOCK_MESSAGES);
        assert!(whole.starts_with("suauauau") && whole.ends_with("ua"), "{whole}");
        assert_eq!(to_whole_block(&whole), whole);
    }

    #[test]
    fn a_child_renders_all_beginnings() {
        let question = |source: &str| ChatQuestion {
            source: source.to_owned(),
            bos: String::new(),
            eos: String::new(),
            roles: "suau".to_owned(),
        };

        assert!(answer(question("{{ messages[0].content }}")));
        assert!(answer(question("{% if %}")));
    }
}
