//! Chat templates: a child renders each number of messages before this process does.
//!
//! ```text
//! lengths  0 … 31 │ 32 … 63 │ …   a block: of a conversation that goes on in turns, all beginnings of
//!          └ what is asked ┘      these lengths are rendered within one limit
//! ```
//!
//! A template sees roles and nothing else, since contents are placeholders and the day is none: what
//! ended in a child ends here. So a child costs a start for each block of a conversation's
//! lengths, once; rendering in a child throughout would cost one a process, and its memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use models::chat::{self, ChatMessage, ChatTemplate, PromptEnd, TemplateText};
use serde::{Deserialize, Serialize};

use crate::child::{self, Child, ChildLimits, Kind, ProbeError, SPACE_BYTES, is_allowed};
use crate::remembered::Remembered;

/// Processor time that a template may take for all that one question asks.
const TIME: Duration = Duration::from_secs(2);
/// How long that may be where others compute, too.
const TIME_ON_THE_WALL: Duration = Duration::from_secs(20);
/// Lengths of a conversation that are tried together.
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
    block: Block,
}

/// Beginnings of a conversation: all that have a length from here to the whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Block {
    from: usize,
    /// The initials of the roles.
    roles: String,
}

/// Renders all beginnings of a block. How they end is no matter here, as long as they do.
pub(crate) fn answer(question: ChatQuestion) -> bool {
    let ChatQuestion { source, bos, eos, block: Block { from, roles } } = question;
    let Ok(template) = ChatTemplate::from_source(&source, &bos, &eos) else { return true };
    let roles: Vec<ChatMessage<'_>> =
        roles.chars().map(|initial| ChatMessage { role: of_initial(initial) }).collect();
    for count in from.min(roles.len())..=roles.len() {
        for end in [PromptEnd::Assistant, PromptEnd::Closed] {
            let _ = template.render(&roles[..count], end, None);
        }
    }
    true
}

/// What was tried, by the templates' SHA-256.
static TRIED: Mutex<Option<HashMap<String, HashSet<Block>>>> = Mutex::new(None);

/// Tries a template unless it was; an error if it does not end, or takes too much.
fn ensure_tried(text: &TemplateText, sha256: &str, roles: &[&str]) -> Result<(), String> {
    let asked: Option<String> = roles.iter().map(|role| initial(role)).collect();
    let asked = asked.ok_or("a message has another role than system, user and assistant")?;
    if roles.len() > MESSAGES_MAX {
        return Err(format!("a conversation has {} messages, at most {MESSAGES_MAX}", roles.len()));
    }
    let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    let tried = tried.get_or_insert_default().entry(sha256.to_owned()).or_default();
    let is_known = |known: &HashSet<Block>| known.iter().any(|block| block.has(&asked));
    if is_known(tried) {
        return Ok(());
    }
    let (remembered, beginning) = (Remembered::of_user(), format!("chat {sha256} {}: ", version()));
    tried.extend(remembered.behind(&beginning).iter().filter_map(|line| Block::parse(line)));
    if is_known(tried) {
        return Ok(());
    }
    let block = Block::around(&asked);
    let what = || format!("a conversation of up to {} messages", block.roles.len());
    ask(text, &block).map_err(|error| child::told(&error, &what(), TIME))?;
    remembered.note(&format!("{beginning}{} {}", block.from, block.roles));
    if tried.len() >= TRIED_MAX {
        tried.clear();
    }
    tried.insert(block);
    Ok(())
}

fn ask(text: &TemplateText, block: &Block) -> Result<(), ProbeError> {
    let TemplateText { source, bos, eos } = text.clone();
    let question = ChatQuestion { source, bos, eos, block: block.clone() };
    let limits = ChildLimits { read: Vec::new(), memory_bytes: SPACE_BYTES, processor: TIME };
    Child::start(Kind::Chat, &limits)?.ask::<bool>(&question, TIME_ON_THE_WALL).map(|_| ())
}

impl Block {
    /// The block of a conversation, which goes on in turns to its end.
    fn around(asked: &str) -> Self {
        let from = asked.len() / BLOCK_MESSAGES * BLOCK_MESSAGES;
        let mut roles = asked.to_owned();
        while roles.len() + 1 < from + BLOCK_MESSAGES {
            roles.push(if roles.ends_with('u') { 'a' } else { 'u' });
        }
        Self { from, roles }
    }

    /// Whether a conversation is one of its beginnings.
    fn has(&self, asked: &str) -> bool {
        asked.len() >= self.from && self.roles.starts_with(asked)
    }

    /// As a line of what is remembered says.
    fn parse(line: &str) -> Option<Self> {
        let (from, roles) = line.split_once(' ')?;
        Some(Self { from: from.parse().ok()?, roles: roles.to_owned() })
    }
}

/// The rendering differs between versions.
fn version() -> &'static str {
    concat!("rebound ", env!("CARGO_PKG_VERSION"))
}

fn initial(role: &str) -> Option<char> {
    ["system", "user", "assistant"].contains(&role).then(|| role.chars().next()).flatten()
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
    fn a_conversation_is_tried_with_those_of_its_block() {
        let short = Block::around("sua");
        let long = Block::around(&format!("s{}", "ua".repeat(20)));

        assert!(short.from == 0 && short.roles.len() == 31 && short.roles.starts_with("suauau"));
        assert!(short.has("su") && short.has("") && !short.has("us"));
        assert!(long.from == 32 && long.roles.len() == 63);
        assert!(!long.has("su") && long.has(&long.roles[..40]));
        assert_eq!(Block::parse("32 sua").unwrap(), Block { from: 32, roles: "sua".into() });
    }

    #[test]
    fn a_child_renders_all_beginnings() {
        let question = |source: &str| ChatQuestion {
            source: source.to_owned(),
            bos: String::new(),
            eos: String::new(),
            block: Block::around("suau"),
        };

        assert!(answer(question("{{ messages[0].content }}")));
        assert!(answer(question("{% if %}")));
    }
}
