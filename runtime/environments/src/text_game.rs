//! The environment of text games, shared by their worlds.

use std::sync::Arc;

use runtime_core::claims::Claims;
use runtime_core::environment::{Environment, EnvironmentError, Step};
use runtime_core::task::Task;

use crate::expert::{Sight, check_claims};
use crate::game::Game;
use crate::game::play::GameState;
use crate::text::GrammarError;
use crate::world::{GameScore, Playable};

/// Compiles a task's game.
pub(crate) type Load = dyn Fn(&Task) -> Result<Game, EnvironmentError> + Send;

/// Plays the games of one world, one at a time.
pub(crate) struct TextGames {
    /// Compiles a task's game.
    pub(crate) load: Box<Load>,
    /// The canonical form of an action that has other spellings.
    pub(crate) reword: fn(&str) -> Option<String>,
    /// Which admissible actions are listed; the others work, too.
    pub(crate) listed: fn(&str) -> bool,
    /// The last task and its game, so that further trials load nothing.
    pub(crate) current: Option<(String, GameState)>,
}

impl Environment for TextGames {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let kept = self.current.take().filter(|(id, _)| *id == task.id);
        let game = match kept {
            Some((_, play)) => Arc::clone(play.game()),
            None => Arc::new((self.load)(task)?),
        };
        let play = GameState::new(game);
        let intro = play.intro().map_err(|problem| broken(&problem))?;
        self.current = Some((task.id.clone(), play));
        Ok(intro)
    }

    /// The reward is 1.0 when the game is won for the first time.
    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let (_, play) = self.current.as_mut().ok_or(EnvironmentError::NotReset)?;
        let was_won = play.progress() >= 1.0;
        let reworded = (self.reword)(action);
        let action = reworded.as_deref().unwrap_or(action);
        let observation = play.step(action).map_err(|problem| broken(&problem))?;
        let won = play.won();
        let reward = if won && !was_won { 1.0 } else { 0.0 };
        let done = won || play.lost();
        Ok(Step { observation, reward, progress: play.progress(), done })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        let (_, play) = self.current.as_ref()?;
        let mut actions = play.admissible().ok()?;
        actions.retain(|action| (self.listed)(action));
        Some(actions)
    }

    fn feedback(&self) -> String {
        self.current.as_ref().map_or_else(String::new, |(_, play)| feedback(play))
    }

    fn claims(&self, task: &Task, shown: &[&str], reflection: &str) -> Option<Claims> {
        check_claims(&Sight::of_trial(task, shown)?, reflection)
    }
}

impl Playable for TextGames {
    /// As in the Python package: one point while the game is won.
    fn standing(&self) -> GameScore {
        let play = self.current.as_ref().map(|(_, play)| play);
        let won = play.is_some_and(GameState::won);
        let done = won || play.is_some_and(GameState::lost);
        GameScore { score: i64::from(won), score_max: 1, won, done }
    }
}

/// The feedback: the reached subgoals, and none of the others.
fn feedback(play: &GameState) -> String {
    if play.won() {
        return "You finished the task.".to_owned();
    }
    let reached = play.reached();
    let count = reached.reached.len();
    let words =
        if count == 0 { String::new() } else { format!(": {}", reached.reached.join(", ")) };
    match reached.total {
        0 => "You did not finish the task.".to_owned(),
        total => {
            format!("You did not finish the task. Subgoals reached: {count} of {total}{words}.")
        }
    }
}

/// The error of a grammar that has no text.
fn broken(problem: &GrammarError) -> EnvironmentError {
    EnvironmentError::Broken(problem.to_string())
}
