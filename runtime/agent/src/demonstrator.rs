//! An agent that demonstrates an expert's actions in the prompts of a model, as data for
//! supervised training.
//!
//! ```text
//! episode ─► expert ─► action ─► agent, with that action as its only choice ─► decision
//!              └─ or, with some probability, a random action, which training skips
//! attempt ─► expert ─► advice ─► agent, in the same way ─► reflection
//! ```
//!
//! Templates, budget and tokens are the model agent's own. The expert's knowledge and
//! the tokenizer are in other crates.

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::model::{Constraint, ModelError, Origin, Token};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::seed::{Draw, SeedKey, mix, unit};
use runtime_core::trajectory::Decision;

use crate::agent::ModelAgent;

/// A scripted player whose actions and advice are training data.
pub trait Expert {
    /// The expert's action, one of the admissible ones; `None` if it knows none.
    fn choose(&mut self, episode: &Episode<'_>) -> Option<String>;

    /// The expert's advice for the next trial, if any.
    fn advise(&mut self, attempt: &Attempt<'_>) -> Option<String>;

    /// How well advice on an attempt agrees with what the attempt showed, 0.0 to 1.0; `None` if the
    /// expert cannot tell.
    fn accuracy(&mut self, attempt: &Attempt<'_>, advice: &str) -> Option<f32> {
        let _ = (attempt, advice);
        None
    }
}

/// The reflection if the expert has no advice.
pub(crate) const NO_ADVICE: &str = "Look at other places.";

/// A model agent whose actions and reflections an expert dictates.
///
/// In its decisions the origin of training targets is dictated, of other tokens forced.
pub struct DemonstratingAgent {
    /// Builds the prompts; its actor returns the only allowed choice.
    pub agent: ModelAgent,
    /// Chooses the actions and the advice.
    pub expert: Box<dyn Expert + Send>,
    /// Probability of a random action in a step, 0.0 to 1.0; the expert's next actions
    /// show how to recover from it.
    pub noise: f32,
}

/// A dictated action.
pub(crate) struct Dictated {
    pub(crate) action: String,
    /// Whether it is a training target.
    is_lesson: bool,
}

impl Agent for DemonstratingAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let Dictated { action, is_lesson } = dictate(&mut *self.expert, self.noise, episode)?;
        let only = vec![action];
        let mut decision = self.agent.act(&Episode { admissible: Some(&only), ..*episode })?;
        mark(&mut decision.answer.tokens, is_lesson);
        Ok(decision)
    }

    /// Demonstrations are judged by the environment.
    fn judge(&mut self, _attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        Err(ModelError::Engine("an expert does not judge itself".to_owned()))
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let advice = self.expert.advise(attempt);
        let is_lesson = advice.is_some();
        let only = vec![advice.unwrap_or_else(|| NO_ADVICE.to_owned())];
        let mut reflection = self.agent.reflect_within(attempt, Constraint::Choices(only))?;
        mark(&mut reflection.generation.tokens, is_lesson);
        Ok(reflection)
    }
}

/// The expert's action, or with the probability `noise`, and where it knows none, a random one.
pub(crate) fn dictate(
    expert: &mut dyn Expert,
    noise: f32,
    episode: &Episode<'_>,
) -> Result<Dictated, ModelError> {
    let Some(admissible) = episode.admissible.filter(|actions| !actions.is_empty()) else {
        let reason = "an expert needs to know what can be done".to_owned();
        return Err(ModelError::Constraint(reason));
    };
    let draw = Draw::Noise { step: episode.step() };
    let bits = SeedKey { draw, ..episode.seed }.seed();
    // Its lower 24 bits.
    let share = unit(bits << 40);
    let expert = expert.choose(episode).filter(|_| share >= noise);
    let is_lesson = expert.is_some();
    let random = || {
        let place = mix(bits) % admissible.len() as u64;
        admissible[usize::try_from(place).unwrap_or(0)].clone()
    };
    Ok(Dictated { action: expert.unwrap_or_else(random), is_lesson })
}

