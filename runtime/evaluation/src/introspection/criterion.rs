//! Which attempts of a conversation are learned from.
//!
//! A conversation is the best attempt of each turn, in order. It ends for every criterion with the
//! first attempt that is right: nothing is learned from what came behind it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an attempt earns that is right.
pub const RIGHT: f32 = 1.0;

/// Which attempts of a conversation are learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    /// Every one.
    All,
    /// The first, and those that earned more than the one before.
    #[default]
    Better,
    /// The first, and those that earned no less than any before.
    Best,
    /// Those that are right.
    Success,
}

/// What becomes of an attempt that says what an earlier one of its conversation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// It is an attempt like others.
    Kept,
    /// It is not learned from, as is one without a text; white space at the ends makes no
    /// difference.
    Removed,
}

/// An attempt of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredAttempt<'a> {
    /// The text.
    pub text: &'a str,
    /// What it earned.
    pub reward: f32,
}

/// There is no such criterion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no criterion {0:?}; there are all, better, best, success")]
pub struct UnknownCriterion(String);

impl Criterion {
    /// All, the most generous first.
    pub const ALL: [Self; 4] = [Self::All, Self::Better, Self::Best, Self::Success];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Better => "better",
            Self::Best => "best",
            Self::Success => "success",
        }
    }

    /// The places of the attempts to learn from.
    pub fn kept(self, attempts: &[ScoredAttempt<'_>], duplicates: Duplicates) -> Vec<usize> {
        let end = attempts.iter().position(|attempt| is_right(attempt.reward));
        let attempts = &attempts[..end.map_or(attempts.len(), |last| last + 1)];
        let is_kept = |&place: &usize| {
            let (before, attempt) = (&attempts[..place], &attempts[place]);
            let reward = attempt.reward;
            let meets = match self {
                Self::All => true,
                Self::Better => before.last().is_none_or(|last| reward > last.reward),
                Self::Best => before.iter().all(|earlier| reward >= earlier.reward),
                Self::Success => is_right(reward),
            };
            let text = attempt.text.trim();
            let is_new = before.iter().all(|earlier| earlier.text.trim() != text);
            meets && (duplicates == Duplicates::Kept || is_new && !text.is_empty())
        };
        (0..attempts.len()).filter(is_kept).collect()
    }
}

/// Whether an attempt that earned this is right.
pub fn is_right(reward: f32) -> bool {
    reward >= RIGHT
}

impl FromStr for Criterion {
    type Err = UnknownCriterion;

    fn from_str(name: &str) -> Result<Self, UnknownCriterion> {
        let found = Self::ALL.into_iter().find(|criterion| criterion.name() == name);
        found.ok_or_else(|| UnknownCriterion(name.to_owned()))
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the turns with these rewards are kept by all, better, best and success.
    fn check(rewards: &[f32], expected: [&[usize]; 4]) {
        let texts: Vec<String> = (0..rewards.len()).map(|turn| turn.to_string()).collect();
        let attempts = texts.iter().zip(rewards);
        let attempts: Vec<_> =
            attempts.map(|(text, &reward)| ScoredAttempt { text, reward }).collect();
        for (criterion, expected) in Criterion::ALL.into_iter().zip(expected) {
            let found = criterion.kept(&attempts, Duplicates::Removed);
            assert_eq!(found, expected, "{criterion} of {rewards:?}");
        }
    }

    #[test]
    fn each_criterion_keeps_what_it_says() {
        check(&[], [&[], &[], &[], &[]]);
        check(&[1.0], [&[0], &[0], &[0], &[0]]);
        check(&[0.0, 1.0], [&[0, 1], &[0, 1], &[0, 1], &[1]]);
        check(&[0.0, 0.0], [&[0, 1], &[0], &[0, 1], &[]]);
        check(&[0.0, -1.0, 0.0], [&[0, 1, 2], &[0, 2], &[0, 2], &[]]);
        check(&[-1.0, 0.0, -1.0, 1.0], [&[0, 1, 2, 3], &[0, 1, 3], &[0, 1, 3], &[3]]);
        check(&[0.0, 1.0, 0.0, 1.0], [&[0, 1], &[0, 1], &[0, 1], &[1]]);
    }

    #[test]
    fn a_repeated_or_empty_attempt_is_not_learned_from_where_it_is_removed() {
        let attempt = |text| ScoredAttempt { text, reward: 0.0 };
        let attempts = ["a", " a\n", "", "b"].map(attempt);

        assert_eq!(Criterion::All.kept(&attempts, Duplicates::Removed), [0, 3]);
        assert_eq!(Criterion::All.kept(&attempts, Duplicates::Kept), [0, 1, 2, 3]);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for criterion in Criterion::ALL {
            assert_eq!(criterion.name().parse(), Ok(criterion));
        }
        assert!("bester".parse::<Criterion>().is_err());
    }
}
