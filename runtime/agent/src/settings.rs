//! How an agent asks: its kind, its sampling and its limits.

use std::str::FromStr;

use runtime_core::strategy::{Feedback, UnknownName};
use serde::{Deserialize, Serialize};

/// What an agent generates in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentKind {
    /// An action.
    Act,
    /// A thought, then an action (`ReAct`, Yao et al. 2023).
    React,
}

impl AgentKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Act, Self::React];

    /// The name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::React => "react",
        }
    }
}

impl FromStr for AgentKind {
    type Err = UnknownName;

    /// Reads a name; its case does not matter.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownName {
            what: "agent",
            name: name.to_string(),
            known: "act, react",
        })
    }
}

/// How an agent asks its models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSettings {
    /// What it generates in a step.
    pub kind: AgentKind,
    /// What it learns about its success between trials.
    pub feedback: Feedback,
    /// Sampling temperature of actions and thoughts.
    pub temperature: f32,
    /// Sampling temperature of reflections, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reflection_temperature: Option<f32>,
    /// Share of probability that sampling keeps.
    pub top_p: f32,
    /// Greatest number of tokens in a prompt; the model's context bounds it too.
    pub prompt_tokens_max: u32,
    /// Greatest number of tokens in an action.
    pub action_tokens_max: u32,
    /// Greatest number of tokens in a thought.
    pub thought_tokens_max: u32,
    /// Greatest number of tokens in a reflection.
    pub reflection_tokens_max: u32,
    /// Reflections that are drawn where a reward model chooses among them, 1 or more.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub best_of: u32,
}

impl Default for AgentSettings {
    /// What a run has where nobody says otherwise.
    fn default() -> Self {
        Self {
            kind: AgentKind::Act,
            feedback: Feedback::Success,
            temperature: 0.7,
            reflection_temperature: None,
            top_p: 1.0,
            prompt_tokens_max: 2048,
            action_tokens_max: 48,
            thought_tokens_max: 64,
            reflection_tokens_max: 96,
            best_of: 1,
        }
    }
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_one(number: &u32) -> bool {
    *number == 1
}
