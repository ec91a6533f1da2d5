//! The configuration of the training data.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::reflections::ReflectionData;

/// The configuration of the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Runs' folders or single logs; may be empty if there are files.
    pub records: Vec<PathBuf>,
    /// JSONL files of conversations, or of prompts and completions; empty where
    /// only records are learned from.
    pub files: Vec<PathBuf>,
    /// Whether episodes that did not solve their task are dropped.
    pub solved_only: bool,
    /// Settings for training on reflections; without them training is on actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reflections: Option<ReflectionData>,
    /// An adapter of the stage `reward-model`, whose scores replace the rewards of
    /// reflections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward_model: Option<PathBuf>,
    /// Greatest length of a sequence; longer ones are truncated.
    pub sequence_tokens_max: usize,
    /// The share of validation samples, 0 to below 1.
    pub validation_share: f32,
}
