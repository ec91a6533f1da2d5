//! The agent: language models that act, reflect and judge, with one set of prompt
//! templates.

mod counting;

use std::sync::Arc;

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::environment::ActionForm;
use runtime_core::model::{
    Constraint, Cost, Generation, LanguageModel, ModelError, Request, RewardModel, Sampling,
};
use runtime_core::prompt::{Message, Piece, Prompt, Role};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::seed::{Draw, SeedKey};
use runtime_core::trajectory::{Decision, TakenStep};

use crate::budget;
use crate::conversation;
use crate::parse;
use crate::prompts::{PromptContext, PromptError, PromptSet, PromptTrajectory};
use crate::settings::{AgentKind, AgentSettings};
use counting::{MESSAGE_MARKUP_TOKENS, count_messages, fit_transcript, to_u32};

pub use counting::CountedEpisode;

/// The possible judgements: the task was completed, or not.
const JUDGEMENTS: [&str; 2] = ["yes", "no"];

/// Models with their prompts and settings.
pub struct ModelAgent {
    /// Chooses actions.
    pub actor: Box<dyn LanguageModel + Send>,
    /// Writes reflections, and judges trials if the environment does not; the
    /// actor's own model in the strategy Reflexion.
    pub retrospective: Box<dyn LanguageModel + Send>,
    /// Chooses among several sampled reflections.
    pub reward_model: Option<Box<dyn RewardModel + Send>>,
    /// The prompt templates.
    pub prompts: Arc<PromptSet>,
    /// Kind of agent, sampling and limits.
    pub settings: AgentSettings,
    /// Token counts of the current episode.
    pub counted: CountedEpisode,
}

impl Agent for ModelAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let action_tokens = self.action_tokens_max(episode);
        let answer_tokens = match self.settings.kind {
            AgentKind::Act => action_tokens,
            AgentKind::React => action_tokens + self.settings.thought_tokens_max,
        };
        let budget_tokens = self.budget_tokens(&*self.actor, answer_tokens);
        let attempt = self.last_attempt(episode, budget_tokens)?;
        let mut scene = conversation::scene(episode, attempt);
        self.count(episode, &scene)?;
        let counted = &self.counted;
        let dropped =
            budget::dropped_steps(counted.head_tokens, &counted.step_tokens, budget_tokens).ok_or(
                ModelError::PromptTooLong {
                    prompt_tokens: counted.head_tokens,
                    context_tokens: budget_tokens,
                },
            )?;
        scene.dropped_steps = to_u32(dropped);

        let mut messages =
            conversation::head(&self.prompts, &scene).map_err(|error| prompt_error(&error))?;
        for step in &episode.steps[dropped..] {
            messages.extend(self.step(episode, step)?);
        }
        let thought = match self.settings.kind {
            AgentKind::Act => None,
            AgentKind::React => Some(self.think(&mut messages, episode)?),
        };
        let answer = self.choose(messages, episode, thought.is_some())?;
        let action = match episode.form {
            ActionForm::Line | ActionForm::Pattern(_) => parse::action(&answer.text),
            ActionForm::Text { .. } => parse::text(&answer.text),
        };
        Ok(decision(action, thought, answer, scene.dropped_steps))
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        let tokens_max = self.settings.action_tokens_max;
        let messages = self.about(attempt, tokens_max, ["judgement_system", "judgement"])?;
        let mut request = self.request(messages, attempt.seed, tokens_max, Vec::new());
        request.constraint = Constraint::Choices(JUDGEMENTS.map(str::to_string).into());
        // The likelier answer, not a sample.
        request.sampling.temperature = 0.0;
        let generation = self.retrospective.generate(&request)?;
        Ok(Judgement { completed: generation.text.trim() == JUDGEMENTS[0], generation })
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let first = self.reflect_within(attempt, Constraint::Free)?;
        let Some(first_score) = self.score(&first)? else { return Ok(first) };
        let (mut best, mut best_score, mut cost) = (first, first_score, Cost::default());
        cost += best.generation.cost;
        for candidate in 1..self.settings.best_of {
            let draw = attempt.seed.draw.with_candidate(candidate);
            let seed = SeedKey { draw, ..attempt.seed };
            let next = self.reflect_within(&Attempt { seed, ..*attempt }, Constraint::Free)?;
            cost += next.generation.cost;
            let score = self.score(&next)?.unwrap_or(f32::MIN);
            if score > best_score {
                (best, best_score) = (next, score);
            }
        }
        best.generation.cost = cost;
        Ok(best)
    }
}

