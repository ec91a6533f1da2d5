//! An agent some of whose roles a script plays: a frozen actor that costs nothing, and writers of
//! reflections that bound what a model's could earn.
//!
//! ```text
//! act      expert ─► action, or with some probability a random one, without tokens
//! reflect  expert's advice, or the world's own truth, without tokens; or the best of a model's draws
//! ```
//!
//! What a script does not play is the model agent's. Nothing here is training data: there are no
//! tokens to learn.

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::model::{Generation, ModelError};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::seed::SeedKey;
use runtime_core::trajectory::Decision;

use crate::agent::ModelAgent;
use crate::demonstrator::{Expert, NO_ADVICE, dictate};

/// An agent some of whose roles a script plays.
pub struct ScriptedRoles {
    /// Plays the other roles.
    pub agent: ModelAgent,
    /// Chooses the actions, if a script does.
    pub actor: Option<ExpertActor>,
    /// Whose advice is the reflection, if a script writes it.
    pub adviser: Option<Box<dyn Expert + Send>>,
    /// How many reflections the model draws, and who chooses one of them, if anyone does.
    pub chooser: Option<(u32, Box<dyn Expert + Send>)>,
}

/// An expert that chooses actions and errs.
pub struct ExpertActor {
    /// Chooses the actions; what it reads of the memory's advice is its own matter.
    pub expert: Box<dyn Expert + Send>,
    /// Probability of a random action in a step, 0.0 to 1.0.
    pub noise: f32,
}

impl Agent for ScriptedRoles {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let Some(ExpertActor { expert, noise }) = &mut self.actor else {
            return self.agent.act(episode);
        };
        let action = dictate(&mut **expert, *noise, episode)?.action;
        let answer = Generation::of_text(&action);
        Ok(Decision { action, malformed: false, dropped_steps: 0, thought: None, answer })
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        self.agent.judge(attempt)
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let Some(adviser) = &mut self.adviser else { return self.draw(attempt) };
        let text = adviser.advise(attempt).unwrap_or_else(|| NO_ADVICE.to_owned());
        let generation = Generation::of_text(&text);
        Ok(Reflection::new(attempt.seed.trial, text, generation))
    }
}

impl ScriptedRoles {
    /// The model's reflection, or of several the first of those that agree best with the attempt.
    /// Its cost is that of all.
    fn draw(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let mut best = self.agent.reflect(attempt)?;
        let Some((best_of, chooser)) = &mut self.chooser else { return Ok(best) };
        let mut cost = best.generation.cost;
        let mut most = chooser.accuracy(attempt, &best.text);
        for candidate in 1..*best_of {
            let draw = attempt.seed.draw.with_candidate(candidate);
            let next = self
                .agent
                .reflect(&Attempt { seed: SeedKey { draw, ..attempt.seed }, ..*attempt })?;
            cost += next.generation.cost;
            let found = chooser.accuracy(attempt, &next.text);
            if found > most {
                (best, most) = (next, found);
            }
        }
        best.generation.cost = cost;
        Ok(best)
    }
}
