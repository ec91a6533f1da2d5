//! The attempts at one problem, and which is next: a pure function of what was logged.

use std::collections::HashMap;

use runtime_evaluation::introspection::criterion::is_right;

use super::log::{Asked, Attempt, AttemptLog, Posed};
use super::rollout::Aim;

/// How often a turn is drawn anew whose attempts were all degenerate.
const REDRAWS_MAX: usize = 2;

/// The attempts at one problem.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) posed: Posed,
    /// By turn, in the order of their draws.
    turns: Vec<Vec<Attempt>>,
}

/// An attempt that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NextDraw {
    /// From 1.
    pub(super) turn: u32,
    /// From 0.
    pub(super) draw: u32,
}

impl Conversation {
    /// A problem that nobody attempted yet.
    pub(super) fn new(posed: Posed) -> Self {
        Self { posed, turns: Vec::new() }
    }

    /// The conversations of a log, in the order of the problems that were asked for.
    pub(super) fn of_log(log: AttemptLog) -> Vec<Self> {
        let AttemptLog { asked, problems, attempts } = log;
        let places: HashMap<&str, usize> =
            asked.problems.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
        let mut found: Vec<Self> = problems.into_iter().map(Self::new).collect();
        found.sort_by_key(|conversation| places.get(&*conversation.posed.id).copied());
        let begun = found.iter().enumerate();
        let begun: HashMap<String, usize> =
            begun.map(|(place, one)| (one.posed.id.clone(), place)).collect();
        for attempt in attempts {
            if let Some(&place) = begun.get(&attempt.problem) {
                found[place].add(attempt);
            }
        }
        found
    }

    /// Adds the attempt that was next. One that was made already changes nothing.
    pub(super) fn add(&mut self, attempt: Attempt) {
        let turn = (attempt.turn as usize).saturating_sub(1);
        if turn == self.turns.len() {
            self.turns.push(Vec::new());
        }
        if let Some(drawn) = self.turns.get_mut(turn)
            && drawn.len() == attempt.draw as usize
        {
            drawn.push(attempt);
        }
    }

    /// All attempts.
    pub(super) fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.turns.iter().flatten()
    }

    /// The attempts of a turn, from 1.
    pub(super) fn turn(&self, turn: u32) -> &[Attempt] {
        let place = (turn as usize).saturating_sub(1);
        self.turns.get(place).map_or(&[], Vec::as_slice)
    }

    /// The best attempt of each turn that has one, the first of equals.
    pub(super) fn best(&self, aim: Aim) -> Vec<&Attempt> {
        self.turns.iter().map_while(|drawn| best(drawn, aim)).collect()
    }

    /// The attempt that is missing; `None` if the conversation is over.
    pub(super) fn next(&self, asked: &Asked) -> Option<NextDraw> {
        for (turn, &samples) in (1..).zip(&asked.samples) {
            let (drawn, samples) = (self.turn(turn), samples.max(1) as usize);
            let next = NextDraw { turn, draw: u32::try_from(drawn.len()).ok()? };
            if drawn.is_empty() || !drawn.len().is_multiple_of(samples) {
                return Some(next);
            }
            match best(drawn, asked.aim) {
                None if drawn.len() <= samples * REDRAWS_MAX => return Some(next),
                None => return None,
                Some(best) if asked.aim == Aim::Learning && is_right(best.reward) => return None,
                Some(_) => {}
            }
        }
        None
    }

    /// Whether an attempt that a turn went on from is right.
    pub(super) fn is_solved(&self) -> bool {
        self.attempts().any(|attempt| is_right(attempt.reward) && !attempt.degenerate)
    }
}

/// The attempt that earned most, the first of equals. Whoever measures counts degenerate ones, too.
fn best(drawn: &[Attempt], aim: Aim) -> Option<&Attempt> {
    let usable = drawn.iter().filter(|attempt| aim == Aim::Measuring || !attempt.degenerate);
    usable.reduce(|best, other| if other.reward > best.reward { other } else { best })
}
