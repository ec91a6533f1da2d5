//! How many tokens messages and trajectories have, so that prompts fit.

use runtime_core::model::{LanguageModel, ModelError};
use runtime_core::prompt::{Message, Piece};
use runtime_core::trajectory::{TakenStep, Trajectory};

use crate::conversation;
use crate::prompts::PromptTrajectory;
use crate::settings::AgentSettings;

/// Greatest number of tokens that a chat template adds to a message. The templates of the
/// supported families add 4 to 7.
pub(super) const MESSAGE_MARKUP_TOKENS: u32 = 8;

/// Token counts of the current episode, so that no text is counted twice.
#[derive(Debug, Default)]
pub struct CountedEpisode {
    pub(super) task: String,
    pub(super) trial: u32,
    pub(super) head_tokens: u32,
    pub(super) step_tokens: Vec<u32>,
}

/// The latest steps of the trajectory that fit into `tokens_max` tokens.
pub(super) fn fit_transcript<'a>(
    model: &mut dyn LanguageModel,
    trajectory: &'a Trajectory,
    tokens_max: u32,
    settings: &AgentSettings,
) -> Result<PromptTrajectory<'a>, ModelError> {
    let mut shown_tokens = 0;
    let mut omitted_steps = trajectory.steps.len();
    for step in trajectory.steps.iter().rev() {
        shown_tokens += count_step(model, step)?;
        if shown_tokens > tokens_max {
            break;
        }
        omitted_steps -= 1;
    }
    Ok(conversation::transcript(trajectory, omitted_steps, settings.feedback))
}

fn count_step(model: &mut dyn LanguageModel, step: &TakenStep) -> Result<u32, ModelError> {
    let action_tokens = model.count_tokens(&step.decision.action)?;
    Ok(action_tokens + model.count_tokens(&step.outcome.observation)? + MESSAGE_MARKUP_TOKENS)
}

/// Tokens of messages, with what the chat template adds.
pub(super) fn count_messages(
    model: &mut dyn LanguageModel,
    messages: &[Message],
) -> Result<u32, ModelError> {
    let mut tokens = 0;
    for message in messages {
        tokens += MESSAGE_MARKUP_TOKENS;
        for piece in &message.content {
            tokens += match piece {
                Piece::Text(text) => model.count_tokens(text)?,
                Piece::Tokens { ids, .. } => to_u32(ids.len()),
            };
        }
    }
    Ok(tokens)
}

/// A count as tokens.
pub(super) fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
