//! An episode in a program's world.

use runtime_core::environment::{Environment, EnvironmentError, Step};
use runtime_core::task::Task;

use super::Opener;
use super::link::{Link, LinkError};
use super::message::Outcome;
use crate::world::{GameScore, Playable};

/// One program, which plays one episode at a time. After an error it is started anew.
pub(super) struct ExternalEnvironment {
    pub(super) opener: Opener,
    pub(super) link: Option<Link>,
    pub(super) episode: Standing,
}

/// Where an episode stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    actions: Option<Vec<String>>,
    rewards: f64,
    progress: f64,
    done: bool,
    feedback: Option<String>,
}

impl ExternalEnvironment {
    fn asked<T>(
        &mut self,
        ask: impl FnOnce(&mut Link) -> Result<T, LinkError>,
    ) -> Result<T, EnvironmentError> {
        let broken = |error: &dyn std::error::Error| EnvironmentError::Broken(error.to_string());
        let mut link = match self.link.take() {
            Some(link) => link,
            None => self.opener.open().map_err(|error| broken(&error))?,
        };
        // A program that gave no answer, or a wrong one, is not asked again.
        let found = ask(&mut link).map_err(|error| broken(&error))?;
        self.link = Some(link);
        Ok(found)
    }
}

impl Environment for ExternalEnvironment {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let opening = self.asked(|link| link.reset(&task.id))?;
        self.episode = Standing { actions: sorted(opening.actions), ..Standing::default() };
        Ok(opening.observation)
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let outcome = self.asked(|link| link.step(action))?;
        let Outcome { observation, reward, progress, done, feedback, actions } = outcome;
        let episode = &mut self.episode;
        // Rewards of an episode sum to 0 to 1.
        let sum = (episode.rewards + reward).clamp(0.0, 1.0);
        let reward = sum - episode.rewards;
        episode.rewards = sum;
        episode.progress = episode.progress.max(progress.unwrap_or(sum));
        (episode.done, episode.actions) = (done, sorted(actions));
        episode.feedback = feedback.or(episode.feedback.take());
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
        let [reward, progress] = [reward as f32, episode.progress as f32];
        Ok(Step { observation, reward, progress, done })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        self.episode.actions.clone()
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

fn sorted(actions: Option<Vec<String>>) -> Option<Vec<String>> {
    let mut actions = actions?;
    actions.sort_unstable();
    actions.dedup();
    Some(actions)
}
