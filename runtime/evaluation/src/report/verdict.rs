//! The verdict: the conclusion of a run in one sentence.

use crate::learning::state::Learning;
use crate::pairs::{self, PairedOutcome};
use crate::results::Results;
use crate::results::arm::ArmResults;
use crate::results::comparison::Comparison;
use crate::table::{comparison_parts, rate_text};

/// Arms count as equal if the whole interval of their difference is within so many points of 0.
const ALIKE_POINTS: f64 = 5.0;
/// Differences with a smaller p-value are reported as significant.
const P_VALUE_MAX: f64 = 0.05;

/// The verdict on a run's arms.
pub(super) fn of_run(results: &Results) -> String {
    let finished = results.arms.iter().all(|arm| arm.tasks_finished == arm.tasks.len() as u64);
    let so_far = if finished { "" } else { "So far, " };
    let told = if results.comparisons.is_empty() {
        results.arms.iter().map(alone).collect::<Vec<_>>().join("; ") + "."
    } else {
        compared(&results.comparisons)
    };
    format!("{so_far}{told}")
}

/// The verdict on a loop's adapters; `None` before the first was evaluated.
pub(super) fn of_learning(state: &Learning) -> Option<String> {
    let before = state.baseline.as_ref()?;
    let after = state.best_outcomes();
    if state.best.round == 0 {
        let tried = state.rounds.iter().any(|round| round.verdict.is_some());
        let told =
            "No adapter solves more validation tasks than there were solved before training.";
        return tried.then(|| told.into());
    }
    let pairs: Vec<PairedOutcome> =
        after.iter().zip(before).map(|(&arm, &control)| PairedOutcome { arm, control }).collect();
    let found = pairs::difference(&pairs)?;
    let [mean, low, high] = [found.mean, found.low, found.high].map(|share| 100.0 * share);
    let doubt = if low > 0.0 {
        String::new()
    } else {
        format!("; {} tasks are too few to tell", pairs.len())
    };
    Some(format!(
        "The adapter of round {} solves {mean:.1} points more validation tasks than there were \
         solved before training [{low:+.1}, {high:+.1}]{doubt}. These tasks chose it.",
        state.best.round
    ))
}

/// The sentence about an arm without comparison.
fn alone(arm: &ArmResults) -> String {
    let Some(last) = arm.success_by_trial.last() else {
        return format!("{} has no task", arm.strategy);
    };
    let trials =
        if last.trial == 1 { "one trial".into() } else { format!("{} trials", last.trial) };
    format!(
        "{} solves {} of {} tasks in {trials}, and there is no other arm to compare it with",
        arm.strategy,
        rate_text(&last.rate),
        last.rate.of
    )
}

fn compared(comparisons: &[Comparison]) -> String {
    let is_small =
        |found: &&Comparison| found.low_points > -ALIKE_POINTS && found.high_points < ALIKE_POINTS;
    let is_clear = |found: &&Comparison| {
        let one_side = found.low_points > 0.0 || found.high_points < 0.0;
        (one_side && found.p_value < P_VALUE_MAX) || is_small(found)
    };
    let (clear, unclear): (Vec<_>, Vec<_>) = comparisons.iter().partition(is_clear);
    let mut clauses: Vec<String> = clear.iter().map(|found| clause(found)).collect();
    clauses.extend(unclear.iter().map(|found| clause(found)));
    if let Some(first) = unclear.first() {
        let names: Vec<&str> = unclear.iter().map(|found| found.arm.as_str()).collect();
        let whom =
            if clear.is_empty() { String::new() } else { format!(" about {}", names.join(", ")) };
        let tasks = first.tasks;
        let few = if tasks == 1 { "1 task is".into() } else { format!("{tasks} tasks are") };
        clauses.push(format!("{few} too few to tell{whom}"));
    }
    clauses.join("; ") + "."
}

/// The sentence about an arm and its control arm, with interval and p-value.
fn clause(found: &Comparison) -> String {
    let Comparison { arm, against, difference_points: points, .. } = found;
    let [_, interval, p] = comparison_parts(found);
    let how = if *points > 0.0 {
        format!("{points:.1} points more than")
    } else if *points < 0.0 {
        format!("{:.1} points less than", -points)
    } else {
        "as much as".into()
    };
    format!("{arm} solves {how} {against} {interval}, {p}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{history, outcomes};

    fn check(arms: &[(&str, &[u32], usize)], expected: &str) {
        let played = arms
            .iter()
            .map(|(strategy, solved_at, never)| history(strategy, &outcomes(solved_at, *never)));
        let results = crate::results::results(&played.collect::<Vec<_>>()).unwrap();
        assert_eq!(of_run(&results), expected);
    }

    #[test]
    fn few_tasks_are_too_few_to_tell() {
        check(
            &[("none", &[1], 3), ("reflexion", &[1, 2], 2)],
            "reflexion solves 25.0 points more than none [-36.2, +69.9], p = 1.000; 4 tasks are too \
             few to tell.",
        );
        check(
            &[("none", &[1], 0), ("reflexion", &[1], 0)],
            "reflexion solves as much as none [-79.3, +79.3], p = 1.000; 1 task is too few to tell.",
        );
    }

    #[test]
    fn a_difference_that_an_exact_test_does_not_bear_out_is_not_told_as_clear() {
        // The interval leaves 0 out, and four to none has p = 0.125.
        check(
            &[("none", &[], 16), ("reflexion", &[1, 1, 1, 1], 12)],
            "reflexion solves 25.0 points more than none [+0.8, +49.5], p = 0.125; 16 tasks are too \
             few to tell.",
        );
    }

    #[test]
    fn what_is_clear_is_told_first_and_doubt_names_its_arm() {
        check(
            &[("none", &[], 12), ("last-attempt", &[1], 11), ("reflexion", &[2; 12], 0)],
            "reflexion solves 100.0 points more than none [+51.5, +100.0], p < 0.001; last-attempt \
             solves 8.3 points more than none [-17.9, +35.4], p = 1.000; 12 tasks are too few to \
             tell about last-attempt.",
        );
    }

    #[test]
    fn an_arm_alone_is_compared_with_nothing() {
        check(
            &[("reflexion", &[1], 1)],
            "reflexion solves 50.0 % [9.5, 90.5] of 2 tasks in 2 trials, and there is no other arm to \
             compare it with.",
        );
    }

    #[test]
    fn unfinished_runs_say_so() {
        let mut control = history("none", &outcomes(&[1, 1], 1));
        control.tasks[2].trials.truncate(1);
        let arm = history("reflexion", &outcomes(&[1, 1], 1));

        let told = of_run(&crate::results::results(&[control, arm]).unwrap());

        assert!(told.starts_with("So far, reflexion solves as much as none"), "{told}");
    }
}
