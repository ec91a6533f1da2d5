//! What a run's file says of what is learned from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::reflections::ReflectionData;

/// What is learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Runs' folders or single logs; empty where only files are learned from.
    pub records: Vec<PathBuf>,
    /// JSONL files of conversations, or of prompts and completions; empty where
    /// only records are learned from.
    pub files: Vec<PathBuf>,
    /// Whether episodes that did not solve their task are left out.
    pub solved_only: bool,
    /// Reflections are learned from instead of actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reflections: Option<ReflectionData>,
    /// An adapter of the stage `reward-model`, whose scores stand for what reflections
    /// earned; what they earned counts where the key is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_model: Option<PathBuf>,
    /// Longer sequences lose their end.
    pub sequence_tokens_max: usize,
    /// The share of samples that is never learned from, 0 to below 1.
    pub validation_share: f32,
}
