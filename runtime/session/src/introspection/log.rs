//! The log of attempts: what was asked for, the problems as they were put, and each attempt as it
//! was made.
//!
//! It is appended to line by line, each with its checksum; a torn last line is dropped. What comes
//! next follows from it alone, and each draw has a seed of its own: whoever goes on after a kill
//! loses nothing that was written, and repeats nothing.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use runtime_core::model::ModelIdentity;
use runtime_core::prompt::Role;
use runtime_store::line_log::LineLog;
use serde::{Deserialize, Serialize};

use super::rollout::Aim;

/// The log's file of what is to be learned from.
pub(super) const ATTEMPTS: &str = "attempts.jsonl";

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// The first line: what was asked for.
    Asked(Asked),
    /// A problem is begun.
    Problem(Posed),
    /// An attempt at a problem that was begun.
    Attempt(Attempt),
}

/// What decides attempts. The same asked again goes on, anything else is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) version: String,
    pub(super) environment: String,
    pub(super) split: String,
    /// Ids of the problems, in order.
    pub(super) problems: Vec<String>,
    pub(super) aim: Aim,
    /// The model of each turn.
    pub(super) models: Vec<ModelIdentity>,
    /// Number of attempts of each turn.
    pub(super) samples: Vec<u32>,
    /// Greatest number of earlier turns in a prompt; `None` for all that fit.
    pub(super) context_window: Option<u32>,
    pub(super) engine: Option<String>,
    pub(super) context_tokens: u32,
    pub(super) temperature: f32,
    pub(super) top_p: f32,
    pub(super) tokens_max: u32,
    pub(super) prompts_sha256: String,
    pub(super) seed: u64,
}

/// A problem as it was put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Posed {
    pub(super) id: String,
    /// The messages before the first attempt; the last one is the problem.
    pub(super) messages: Vec<(Role, String)>,
}

/// An attempt at a problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// The problem's id.
    pub(super) problem: String,
    /// From 1.
    pub(super) turn: u32,
    /// Its number among those of its turn, from 0.
    pub(super) draw: u32,
    /// How many of the turns before were in the prompt, the latest ones.
    pub(super) shown: u32,
    pub(super) text: String,
    pub(super) answer: Option<String>,
    pub(super) reward: f32,
    /// Whether it is repetition, which nothing is learned from.
    pub(super) degenerate: bool,
    /// Number of generated tokens.
    pub(super) tokens: u64,
}

/// The content of a log.
#[derive(Clone, Debug)]
pub(super) struct AttemptLog {
    pub(super) asked: Asked,
    pub(super) problems: Vec<Posed>,
    pub(super) attempts: Vec<Attempt>,
}

/// Opens the log for what is asked, or begins it; returns what is in it, too.
pub(super) fn open(path: &Path, asked: Asked) -> anyhow::Result<(LineLog<Entry>, AttemptLog)> {
    let (mut log, entries) = LineLog::open(path)?;
    if entries.is_empty() {
        log.append(&Entry::Asked(asked.clone()))?;
        return Ok((log, AttemptLog { asked, problems: Vec::new(), attempts: Vec::new() }));
    }
    let found = content(entries).with_context(|| format!("in {}", path.display()))?;
    if let Some(key) = difference(&found.asked, &asked)? {
        bail!(
            "{} was begun with another `{key}`; ask for the same to go on, or choose another --out",
            path.display()
        );
    }
    Ok((log, found))
}

/// Reads a log that nobody writes now.
pub(super) fn read(path: &Path) -> anyhow::Result<AttemptLog> {
    ensure!(path.is_file(), "there are no attempts at {}", path.display());
    let (_, entries) = LineLog::open(path)?;
    content(entries).with_context(|| format!("in {}", path.display()))
}

fn content(entries: Vec<Entry>) -> anyhow::Result<AttemptLog> {
    let mut entries = entries.into_iter();
    let Some(Entry::Asked(asked)) = entries.next() else {
        bail!("expected what was asked for in the first line");
    };
    let mut content = AttemptLog { asked, problems: Vec::new(), attempts: Vec::new() };
    for entry in entries {
        match entry {
            Entry::Problem(posed) => content.problems.push(posed),
            Entry::Attempt(attempt) => content.attempts.push(attempt),
            Entry::Asked(_) => bail!("expected what was asked for in the first line alone"),
        }
    }
    Ok(content)
}

/// The first key that differs.
fn difference(one: &Asked, other: &Asked) -> anyhow::Result<Option<String>> {
    let of = |asked: &Asked| -> anyhow::Result<_> {
        let value = serde_json::to_value(asked)?;
        Ok(value.as_object().cloned().unwrap_or_default())
    };
    let (one, other) = (of(one)?, of(other)?);
    Ok(one.iter().find(|(key, value)| other.get(*key) != Some(value)).map(|(key, _)| key.clone()))
}
