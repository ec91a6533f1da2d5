//! An episode in a program's world.

use runtime_core::environment::{Environment, EnvironmentError, Step};
use runtime_core::task::Task;
use serde_json::{Map, Value};

use super::link::{Link, LinkError};
use super::message::Outcome;
use super::opener::Opener;
use crate::world::{GameScore, Playable, causes};

/// One program, which plays one episode at a time. After an error it is started anew.
pub(super) struct ExternalEnvironment {
    pub(super) opener: Opener,
    pub(super) link: Option<Link>,
    pub(super) episode: Standing,
    pub(super) repeats: bool,
    /// Episodes in a row that an error ended.
    pub(super) broken_off: u32,
}

/// So many episodes that errors end, one after another, end the run.
const BROKEN_OFF_MAX: u32 = 10;

/// Where an episode stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    actions: Option<Vec<String>>,
    schema: Option<String>,
    rewards: f64,
    progress: f64,
    done: bool,
    feedback: Option<String>,
    known: Option<bool>,
}

impl ExternalEnvironment {
    fn asked<T>(
        &mut self,
        ask: impl FnOnce(&mut Link) -> Result<T, LinkError>,
    ) -> Result<T, EnvironmentError> {
        let mut link = match self.link.take() {
            Some(link) => link,
            // Nothing that is behind it would be played better.
            None => self.opener.open().map_err(|error| EnvironmentError::Broken(causes(&error)))?,
        };
        // A program that gave no answer, or a wrong one, is not asked again.
        match ask(&mut link) {
            Ok(found) => {
                self.link = Some(link);
                Ok(found)
            }
            Err(error) => Err(self.broken_off(causes(&error))),
        }
    }

    /// The end of an episode, and of the run where it is one too many.
    fn broken_off(&mut self, reason: String) -> EnvironmentError {
        self.broken_off += 1;
        if self.broken_off < BROKEN_OFF_MAX {
            return EnvironmentError::BrokenOff(reason);
        }
        EnvironmentError::Broken(format!("{BROKEN_OFF_MAX} episodes in a row ended so: {reason}"))
    }
}

impl Environment for ExternalEnvironment {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        if self.link.is_some() {
            // The episode before this one was played without an error.
            self.broken_off = 0;
        }
        let opening = self.asked(|link| link.reset(&task.id))?;
        let (actions, schema) = (sorted(opening.actions), text(opening.schema));
        self.episode = Standing { actions, schema, ..Standing::default() };
        Ok(opening.observation)
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let outcome = self.asked(|link| link.step(action))?;
        let Outcome { observation, reward, progress, done, feedback, known, actions, schema } =
            outcome;
        let episode = &mut self.episode;
        // Rewards of an episode sum to 0 to 1.
        let sum = (episode.rewards + reward).clamp(0.0, 1.0);
        let reward = sum - episode.rewards;
        episode.rewards = sum;
        episode.progress = episode.progress.max(progress.unwrap_or(sum));
        (episode.done, episode.actions) = (done, sorted(actions));
        episode.schema = text(schema);
        episode.known = known;
        episode.feedback = feedback.or(episode.feedback.take());
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
        let [reward, progress] = [reward as f32, episode.progress as f32];
        Ok(Step { observation, reward, progress, done })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        self.episode.actions.clone()
    }

    fn action_schema(&mut self) -> Option<String> {
        self.episode.schema.clone()
    }

    fn grounded(&self) -> Option<bool> {
        self.episode.known
    }

    fn repeats(&self) -> bool {
        self.repeats
    }

    fn feedback(&self) -> String {
        self.episode.feedback.clone().unwrap_or_else(|| {
            let share = 100.0 * self.episode.progress;
            let done = if self.episode.rewards >= 1.0 { "finished" } else { "did not finish" };
            format!("You {done} the task. Progress: {share:.0} %.")
        })
    }
}

impl Playable for ExternalEnvironment {
    fn standing(&self) -> GameScore {
        let Standing { rewards, done, .. } = self.episode;
        #[expect(clippy::cast_possible_truncation, reason = "0 to 100")]
        let score = (100.0 * rewards).round() as i64;
        GameScore { score, score_max: 100, won: rewards >= 1.0, done }
    }
}

impl Drop for ExternalEnvironment {
    fn drop(&mut self) {
        self.link.iter_mut().for_each(Link::close);
    }
}

fn text(schema: Option<Map<String, Value>>) -> Option<String> {
    schema.map(|schema| Value::Object(schema).to_string())
}

fn sorted(actions: Option<Vec<String>>) -> Option<Vec<String>> {
    let mut actions = actions?;
    actions.sort_unstable();
    actions.dedup();
    Some(actions)
}
