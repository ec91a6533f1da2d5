//! A conversation as a prompt: the problem, and after each attempt that it was not right.

use anyhow::Context;
use runtime_agent::conversation;
use runtime_agent::prompts::{PromptContext, PromptSet};
use runtime_core::model::{LanguageModel, ModelError};
use runtime_core::prompt::{Message, Piece, Role};
use runtime_core::task::Task;

use super::log::{Attempt, Posed};

/// What is said to an attempt, before the problem is stated again. It says nothing of the answer.
const FEEDBACK: &str =
    "Your answer is incorrect. Look for the mistake, and solve the problem again:";
/// Tokens of a message beside its text, at most.
const MARKUP_TOKENS: u32 = 8;

/// A problem as it is put to a model, with the world's system message and its solved example.
pub(super) fn posed(prompts: &PromptSet, task: &Task, question: &str) -> anyhow::Result<Posed> {
    let scene = PromptContext {
        instruction: &task.instruction,
        kind: &task.kind,
        opening: question,
        trial: 1,
        reflections: Vec::new(),
        transcript: None,
        dropped_steps: 0,
    };
    let messages = conversation::head(prompts, &scene)?.into_iter().map(|message| {
        let text: String = message.content.iter().map(Piece::as_text).collect();
        (message.role, text)
    });
    Ok(Posed { id: task.id.clone(), messages: messages.collect() })
}

/// The messages before the next attempt, after those that are shown.
pub(super) fn messages(posed: &Posed, shown: &[&Attempt]) -> Vec<(Role, String)> {
    let mut messages = posed.messages.clone();
    let question = messages.last().map(|(_, text)| text.clone()).unwrap_or_default();
    for attempt in shown {
        messages.push((Role::Assistant, attempt.text.clone()));
        messages.push((Role::User, format!("{FEEDBACK}\n\n{question}")));
    }
    messages
}

/// The same for a model.
pub(super) fn prompt(messages: Vec<(Role, String)>) -> Vec<Message> {
    messages.into_iter().map(|(role, text)| Message::text(role, text)).collect()
}

/// How many of the latest attempts are shown: at most `window`, and as many as leave room for an
/// attempt in the model's context.
pub(super) fn shown(
    model: &mut dyn LanguageModel,
    posed: &Posed,
    before: &[&Attempt],
    (window, tokens_max): (Option<u32>, u32),
) -> anyhow::Result<usize> {
    let most = window.map_or(before.len(), |window| before.len().min(window as usize));
    for shown in (1..=most).rev() {
        let messages = messages(posed, &before[before.len() - shown..]);
        let counts = messages.iter().map(|(_, text)| model.count_tokens(text));
        let counts: Result<Vec<u32>, ModelError> = counts.collect();
        let counts = counts.with_context(|| format!("in the problem {}", posed.id))?;
        let tokens = counts.into_iter().map(|count| count.saturating_add(MARKUP_TOKENS));
        let tokens = tokens.fold(tokens_max, u32::saturating_add);
        if tokens <= model.context_tokens() {
            return Ok(shown);
        }
    }
    Ok(0)
}
