//! A loop as lines of text.

use std::fmt::Write as _;

use super::state::{Learning, Phase, Round};
use crate::interval::Rate;
use crate::table::{aligned, rate_text};

impl Learning {
    /// What came of the rounds, as a table, and where the time went.
    pub fn text(&self) -> String {
        let header =
            ["round", "stage", "reward", "KL", "validation", "against before, in points", ""];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        let baseline = self.baseline.as_deref().map(success).unwrap_or_default();
        rows.push(["0", "", "", "", &baseline, "", ""].map(str::to_owned).to_vec());
        let numbered = (1..).zip(&self.rounds);
        rows.extend(numbered.map(|(number, round)| row(number, round)));
        let mut text = aligned(&rows);
        let all: f64 = self.seconds.values().sum();
        let share = |(phase, seconds): (&Phase, &f64)| {
            format!("{phase} {:.0} %", 100.0 * seconds / all.max(f64::MIN_POSITIVE))
        };
        let phases: Vec<String> = self.seconds.iter().map(share).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{all:.0} s: {}.", phases.join(", "));
        text
    }

    /// What was just done and what comes next, as a line.
    pub fn progress(&self) -> String {
        let number = self.rounds_begun();
        let Some(round) = self.rounds.last() else {
            return format!("next: {}", self.phase);
        };
        let next = format!("round {number}, next: {}", self.phase);
        match self.phase {
            Phase::Collect => {
                let before = self.success();
                let latest = before.last().map(rate_text).unwrap_or_default();
                format!("{next}; validation {latest}")
            }
            Phase::Train => format!("{next}; reward {}", reward(round)),
            Phase::Install => {
                let loss = round.training.as_ref().map_or(0.0, |training| training.loss);
                format!("{next}; last loss {loss:.3}")
            }
            Phase::Decide => {
                let found = round.outcomes.as_deref().map(success).unwrap_or_default();
                format!("{next}; validation {found}")
            }
            _ => next,
        }
    }
}

fn row(number: usize, round: &Round) -> Vec<String> {
    let training = round.training.as_ref();
    let kl = training.and_then(|training| training.kl);
    let verdict = round.verdict.as_ref();
    vec![
        number.to_string(),
        training.map(|training| training.stage.clone()).unwrap_or_default(),
        reward(round),
        kl.map(|kl| format!("{kl:.4}")).unwrap_or_default(),
        round.outcomes.as_deref().map(success).unwrap_or_default(),
        verdict
            .map(|found| {
                let (low, high) = (found.low_points, found.high_points);
                format!("{:+.1} [{low:+.1}, {high:+.1}]", found.difference_points)
            })
            .unwrap_or_default(),
        verdict
            .map(|found| if found.kept { "kept" } else { "reverted" }.into())
            .unwrap_or_default(),
    ]
}

pub(crate) fn reward(round: &Round) -> String {
    let collection = round.collection.as_ref();
    collection.map(|found| format!("{:+.3}", found.reward_mean)).unwrap_or_default()
}

pub(crate) fn success(outcomes: &[bool]) -> String {
    rate_text(&rate(outcomes))
}

/// The rate of some outcomes.
pub(crate) fn rate(outcomes: &[bool]) -> Rate {
    Rate::new(outcomes.iter().filter(|solved| **solved).count() as u64, outcomes.len() as u64)
}