fn mark(tokens: &mut [Token], is_lesson: bool) {
    let origin = if is_lesson { Origin::Dictated } else { Origin::Forced };
    for token in tokens {
        token.origin = origin;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use runtime_core::environment::{ActionForm, Step};
    use runtime_core::reflection::Memory;
    use runtime_core::scripted::ScriptedModel;
    use runtime_core::trajectory::{Ending, TakenStep, Trajectory};

    use super::*;
    use crate::agent::CountedEpisode;
    use crate::agent::tests::task;
    use crate::prompts::PromptSet;
    use crate::settings::AgentSettings;

    fn agent(prompt_tokens_max: u32) -> ModelAgent {
        ModelAgent {
            actor: Box::new(ScriptedModel::new(&[])),
            retrospective: Box::new(ScriptedModel::new(&[])),
            reward_model: None,
            prompts: Arc::new(PromptSet::built_in("household").unwrap()),
            settings: AgentSettings {
                temperature: 0.0,
                prompt_tokens_max,
                ..AgentSettings::default()
            },
            counted: CountedEpisode::default(),
        }
    }

    /// Always goes left, and knows one thing.
    struct Left;

    impl Expert for Left {
        fn choose(&mut self, _episode: &Episode<'_>) -> Option<String> {
            Some("left".to_owned())
        }

        fn advise(&mut self, attempt: &Attempt<'_>) -> Option<String> {
            (!attempt.trajectory.steps.is_empty()).then(|| "Go left.".to_owned())
        }
    }

    fn play(noise: f32, prompt_tokens_max: u32, steps: u32) -> Vec<Decision> {
        let expert = Box::new(Left);
        let mut demonstrator =
            DemonstratingAgent { agent: agent(prompt_tokens_max), expert, noise };
        let task = task();
        let (memory, admissible) = (Memory::with_capacity(0), vec!["left".into(), "right".into()]);
        let mut taken: Vec<TakenStep> = Vec::new();
        for step in 1..=steps {
            let decision = demonstrator.act(&Episode {
                task: &task,
                memory: &memory,
                opening: "Two doors.",
                steps: &taken,
                admissible: Some(&admissible),
                schema: None,
                form: &ActionForm::Line,
                seed: SeedKey { run: 1, task: &task.id, trial: 1, draw: Draw::Action { step } },
            });
            let observation = "A wall.".to_owned();
            let outcome = Step { observation, reward: 0.0, progress: 0.0, done: false };
            taken.push(TakenStep { decision: decision.unwrap(), outcome, grounded: None });
        }
        taken.into_iter().map(|step| step.decision).collect()
    }

    fn is_lesson(decision: &Decision) -> bool {
        decision.answer.tokens.iter().all(|token| token.origin == Origin::Dictated)
    }

    fn prompt(decision: &Decision) -> String {
        let bytes = decision.answer.prompt_ids.iter().map(|&id| u8::try_from(id).unwrap());
        String::from_utf8(bytes.collect()).unwrap()
    }

    #[test]
    fn the_experts_action_is_the_answer_to_the_models_own_prompt() {
        let decisions = play(0.0, 1 << 20, 3);

        assert!(decisions.iter().all(|decision| decision.action == "left" && is_lesson(decision)));
        assert!(prompt(&decisions[2]).ends_with("A wall.\n[assistant] left\n[user] A wall.\n"));
    }

    #[test]
    fn noise_is_drawn_from_the_seed_and_is_no_lesson() {
        let decisions = play(0.5, 1 << 20, 60);

        let lessons = decisions.iter().filter(|decision| is_lesson(decision)).count();
        assert!((20..40).contains(&lessons), "{lessons}");
        assert!(decisions.iter().any(|decision| decision.action == "right"));
        assert!(decisions.iter().all(|decision| decision.action == "left" || !is_lesson(decision)));
        assert_eq!(decisions, play(0.5, 1 << 20, 60));
    }

    #[test]
    fn advice_is_the_answer_to_the_retrospectives_own_prompt() {
        let agent = agent(1 << 20);
        let mut demonstrator = DemonstratingAgent { agent, expert: Box::new(Left), noise: 0.0 };
        let (task, memory) = (task(), Memory::with_capacity(0));
        let mut reflect = |steps| {
            let (opening, feedback) = ("Two doors.".to_owned(), String::new());
            let trajectory = &Trajectory { opening, steps, ending: Ending::StepLimit, feedback };
            let draw = Draw::Reflection { member: 0, candidate: 0 };
            let seed = SeedKey { run: 1, task: &task.id, trial: 1, draw };
            let attempt = Attempt { task: &task, trajectory, memory: &memory, seed };
            demonstrator.reflect(&attempt).unwrap()
        };
        let decision = play(0.0, 1 << 20, 1).remove(0);
        let outcome =
            Step { observation: "A wall.".into(), reward: 0.0, progress: 0.0, done: false };

        let told = reflect(vec![TakenStep { decision, outcome, grounded: None }]);
        let silent = reflect(Vec::new());

        assert_eq!(told.text, "Go left.");
        assert!(told.generation.tokens.iter().all(|token| token.origin == Origin::Dictated));
        assert_eq!(silent.text, NO_ADVICE);
        assert!(silent.generation.tokens.iter().all(|token| token.origin == Origin::Forced));
    }

    #[test]
    fn a_prompt_that_was_trimmed_shows_fewer_steps() {
        let head_tokens = u32::try_from(play(0.0, 1 << 20, 1)[0].answer.prompt_ids.len()).unwrap();

        let last = play(0.0, head_tokens + 400, 40).pop().unwrap();

        let shown = prompt(&last).split("Two doors.").nth(1).unwrap().matches("A wall.").count();
        assert!(last.dropped_steps > 0);
        assert_eq!(shown, 39 - last.dropped_steps as usize);
    }
}
