//! The template's variables for the rounds of a learning loop.

use minijinja::Value;
use serde::Serialize;

use super::{ReportError, plot};
use crate::learning::state::{Learning, ReflectionExample, Round, Verdict};
use crate::learning::table::{reward, success};

/// The template's variables for a loop.
#[derive(Serialize)]
pub(super) struct LearningView<'a> {
    success_plot: Value,
    reward_plot: Value,
    /// The plot of KL divergences; empty if no stage had a policy.
    kl_plot: Value,
    /// The cells of each round, beginning with the one before any training.
    rounds: Vec<[String; 8]>,
    /// The methods of the intervals of differences to the best adapter.
    interval_note: Option<String>,
    examples: &'a [ReflectionExample],
    time: String,
}

impl<'a> LearningView<'a> {
    pub(super) fn new(state: &'a Learning) -> Result<Self, ReportError> {
        let of_rounds = |number: fn(&Round) -> Option<f64>| {
            let numbered = (1..).zip(&state.rounds);
            let known = numbered.filter_map(|(place, round)| Some((place, number(round)?)));
            known.collect::<Vec<(usize, f64)>>()
        };
        let rewards = of_rounds(|round| Some(round.collection.as_ref()?.reward_mean));
        let divergences = of_rounds(|round| round.training.as_ref()?.kl.map(f64::from));
        let drawn = |numbers: &[(usize, f64)], name| {
            let svg = if numbers.is_empty() {
                String::new()
            } else {
                plot::number_by_round(numbers, name)?
            };
            Ok::<_, ReportError>(Value::from_safe_string(svg))
        };
        let mut first: [String; 8] = Default::default();
        first[5] = state.baseline.as_deref().map(success).unwrap_or_default();
        let seconds = state.seconds.iter();
        let phases = seconds.map(|(phase, seconds)| format!("{phase} {seconds:.0} s"));
        Ok(Self {
            success_plot: Value::from_safe_string(plot::success_by_round(&state.success())?),
            reward_plot: drawn(&rewards, "reward")?,
            kl_plot: drawn(&divergences, "KL, nats")?,
            rounds: [first].into_iter().chain(state.rounds.iter().map(cells)).collect(),
            interval_note: state.interval_note(),
            examples: &state.examples,
            time: phases.collect::<Vec<_>>().join(", "),
        })
    }
}

fn cells(round: &Round) -> [String; 8] {
    let (training, verdict) = (round.training.as_ref(), round.verdict.as_ref());
    let collection = round.collection.as_ref();
    let number = |number: Option<f64>| number.map(|number| format!("{number:.4}"));
    [
        training.map(|training| training.stage.clone()),
        collection.map(|found| found.next_trial.of.to_string()),
        Some(reward(round)),
        number(training.and_then(|training| training.kl).map(f64::from)),
        number(training.and_then(|training| training.loss).map(f64::from)),
        round.outcomes.as_deref().map(success),
        verdict.map(Verdict::text),
        verdict.map(|found| found.word().to_owned()),
    ]
    .map(Option::unwrap_or_default)
}
