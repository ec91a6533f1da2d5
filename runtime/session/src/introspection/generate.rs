//! Attempts to learn from: turns at training problems, written down as they are made.

use std::fmt::Write as _;

use runtime_evaluation::interval::Rate;
use runtime_evaluation::introspection::criterion::is_right;
use runtime_evaluation::table::rate_text;
use runtime_store::replace::replace;
use runtime_store::sealed;
use serde::Serialize;

use super::attempts::{AttemptRequest, Attempted, Attempts};
use super::conversation::Conversation;
use super::log::ATTEMPTS;
use super::rollout::{Aim, Rollout};
use crate::loaded::SessionModels;
use crate::program::{SessionEvent, Surroundings};

/// What attempts came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Generated {
    /// Number of problems.
    pub problems: u64,
    /// Problems that the best attempt of this turn or of one before solved, by turn.
    pub solved_by_turn: Vec<Rate>,
    /// Number of attempts.
    pub attempts: u64,
    /// Attempts that were dropped as degenerate repetition.
    pub degenerate: u64,
    /// Problems that were given up: every draw of a turn was degenerate.
    pub given_up: u64,
    /// Number of generated tokens.
    pub tokens: u64,
}

/// Makes the attempts that are missing in the folder; returns what all of them came to.
pub fn generate(
    request: &AttemptRequest,
    rollout: &Rollout,
    models: &mut SessionModels,
    surroundings: &Surroundings,
) -> anyhow::Result<Generated> {
    let rollout = Rollout { aim: Aim::Learning, ..rollout.clone() };
    let attempts = Attempts::begin(request, surroundings)?;
    let out = request.out.display();
    let again = format!("the same command goes on with the attempts in {out}");
    surroundings.tell(SessionEvent::Resumable(&again));
    let _kept = surroundings.program.keep();
    let generated = Generated::of(&attempts.play(&rollout, ATTEMPTS, models)?);
    replace(&request.out.join("generated.json"), sealed::json(&generated)?.as_bytes())?;
    Ok(generated)
}

impl Generated {
    fn of(attempted: &Attempted) -> Self {
        let Attempted { asked, conversations, .. } = attempted;
        let problems = asked.problems.len() as u64;
        let all = || conversations.iter().flat_map(Conversation::attempts);
        let is_solved_by = |conversation: &Conversation, turn: u32| {
            let best = conversation.best(Aim::Learning);
            best.iter().any(|attempt| attempt.turn <= turn && is_right(attempt.reward))
        };
        let solved_by = |turn: u32| {
            let solved = conversations.iter().filter(|one| is_solved_by(one, turn));
            Rate::new(solved.count() as u64, problems)
        };
        let turns = u32::try_from(asked.samples.len()).unwrap_or(u32::MAX);
        let is_given_up = |one: &&Conversation| {
            one.best(Aim::Learning).len() < asked.samples.len() && !one.is_solved()
        };
        Self {
            problems,
            solved_by_turn: (1..=turns).map(solved_by).collect(),
            attempts: all().count() as u64,
            degenerate: all().filter(|attempt| attempt.degenerate).count() as u64,
            given_up: conversations.iter().filter(is_given_up).count() as u64,
            tokens: all().map(|attempt| attempt.tokens).sum(),
        }
    }

    /// The counts as lines of text.
    pub fn text(&self) -> String {
        let Self { problems, attempts, degenerate, given_up, tokens, .. } = self;
        let mut text = String::new();
        // Writing to a string cannot fail.
        for (turn, rate) in (1..).zip(&self.solved_by_turn) {
            let _ = writeln!(text, "solved by turn {turn}  {}", rate_text(rate));
        }
        let _ = writeln!(
            text,
            "{problems} problems, {attempts} attempts of {tokens} tokens, of which {degenerate} are \
             degenerate; {given_up} problems given up"
        );
        text
    }
}