impl ModelAgent {
    /// Greatest number of tokens of the next action.
    fn action_tokens_max(&self, episode: &Episode<'_>) -> u32 {
        match episode.form {
            ActionForm::Line | ActionForm::Pattern(_) => self.settings.action_tokens_max,
            ActionForm::Text { tokens_max } => *tokens_max,
        }
    }

    /// The predicted reward of a reflection, if there is a reward model.
    fn score(&mut self, reflection: &Reflection) -> Result<Option<f32>, ModelError> {
        let model = self.reward_model.as_mut().filter(|_| self.settings.best_of > 1);
        model.map(|model| model.score(&reflection.generation)).transpose()
    }

    /// A reflection under a constraint.
    pub(crate) fn reflect_within(
        &mut self,
        attempt: &Attempt<'_>,
        constraint: Constraint,
    ) -> Result<Reflection, ModelError> {
        let tokens_max = self.settings.reflection_tokens_max;
        let messages = self.about(attempt, tokens_max, ["reflection_system", "reflection"])?;
        let stop = vec!["\n\n".to_string()];
        let mut request = self.request(messages, attempt.seed, tokens_max, stop);
        request.constraint = constraint;
        if let Some(temperature) = self.settings.reflection_temperature {
            request.sampling.temperature = temperature;
        }
        let generation = self.retrospective.generate(&request)?;
        let text = generation.text.trim().to_string();
        Ok(Reflection::new(attempt.seed.trial, text, generation))
    }

