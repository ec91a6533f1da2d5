//! How well internal tests tell right programs from wrong ones (`test-acc` of Reflexion's programs,
//! Shinn et al. 2023, table 2).
//!
//! A program is positive where all internal tests of its problem hold, and true where the hidden
//! tests say the same. A false positive ends a task with a wrong program; a false negative lets a
//! right one be written anew.

use serde::{Deserialize, Serialize};

use crate::interval::Rate;
use crate::table::{aligned, rate_text};

/// The programs in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestAccuracy {
    /// The language.
    pub language: String,
    /// Number of right programs that all internal tests held for.
    pub true_positive: u64,
    /// Number of right programs that an internal test did not hold for.
    pub false_negative: u64,
    /// Number of wrong programs that all internal tests held for.
    pub false_positive: u64,
    /// Number of wrong programs that an internal test did not hold for.
    pub true_negative: u64,
    /// Of the right programs those that all internal tests held for.
    pub true_positive_rate: Rate,
    /// Of the wrong programs those that all internal tests held for.
    pub false_positive_rate: Rate,
    /// Of the programs that all internal tests held for those that are wrong: what Reflexion calls the
    /// false positives of its tests.
    pub wrong_of_positive: Rate,
    /// Of the programs that an internal test did not hold for those that are right.
    pub right_of_negative: Rate,
    /// Of all programs those that both kinds of tests say the same of.
    pub agreement: Rate,
}

/// What both kinds of tests say of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestVerdicts {
    /// Whether all internal tests hold.
    pub internal: bool,
    /// Whether all hidden tests hold.
    pub hidden: bool,
}

impl TestAccuracy {
    /// The counts of programs in a language.
    pub fn new(language: &str, programs: &[TestVerdicts]) -> Self {
        let count = |internal, hidden| {
            let verdicts = TestVerdicts { internal, hidden };
            programs.iter().filter(|program| **program == verdicts).count() as u64
        };
        let [true_positive, false_positive] = [true, false].map(|hidden| count(true, hidden));
        let [false_negative, true_negative] = [true, false].map(|hidden| count(false, hidden));
        let share = |some, others| Rate::new(some, some + others);
        Self {
            language: language.to_owned(),
            true_positive,
            false_negative,
            false_positive,
            true_negative,
            true_positive_rate: share(true_positive, false_negative),
            false_positive_rate: share(false_positive, true_negative),
            wrong_of_positive: share(false_positive, true_positive),
            right_of_negative: share(false_negative, true_negative),
            agreement: share(true_positive + true_negative, false_positive + false_negative),
        }
    }
}

/// A table of languages, a row each; rates with 95 % Wilson intervals.
pub fn text(languages: &[TestAccuracy]) -> String {
    let head = [
        "",
        "TP",
        "FN",
        "FP",
        "TN",
        "held, of right",
        "held, of wrong",
        "wrong, of held",
        "right, of not held",
        "agree",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for one in languages {
        let counts = [one.true_positive, one.false_negative, one.false_positive, one.true_negative];
        let rates = [
            one.true_positive_rate,
            one.false_positive_rate,
            one.wrong_of_positive,
            one.right_of_negative,
            one.agreement,
        ];
        let counts = counts.iter().map(ToString::to_string);
        let rates = rates.iter().map(|rate| match rate.of {
            0 => "-".to_owned(),
            _ => rate_text(rate),
        });
        rows.push([one.language.clone()].into_iter().chain(counts).chain(rates).collect());
    }
    aligned(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_counted_by_what_both_kinds_of_tests_say() {
        let programs = [(true, true), (true, true), (true, false), (false, true), (false, false)];
        let programs = programs.map(|(internal, hidden)| TestVerdicts { internal, hidden });

        let found = TestAccuracy::new("python", &programs);

        let counts =
            [found.true_positive, found.false_negative, found.false_positive, found.true_negative];
        assert_eq!(counts, [2, 1, 1, 1]);
        let rates = [
            found.true_positive_rate,
            found.false_positive_rate,
            found.wrong_of_positive,
            found.right_of_negative,
            found.agreement,
        ];
        let rates = rates.map(|rate| (rate.solved, rate.of));
        assert_eq!(rates, [(2, 3), (1, 2), (1, 3), (1, 2), (3, 5)]);
        let table = text(&[found, TestAccuracy::new("rust", &[])]);
        assert!(table.contains("python  2   1   1   1   66.7 % [20.8, 93.9]"), "{table}");
        assert!(table.lines().last().is_some_and(|line| line.ends_with('-')), "{table}");
    }
}
