//! What attempts in turns and attempts side by side are worth, as RISE names it: `m1@t5` is the
//! majority of five turns, `m5@t1` that of five attempts at once, `p1@t5` whether one of five turns
//! is right, which takes somebody who knows.
//!
//! Every rate has a Wilson interval, every difference Tango's, problem by problem.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::vote::{CountedAttempt, EqualAnswers, is_majority_right};
use crate::interval::Rate;
use crate::pairs::{PairedOutcome, difference};
use crate::table::{aligned, rate_parts, thousands};

/// The attempts at one problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptedProblem {
    /// One for each turn, in order.
    pub sequential: Vec<CountedAttempt>,
    /// Independent ones.
    pub parallel: Vec<CountedAttempt>,
}

/// What is reported of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntrospectionResults {
    /// Number of problems.
    pub problems: u64,
    /// Number of turns of the sequential attempts.
    pub turns: u64,
    /// Number of parallel attempts.
    pub samples: u64,
    /// The rates.
    pub measures: Vec<Measure>,
    /// The accuracy of each turn, the first one first.
    pub by_turn: Vec<Rate>,
    /// Differences of rates.
    pub differences: Vec<MeasuredDifference>,
    /// Tokens generated in turns.
    pub tokens_sequential: u64,
    /// Tokens generated in parallel.
    pub tokens_parallel: u64,
}

/// A rate under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Such as `m1@t5`.
    pub name: String,
    /// What it means.
    pub about: String,
    /// The share of problems.
    pub rate: Rate,
}

/// The difference of two rates of the same problems, with its 95 % interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredDifference {
    /// The rate.
    pub of: String,
    /// The rate that is subtracted.
    pub from: String,
    /// The difference, −1.0 to 1.0.
    pub mean: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// A rate while it is counted: one outcome for each problem.
struct Counted {
    name: String,
    about: &'static str,
    outcomes: Vec<bool>,
}

/// What the attempts are worth. All problems have as many turns, and as many parallel attempts;
/// one that lacks some counts as not solved by them.
pub fn results(problems: &[AttemptedProblem], equal: &EqualAnswers<'_>) -> IntrospectionResults {
    let longest = |of: fn(&AttemptedProblem) -> usize| problems.iter().map(of).max().unwrap_or(0);
    let turns = longest(|problem| problem.sequential.len());
    let samples = longest(|problem| problem.parallel.len());
    let counted = counted(problems, (turns, samples), equal);
    let [first, parallel, sequential, any_turn, any_parallel, last] = &counted;
    let compared =
        [(sequential, first), (sequential, parallel), (any_turn, any_parallel), (last, first)];
    let of_turn = |turn| {
        let solved = problems.iter().filter(|problem| is_right_at(&problem.sequential, turn));
        Rate::new(solved.count() as u64, problems.len() as u64)
    };
    let tokens = |of: fn(&AttemptedProblem) -> &Vec<CountedAttempt>| {
        problems.iter().flat_map(of).map(|attempt| attempt.tokens).sum()
    };
    IntrospectionResults {
        problems: problems.len() as u64,
        turns: turns as u64,
        samples: samples as u64,
        measures: counted.iter().map(Counted::measure).collect(),
        by_turn: (0..turns).map(of_turn).collect(),
        differences: compared.iter().filter_map(|(of, from)| of.less(from)).collect(),
        tokens_sequential: tokens(|problem| &problem.sequential),
        tokens_parallel: tokens(|problem| &problem.parallel),
    }
}

/// The rates, in the order of the table.
fn counted(
    problems: &[AttemptedProblem],
    (turns, samples): (usize, usize),
    equal: &EqualAnswers<'_>,
) -> [Counted; 6] {
    let count = |name: String, about, is_solved: &dyn Fn(&AttemptedProblem) -> bool| Counted {
        name,
        about,
        outcomes: problems.iter().map(is_solved).collect(),
    };
    let any = |attempts: &[CountedAttempt]| attempts.iter().any(|attempt| attempt.is_right);
    [
        count("m1@t1".into(), "the first turn", &|one| is_right_at(&one.sequential, 0)),
        count(format!("m{samples}@t1"), "majority of parallel attempts", &|one| {
            is_majority_right(&one.parallel, equal)
        }),
        count(format!("m1@t{turns}"), "majority of the turns", &|one| {
            is_majority_right(&one.sequential, equal)
        }),
        count(format!("p1@t{turns}"), "any of the turns", &|one| any(&one.sequential)),
        count(format!("p{samples}@t1"), "any of the parallel attempts", &|one| any(&one.parallel)),
        count(format!("last@t{turns}"), "the last turn", &|one| {
            is_right_at(&one.sequential, turns.saturating_sub(1))
        }),
    ]
}

fn is_right_at(attempts: &[CountedAttempt], place: usize) -> bool {
    attempts.get(place).is_some_and(|attempt| attempt.is_right)
}

impl Counted {
    fn measure(&self) -> Measure {
        let (name, about) = (self.name.clone(), self.about.to_owned());
        Measure { name, about, rate: Rate::of_outcomes(&self.outcomes) }
    }