    /// A prompt about a trajectory from these templates of system and user message. The
    /// trajectory takes at most three quarters of the tokens that the answer leaves.
    fn about(
        &mut self,
        attempt: &Attempt<'_>,
        answer_tokens: u32,
        [system, user]: [&'static str; 2],
    ) -> Result<Vec<Message>, ModelError> {
        let tokens_max = self.budget_tokens(&*self.retrospective, answer_tokens) / 4 * 3;
        let transcript = fit_transcript(
            &mut *self.retrospective,
            attempt.trajectory,
            tokens_max,
            &self.settings,
        )?;
        let scene = PromptContext {
            instruction: &attempt.task.instruction,
            kind: &attempt.task.kind,
            opening: &attempt.trajectory.opening,
            trial: attempt.seed.trial,
            reflections: attempt.memory.reflections().map(|note| note.text.as_str()).collect(),
            transcript: Some(transcript),
            dropped_steps: 0,
        };
        let render = |name| self.prompts.render(name, &scene).map_err(|error| prompt_error(&error));
        Ok(vec![
            Message::text(Role::System, render(system)?),
            Message::text(Role::User, render(user)?),
        ])
    }

    /// Greatest number of tokens of a prompt that leaves room for the answer.
    fn budget_tokens(&self, model: &dyn LanguageModel, answer_tokens: u32) -> u32 {
        let room = model.context_tokens().saturating_sub(answer_tokens + MESSAGE_MARKUP_TOKENS);
        room.min(self.settings.prompt_tokens_max)
    }

    /// The last failed trajectory, if the memory has it, cut to at most a third of the
    /// budget.
    fn last_attempt<'a>(
        &mut self,
        episode: &Episode<'a>,
        budget_tokens: u32,
    ) -> Result<Option<PromptTrajectory<'a>>, ModelError> {
        let Some(trajectory) = &episode.memory.last_attempt else { return Ok(None) };
        let tokens_max = budget_tokens / 3;
        fit_transcript(&mut *self.actor, trajectory, tokens_max, &self.settings).map(Some)
    }

    /// Updates the token counts for the episode's new steps.
    fn count(
        &mut self,
        episode: &Episode<'_>,
        scene: &PromptContext<'_>,
    ) -> Result<(), ModelError> {
        let (task, trial) = (episode.task.id.as_str(), episode.seed.trial);
        let counted = &mut self.counted;
        let same = counted.task == task && counted.trial == trial;
        if !same || episode.steps.is_empty() || counted.step_tokens.len() > episode.steps.len() {
            let head =
                conversation::head(&self.prompts, scene).map_err(|error| prompt_error(&error))?;
            *counted = CountedEpisode { task: task.into(), trial, ..CountedEpisode::default() };
            counted.head_tokens = count_messages(&mut *self.actor, &head)?;
        }
        for step in &episode.steps[counted.step_tokens.len()..] {
            let messages = conversation::step(&self.prompts, &episode.task.instruction, step)
                .map_err(|error| prompt_error(&error))?;
            counted.step_tokens.push(count_messages(&mut *self.actor, &messages)?);
        }
        Ok(())
    }

    fn step(&self, episode: &Episode<'_>, step: &TakenStep) -> Result<[Message; 2], ModelError> {
        conversation::step(&self.prompts, &episode.task.instruction, step)
            .map_err(|error| prompt_error(&error))
    }

    fn think(
        &mut self,
        messages: &mut Vec<Message>,
        episode: &Episode<'_>,
    ) -> Result<Generation, ModelError> {
        let seed = SeedKey { draw: Draw::Thought { step: episode.step() }, ..episode.seed };
        let content = vec![Piece::Text(conversation::THOUGHT.into())];
        messages.push(Message { role: Role::Assistant, content });
        let tokens_max = self.settings.thought_tokens_max;
        let request = self.request(messages.clone(), seed, tokens_max, vec!["\n".into()]);
        let thought = self.actor.generate(&request)?;
        messages.pop();
        let content = conversation::thought_pieces(&thought).to_vec();
        messages.push(Message { role: Role::Assistant, content });
        Ok(thought)
    }

    /// Generates the action, constrained to the admissible ones, to their schema or to their form
    /// if the environment has one of these.
    fn choose(
        &mut self,
        messages: Vec<Message>,
        episode: &Episode<'_>,
        follows_thought: bool,
    ) -> Result<Generation, ModelError> {
        let tokens_max = self.action_tokens_max(episode);
        let mut request = self.request(messages, episode.seed, tokens_max, Vec::new());
        // After "Action:" a word begins with a space, as in running text.
        let space = if follows_thought { " " } else { "" };
        let listed = episode.admissible.filter(|actions| !actions.is_empty());
        match (listed, episode.schema, episode.form) {
            (Some(actions), ..) => {
                let choices = actions.iter().map(|action| format!("{space}{action}")).collect();
                request.constraint = Constraint::Choices(choices);
            }
            (None, Some(schema), _) => request.constraint = Constraint::JsonSchema(schema.into()),
            (None, None, ActionForm::Pattern(pattern)) => {
                request.constraint = Constraint::Pattern(format!("{space}(?:{pattern})"));
                // Where nothing holds an endpoint to the pattern, the line ends the action.
                request.stop = vec!["\n".into()];
            }
            (None, None, ActionForm::Line) => request.stop = vec!["\n".into()],
            // A text ends where the model ends it.
            (None, None, ActionForm::Text { .. }) => {}
        }
        self.actor.generate(&request)
    }

    fn request(
        &self,
        messages: Vec<Message>,
        seed: SeedKey<'_>,
        tokens_max: u32,
        stop: Vec<String>,
    ) -> Request {
        let AgentSettings { temperature, top_p, .. } = self.settings;
        let sampling = Sampling { temperature, top_p, seed: seed.seed() };
        let (prompt, constraint) = (Prompt::Chat(messages), Constraint::Free);
        Request { prompt, constraint, sampling, tokens_max, stop }
    }
}

fn decision(
    parsed: Option<String>,
    thought: Option<Generation>,
    answer: Generation,
    dropped_steps: u32,
) -> Decision {
    let malformed = parsed.is_none();
    let action = parsed.unwrap_or_else(|| answer.text.clone());
    Decision { action, malformed, dropped_steps, thought, answer }
}

fn prompt_error(error: &PromptError) -> ModelError {
    ModelError::Prompt(error.to_string())
}

#[cfg(test)]
pub(crate) mod tests;
