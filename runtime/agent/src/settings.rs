//! The settings of an agent: its kind, sampling and limits.

use std::str::FromStr;

use runtime_core::strategy::{Feedback, UnknownName};
use serde::{Deserialize, Serialize};

/// The kind of an agent: what it generates in a step.
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

    /// Parses a name, ignoring case.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownName {
            what: "agent",
            name: name.to_string(),
            known: "act, react",
        })
    }
}

/// The settings of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSettings {
    /// The kind of agent.
    pub kind: AgentKind,
    /// What the agent is shown about the result of a trial.
    pub feedback: Feedback,
    /// Sampling temperature of actions and thoughts.
    pub temperature: f32,
    /// Sampling temperature of reflections, if it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reflection_temperature: Option<f32>,
    /// Nucleus sampling: the total probability of the tokens to sample from.
    pub top_p: f32,
    /// Greatest number of tokens in a prompt; the model's context bounds it too.
    pub prompt_tokens_max: u32,
    /// Greatest number of tokens in an action.
    pub action_tokens_max: u32,
    /// Greatest number of tokens in a thought.
    pub thought_tokens_max: u32,
    /// Greatest number of tokens in a reflection.
    pub reflection_tokens_max: u32,
    /// Number of sampled reflections among which a reward model chooses, at least 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub best_of: u32,
}

impl Default for AgentSettings {
    /// The defaults of a run.
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
