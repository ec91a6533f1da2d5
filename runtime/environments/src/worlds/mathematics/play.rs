//! An episode: solutions until one is right or the turns are used up, and calculations between.

use runtime_core::environment::{ActionForm, Environment, EnvironmentError, Step};
use runtime_core::task::Task;

use super::{Mathematics, Problem};
use crate::answer::{calculator, extract};
use crate::world::{GameScore, Playable};

/// Plays the problems of one world, one at a time.
pub(super) struct Solving {
    world: Mathematics,
    episode: Option<Episode>,
}

struct Episode {
    problem: Problem,
    turns: u32,
    calculations: u32,
    right: bool,
    /// The last final answer, and whether the last action was a calculation or had an answer.
    answer: Option<String>,
    known: bool,
}

impl Solving {
    pub(super) fn new(world: Mathematics) -> Self {
        Self { world, episode: None }
    }

    /// What is said to a solution that is not right.
    fn wrong(&self, episode: &Episode, has_answer: bool) -> String {
        let found = if has_answer {
            "That is not the right answer.".to_owned()
        } else {
            format!("There is no final answer: a solution ends in {}.", self.world.subject.ending)
        };
        if episode.turns >= self.world.limits.turns {
            return found;
        }
        format!("{found} Look for the mistake, and solve the problem again.")
    }
}

impl Environment for Solving {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let problem = self.world.problem(&task.id).map_err(|error| EnvironmentError::Data {
            task: task.id.clone(),
            reason: error.to_string(),
        })?;
        let problem = problem.ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))?;
        let mut opening = problem.question.clone();
        if self.world.limits.calculations > 0 {
            opening.push_str("\n\nA line `Calculate[12*3]` is answered with the value.");
        }
        self.episode = Some(Episode {
            problem: problem.clone(),
            turns: 0,
            calculations: 0,
            right: false,
            answer: None,
            known: true,
        });
        Ok(opening)
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let mut episode = self.episode.take().ok_or(EnvironmentError::NotReset)?;
        let answer = extract::final_answer(action);
        let asked = calculator::asked(action).filter(|_| self.world.limits.calculations > 0);
        let was_over = episode.right || episode.turns >= self.world.limits.turns;
        let observation = match (asked, was_over) {
            (_, true) => "The episode is over.".to_owned(),
            (Some(_), false) if episode.calculations >= self.world.limits.calculations => {
                episode.known = false;
                episode.turns += 1;
                format!("No calculation is left. {}", self.wrong(&episode, false))
            }
            (Some(asked), false) => {
                episode.calculations += 1;
                let value = calculator::value(asked);
                episode.known = value.is_some();
                value.map_or("That is no calculation.".to_owned(), calculator::shown)
            }
            (None, false) => {
                episode.turns += 1;
                episode.known = answer.is_some();
                episode.right = self.world.is_right(&episode.problem, action);
                episode.answer = answer.map(str::to_owned);
                if episode.right {
                    "That is right.".to_owned()
                } else {
                    self.wrong(&episode, answer.is_some())
                }
            }
        };
        let reward = if episode.right && !was_over { 1.0 } else { 0.0 };
        let progress = if episode.right { 1.0 } else { 0.0 };
        let done = episode.right || episode.turns >= self.world.limits.turns;
        self.episode = Some(episode);
        Ok(Step { observation, reward, progress, done })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        None
    }

    fn action_form(&mut self) -> ActionForm {
        ActionForm::Text { tokens_max: self.world.limits.solution_tokens }
    }

    fn grounded(&self) -> Option<bool> {
        self.episode.as_ref().map(|episode| episode.known)
    }

    fn feedback(&self) -> String {
        match &self.episode {
            None => String::new(),
            Some(Episode { right: true, .. }) => "You solved the problem.".to_owned(),
            Some(Episode { answer: Some(answer), .. }) => {
                format!("You did not solve the problem: {answer} is not the answer.")
            }
            Some(_) => format!(
                "You did not solve the problem: a solution ends in {}.",
                self.world.subject.ending
            ),
        }
    }
}

impl Playable for Solving {
    fn standing(&self) -> GameScore {
        let won = self.episode.as_ref().is_some_and(|episode| episode.right);
        let over = |episode: &Episode| episode.turns >= self.world.limits.turns;
        let done = won || self.episode.as_ref().is_some_and(over);
        GameScore { score: i64::from(won), score_max: 1, won, done }
    }
}
