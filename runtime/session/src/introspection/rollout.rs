//! How attempts are made: turns, how many in each, and by whom.

use std::num::NonZeroU32;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::wrong::Wrong;

/// The name of the learner among the models of turns.
pub const LEARNER: &str = "learner";
/// Greatest number of turns.
const TURNS_MAX: u32 = 100;
/// Greatest number of attempts of a turn.
const SAMPLES_MAX: u32 = 1000;

/// What attempts are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// They are learned from: a conversation ends once the problem is solved, and degenerate
    /// attempts do not count.
    Learning,
    /// They are measured: all turns are played, whatever is right, and every attempt counts.
    Measuring,
}

/// How attempts are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Greatest number of turns of a problem.
    pub turns: NonZeroU32,
    /// Number of attempts of each turn, of which the best goes on; the last is for all turns behind
    /// it, too. Empty for 1.
    pub samples: Vec<NonZeroU32>,
    /// The model of each turn, the last one for all turns behind it, too: [`LEARNER`], or a model's
    /// name or file. Empty for the learner.
    pub models: Vec<String>,
    /// Greatest number of earlier turns in a prompt; `None` for all that fit.
    pub context_window: Option<u32>,
    /// What they are for.
    pub aim: Aim,
}

impl Rollout {
    /// Number of attempts of each turn.
    pub(super) fn samples(&self) -> Vec<u32> {
        self.by_turn(&self.samples).map(|samples| samples.map_or(1, |count| count.get())).collect()
    }

    /// The model of each turn.
    pub(super) fn models(&self) -> Vec<&str> {
        self.by_turn(&self.models).map(|name| name.map_or(LEARNER, String::as_str)).collect()
    }

    /// An error if there is more of something than is played, or too much.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let turns = self.turns.get();
        ensure!(
            turns <= TURNS_MAX,
            Wrong(format!("there are {turns} turns, expected at most {TURNS_MAX}"))
        );
        for (what, count) in [("samples", self.samples.len()), ("models", self.models.len())] {
            ensure!(
                count <= turns as usize,
                Wrong(format!(
                    "there are {count} {what}, expected at most one for each of {turns} turns"
                ))
            );
        }
        let most = self.samples.iter().map(|count| count.get()).max().unwrap_or(1);
        ensure!(
            most <= SAMPLES_MAX,
            Wrong(format!("a turn has {most} samples, expected at most {SAMPLES_MAX}"))
        );
        Ok(())
    }

    fn by_turn<'a, T>(&self, given: &'a [T]) -> impl Iterator<Item = Option<&'a T>> {
        (0..self.turns.get() as usize).map(|turn| given.get(turn).or(given.last()))
    }
}
