//! Lines to train on, of attempts: a conversation up to each attempt that a criterion keeps, and
//! what that attempt earned. A line with a reward is learned by its last message alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use runtime_core::prompt::Role;
use runtime_core::seed::mix;
use runtime_evaluation::introspection::criterion::{Criterion, Duplicates, ScoredAttempt};
use runtime_store::replace::replace;
use serde::Serialize;

use super::conversation::Conversation;
use super::dialogue;
use super::log::{self, ATTEMPTS};
use super::rollout::Aim;
use crate::claims;
use crate::program::Surroundings;

/// What is converted, and how.
#[derive(Clone, Debug)]
pub struct ConvertRequest {
    /// Folders of generated attempts.
    pub from: Vec<PathBuf>,
    /// The file that is written.
    pub to: PathBuf,
    /// Which attempts are kept.
    pub criterion: Criterion,
    /// What becomes of attempts that repeat an earlier one of their conversation.
    pub duplicates: Duplicates,
    /// The seed of the lines' order; `None` leaves them in the order of the problems.
    pub shuffle: Option<u64>,
}

/// What was converted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Number of lines.
    pub lines: usize,
    /// Number of attempts that a conversation went on from.
    pub attempts: usize,
    /// Number of lines by reward, the least reward first.
    pub by_reward: Vec<(String, usize)>,
}

#[derive(Serialize)]
struct Line {
    messages: Vec<LineMessage>,
    reward: f32,
}

#[derive(Serialize)]
struct LineMessage {
    role: &'static str,
    content: String,
}

/// Writes the lines.
pub fn convert(request: &ConvertRequest, surroundings: &Surroundings) -> anyhow::Result<Converted> {
    let mut converted = Converted::default();
    let mut lines: Vec<Line> = Vec::new();
    for folder in &request.from {
        ensure!(folder.is_dir(), "there is no folder {}", folder.display());
        let _claim = claims::take(folder, surroundings)?;
        let log = log::read(&folder.join(ATTEMPTS))?;
        ensure!(
            log.asked.aim == Aim::Learning,
            "{} was generated to measure, not to learn from",
            folder.display()
        );
        for conversation in Conversation::of_log(log) {
            converted.attempts += conversation.best(Aim::Learning).len();
            lines.extend(kept(&conversation, request));
        }
    }
    if let Some(seed) = request.shuffle {
        shuffle(&mut lines, seed);
    }
    converted.lines = lines.len();
    converted.by_reward = by_reward(&lines);
    write(&request.to, &lines)?;
    Ok(converted)
}

/// The lines of a conversation.
fn kept(conversation: &Conversation, request: &ConvertRequest) -> Vec<Line> {
    let best = conversation.best(Aim::Learning);
    let scored =
        best.iter().map(|attempt| ScoredAttempt { text: &attempt.text, reward: attempt.reward });
    let places = request.criterion.kept(&scored.collect::<Vec<_>>(), request.duplicates);
    let line = |place: usize| {
        let attempt = best[place];
        // What it was written after, since a prompt may have had no room for all.
        let shown = &best[place - (attempt.shown as usize).min(place)..place];
        let messages = dialogue::messages(&conversation.posed, shown).into_iter();
        let answer = (Role::Assistant, attempt.text.clone());
        let message = |(role, content): (Role, String)| LineMessage { role: role.name(), content };
        let messages = messages.chain([answer]).map(message).collect();
        Line { messages, reward: attempt.reward }
    };
    places.into_iter().map(line).collect()
}

/// The order in which each line has a draw of its own.
fn shuffle(lines: &mut Vec<Line>, seed: u64) {
    let mut drawn: Vec<(u64, Line)> =
        (0..).zip(lines.drain(..)).map(|(place, line)| (mix(mix(seed) ^ place), line)).collect();
    drawn.sort_by_key(|(draw, _)| *draw);
    lines.extend(drawn.into_iter().map(|(_, line)| line));
}

fn by_reward(lines: &[Line]) -> Vec<(String, usize)> {
    let mut rewards: Vec<f32> = lines.iter().map(|line| line.reward).collect();
    rewards.sort_by(f32::total_cmp);
    let same = rewards.chunk_by(|one, other| one.total_cmp(other).is_eq());
    same.map(|same| (format!("{}", same[0]), same.len())).collect()
}

fn write(to: &Path, lines: &[Line]) -> anyhow::Result<()> {
    let mut text = String::new();
    for line in lines {
        text += &serde_json::to_string(line)?;
        text.push('\n');
    }
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    Ok(replace(to, text.as_bytes())?)
}

impl Converted {
    /// The counts as a line of text.
    pub fn text(&self) -> String {
        let Self { lines, attempts, by_reward } = self;
        let rewards = by_reward.iter().map(|(reward, count)| format!("{count} of reward {reward}"));
        let rewards = rewards.collect::<Vec<_>>().join(", ");
        let rewards = if rewards.is_empty() { String::new() } else { format!(": {rewards}") };
        format!("{lines} lines of {attempts} attempts{rewards}")
    }
}