    fn less(&self, other: &Self) -> Option<MeasuredDifference> {
        let pairs = self.outcomes.iter().zip(&other.outcomes);
        let pairs = pairs.map(|(&arm, &control)| PairedOutcome { arm, control });
        let found = difference(&pairs.collect::<Vec<_>>())?;
        let (of, from) = (self.name.clone(), other.name.clone());
        Some(MeasuredDifference { of, from, mean: found.mean, low: found.low, high: found.high })
    }
}

impl IntrospectionResults {
    /// The rate of this name.
    pub fn rate(&self, name: &str) -> Option<&Rate> {
        self.measures.iter().find(|measure| measure.name == name).map(|measure| &measure.rate)
    }

    /// A table of the rates and differences.
    pub fn text(&self) -> String {
        let row = |name: String, rate: &Rate, about: String| {
            let [rate, interval] = rate_parts(rate);
            vec![name, rate, interval, about]
        };
        let measures = self
            .measures
            .iter()
            .map(|measure| row(measure.name.clone(), &measure.rate, measure.about.clone()));
        let turns = (1..)
            .zip(&self.by_turn)
            .map(|(turn, rate)| row(format!("turn {turn}"), rate, String::new()));
        let differences = self.differences.iter().map(|found| {
            let MeasuredDifference { of, from, .. } = found;
            let [mean, low, high] = [found.mean, found.low, found.high].map(|one| 100.0 * one);
            let interval = format!("[{low:+.1}, {high:+.1}]");
            vec![format!("{of} − {from}"), format!("{mean:+.1}"), interval, "points".to_owned()]
        });
        let mut text = aligned(&measures.chain(turns).chain(differences).collect::<Vec<_>>());
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} problems; 95 % intervals: Wilson's for rates, Tango's for differences. Tokens: {} in \
             turns, {} in parallel.",
            self.problems,
            thousands(self.tokens_sequential),
            thousands(self.tokens_parallel)
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attempts by their answers, of which 7 is right; `-` is none.
    fn attempts(answers: &str) -> Vec<CountedAttempt> {
        let attempt = |answer: &str| CountedAttempt {
            answer: (answer != "-").then(|| answer.to_owned()),
            is_right: answer == "7",
            tokens: 10,
        };
        answers.split_whitespace().map(attempt).collect()
    }

    fn found(problems: &[(&str, &str)]) -> IntrospectionResults {
        let problem = |(sequential, parallel): &(&str, &str)| AttemptedProblem {
            sequential: attempts(sequential),
            parallel: attempts(parallel),
        };
        let problems: Vec<_> = problems.iter().map(problem).collect();
        results(&problems, &|one, other| one == other)
    }

    // By hand, of four problems with five turns and five parallel attempts:
    //
    // first turn right          1st and 4th                  2
    // majority in parallel      2nd (7 7 7), 4th (7 alone)   2
    // majority of turns         1st (7 7 3 3: 7 was first),
    //                           4th (only 7 votes)           2
    // any turn                  1st, 2nd, 4th                3
    // any in parallel           1st, 2nd, 4th                3
    // last turn                 2nd                          1
    #[test]
    fn rates_are_those_counted_by_hand() {
        let found = found(&[
            ("7 3 3 7 2", "3 3 7 7 2"),
            ("1 2 2 7 7", "7 7 1 7 2"),
            ("1 1 1 1 1", "- - - - -"),
            ("7 - - - -", "- - 7 - -"),
        ]);

        let solved = |name| found.rate(name).map(|rate| (rate.solved, rate.of));
        assert_eq!(solved("m1@t1"), Some((2, 4)));
        assert_eq!(solved("m5@t1"), Some((2, 4)));
        assert_eq!(solved("m1@t5"), Some((2, 4)));
        assert_eq!(solved("p1@t5"), Some((3, 4)));
        assert_eq!(solved("p5@t1"), Some((3, 4)));
        assert_eq!(solved("last@t5"), Some((1, 4)));
        let by_turn: Vec<u64> = found.by_turn.iter().map(|rate| rate.solved).collect();
        assert_eq!(by_turn, [2, 0, 0, 2, 1]);
        assert_eq!((found.tokens_sequential, found.tokens_parallel), (200, 200));
    }

    #[test]
    fn a_difference_is_taken_problem_by_problem() {
        let found = found(&[("1 7 7", "1"), ("7 7 7", "7"), ("7 1 1", "7"), ("1 7 7", "1")]);

        let [of_first, ..] = &found.differences[..] else { panic!("{found:?}") };
        assert_eq!((&*of_first.of, &*of_first.from), ("m1@t3", "m1@t1"));
        assert!((of_first.mean - 0.25).abs() < 1e-12);
        assert!(of_first.low < 0.0 && of_first.high > 0.25, "{of_first:?}");
    }

    #[test]
    fn the_table_says_each_rate_with_its_interval() {
        let text = found(&[("7 7", "1 7 7"), ("1 1", "1 1 7")]).text();

        assert!(text.contains("m1@t1"), "{text}");
        assert!(text.contains("50.0 %   [9.5, 90.5]"), "{text}");
        assert!(text.contains("m3@t1"), "{text}");
        assert!(text.contains("turn 2"), "{text}");
    }

    #[test]
    fn without_problems_there_is_no_difference() {
        let found = found(&[]);

        assert_eq!((found.problems, found.differences.len()), (0, 0));
    }
}
