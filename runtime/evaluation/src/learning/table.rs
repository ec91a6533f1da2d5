//! The state of a loop as text.

use std::fmt::Write as _;

use super::state::{Learning, Phase, Round, Verdict};
use crate::interval::Rate;
use crate::table::{aligned, rate_text};

impl Learning {
    /// The results of the rounds as a table, and the time of the phases.
    pub fn text(&self) -> String {
        let header =
            ["round", "stage", "reward", "KL", "validation", "against the best, in points", ""];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        let baseline = self.baseline.as_deref().map(success).unwrap_or_default();
        rows.push(["0", "", "", "", &baseline, "", ""].map(str::to_owned).to_vec());
        let numbered = (1..).zip(&self.rounds);
        let over = |number| number < self.rounds.len() || self.phase >= Phase::Illustrate;
        rows.extend(numbered.map(|(number, round)| row(number, round, over(number))));
        let mut text = aligned(&rows);
        text.extend(self.interval_note().map(|note| note + "\n"));
        let all: f64 = self.seconds.values().sum();
        let share = |(phase, seconds): (&Phase, &f64)| {
            format!("{phase} {:.0} %", 100.0 * seconds / all.max(f64::MIN_POSITIVE))
        };
        let phases: Vec<String> = self.seconds.iter().map(share).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{all:.0} s: {}.", phases.join(", "));
        let trainings = self.rounds.iter().filter_map(|round| round.training.as_ref());
        if let Some(bytes) = trainings.filter_map(|training| training.peak_bytes).max() {
            let _ =
                writeln!(text, "Engine and trainer together: {} MB at most.", bytes / 1_000_000);
        }
        text
    }

    /// The methods of the verdicts' intervals; `None` without a verdict. A loop that an older
    /// version began may have two methods.
    pub(crate) fn interval_note(&self) -> Option<String> {
        let verdicts = self.rounds.iter().filter_map(|round| round.verdict.as_ref());
        let mut methods: Vec<String> =
            verdicts.map(|verdict| verdict.interval.to_string()).collect();
        methods.dedup();
        (!methods.is_empty())
            .then(|| format!("Against the best: 95 % {}.", methods.join(", then ")))
    }

    /// The last result and the next phase, as a line.
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
                let loss = round.training.as_ref().and_then(|training| training.loss);
                let loss = loss.map_or("unknown".to_owned(), |loss| format!("{loss:.3}"));
                format!("{next}; last loss {loss}")
            }
            Phase::Decide => {
                let found = round.outcomes.as_deref().map(success).unwrap_or_default();
                format!("{next}; validation {found}")
            }
            _ => next,
        }
    }
}

fn row(number: usize, round: &Round, is_over: bool) -> Vec<String> {
    let training = round.training.as_ref();
    let kl = training.and_then(|training| training.kl);
    let verdict = round.verdict.as_ref();
    vec![
        number.to_string(),
        training.map(|training| training.stage.clone()).unwrap_or_default(),
        reward(round),
        kl.map(|kl| format!("{kl:.4}")).unwrap_or_default(),
        round.outcomes.as_deref().map(success).unwrap_or_default(),
        verdict.map(Verdict::text).unwrap_or_default(),
        match verdict {
            Some(found) => found.word().into(),
            None if is_over => "nothing learned".into(),
            None => String::new(),
        },
    ]
}

pub(crate) fn reward(round: &Round) -> String {
    let collection = round.collection.as_ref();
    collection.map(|found| format!("{:+.3}", found.reward_mean)).unwrap_or_default()
}

pub(crate) fn success(outcomes: &[bool]) -> String {
    rate_text(&Rate::of_outcomes(outcomes))
}
