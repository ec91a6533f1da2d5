//! Results as plain text, for a terminal and for a README.

pub mod analysis;

use runtime_core::claims::ClaimCounts;
use runtime_core::visible::visible_line;
use serde_json::Value;

use crate::interval::Rate;
use crate::results::Results;
use crate::results::arm::{ArmResults, Judged};
use crate::results::comparison::Comparison;
use crate::spending::results::{SpendingResults, Spent};

/// Success by trial: a row for each arm, a column for each trial, and the difference to the
/// control arm.
pub fn success_by_trial(results: &Results) -> String {
    let mut rows = vec![vec!["arm".to_string()]];
    let trials_max = results.arms.iter().map(ArmResults::trials_max).max().unwrap_or(0);
    rows[0].extend((1..=trials_max).map(|trial| format!("trial {trial}")));
    if !results.comparisons.is_empty() {
        rows[0].push("against none, in points".into());
    }
    for arm in &results.arms {
        let mut row = vec![arm.strategy.clone()];
        row.extend(arm.success_by_trial.iter().map(|success| rate_text(&success.rate)));
        let comparison = results.comparisons.iter().find(|found| found.arm == arm.strategy);
        row.extend(comparison.map(comparison_text));
        rows.push(row);
    }
    aligned(&rows) + &notes(results).join("\n") + "\n"
}

/// Success after the last trial: a row for each task type, a column for each arm.
pub fn success_by_kind(results: &Results) -> String {
    let mut rows = vec![vec!["kind".to_string(), "tasks".to_string()]];
    rows[0].extend(results.arms.iter().map(|arm| arm.strategy.clone()));
    // All arms of a run have the same tasks, so the same kinds.
    let kinds = results.arms.first().map_or(0, |arm| arm.success_by_kind.len());
    for kind in 0..kinds {
        let found: Vec<_> = results.arms.iter().map(|arm| &arm.success_by_kind[kind]).collect();
        let mut row = vec![found[0].kind.clone(), found[0].rate.of.to_string()];
        row.extend(found.iter().map(|success| rate_text(&success.rate)));
        rows.push(row);
    }
    aligned(&rows)
}

/// The table of demonstrations: a row for each task type with success and mean steps of the
/// first arm.
pub fn demonstrations(results: &Results) -> String {
    let header = ["kind", "tasks", "solved", "steps, mean"].map(str::to_string);
    let mut rows = vec![header.to_vec()];
    let row = |kind: &str, rate: &Rate, steps_mean: f64| {
        vec![kind.into(), rate.of.to_string(), rate_text(rate), format!("{steps_mean:.1}")]
    };
    for arm in results.arms.iter().take(1) {
        let kinds = arm.success_by_kind.iter();
        rows.extend(kinds.map(|kind| row(&kind.kind, &kind.rate, kind.steps_mean)));
        rows.extend(arm.success_by_trial.iter().map(|all| {
            let name =
                if all.trial == 1 { "all".into() } else { format!("by trial {}", all.trial) };
            row(&name, &all.rate, all.steps_mean)
        }));
    }
    aligned(&rows)
}

/// A rate with its interval, in percent.
pub fn rate_text(rate: &Rate) -> String {
    rate_parts(rate).join(" ")
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A rate and its interval, in percent.
pub(crate) fn rate_parts(rate: &Rate) -> [String; 2] {
    let [rate, low, high] = [rate.rate, rate.low, rate.high].map(|share| 100.0 * share);
    [format!("{rate:.1} %"), format!("[{low:.1}, {high:.1}]")]
}

/// A difference with its interval in points, and its p-value.
pub(crate) fn comparison_text(comparison: &Comparison) -> String {
    let [difference, interval, p] = comparison_parts(comparison);
    format!("{difference} {interval}, {p}")
}

/// A difference and its interval in points, and its p-value.
pub(crate) fn comparison_parts(comparison: &Comparison) -> [String; 3] {
    let Comparison { difference_points, low_points, high_points, p_value, .. } = comparison;
    let p = if *p_value < 0.001 { "p < 0.001".into() } else { format!("p = {p_value:.3}") };
    [format!("{difference_points:+.1}"), format!("[{low_points:+.1}, {high_points:+.1}]"), p]
}

/// Notes that explain the numbers, each a line.
pub(crate) fn notes(results: &Results) -> Vec<String> {
    let tasks = results.arms.first().map_or(0, |arm| arm.tasks.len());
    let mut notes = vec![format!("{tasks} tasks; 95 % Wilson intervals.")];
    if let Value::String(feedback) = &results.feedback {
        let oracle = results.settings["oracle"].as_str();
        let oracle = oracle.map(|told| format!(", an oracle that tells {told}"));
        notes.push(format!("Feedback between trials: {feedback}{}.", oracle.unwrap_or_default()));
    }
    notes.push(match results.comparisons.first() {
        None => "No comparison: plain retries gain too, and the arm none was not played.".into(),
        Some(Comparison { interval, .. }) => {
            format!("Against none: after the last trial; 95 % {interval}, exact McNemar test.")
        }
    });
    if results.settings["temperature"].as_f64() == Some(0.0) {
        notes.push("Greedy: at temperature 0 a plain retry repeats itself.".into());
    }
    notes.extend(results.arms.iter().filter_map(counted_text));
    notes.extend(results.arms.iter().filter_map(judged_text));
    notes.extend(results.arms.iter().filter_map(claims_text));
    notes.extend(results.arms.iter().filter_map(ungrounded_text));
    notes.extend(results.arms.iter().filter_map(broken_text));
    for arm in results.arms.iter().filter(|arm| arm.tasks_finished < arm.tasks.len() as u64) {
        let (strategy, finished) = (&arm.strategy, arm.tasks_finished);
        notes.push(format!("{strategy}: only {finished} of {tasks} tasks are finished."));
    }
    notes.extend(results.spending.as_ref().map(spending_text));
    notes
}

/// Which trial counts in an arm, where it is not the last.
fn counted_text(arm: &ArmResults) -> Option<String> {
    let chooses = arm.tasks.iter().any(|task| !task.counted.is_last());
    chooses.then(|| {
        format!("{}: of a task's trials the one with the greatest progress counts.", arm.strategy)
    })
}

/// The accuracy of an agent's own judgements.
fn judged_text(arm: &ArmResults) -> Option<String> {
    let judged = arm.judged?;
    let Judged { true_completed, false_completed, true_failed, false_failed, right, .. } = judged;
    Some(format!(
        "{} judged itself, rightly {}: of {} trials that it took for solved {true_completed} were, \
         of {} that it took for failed {true_failed} were.",
        arm.strategy,
        rate_text(&right),
        true_completed + false_completed,
        true_failed + false_failed
    ))
}

/// How much of what an arm's reflections claim is so.
fn claims_text(arm: &ArmResults) -> Option<String> {
    let ClaimCounts { claims, supported, facts, told } = arm.claims?;
    Some(format!(
        "{}: of {claims} claims of its reflections {supported} are so; of {facts} facts that its \
         failures showed they tell {told}.",
        arm.strategy
    ))
}

/// How many of an arm's actions the world did not know, where there are some.
fn ungrounded_text(arm: &ArmResults) -> Option<String> {
    let Rate { solved: known, of, .. } = arm.analysis.as_ref()?.grounding?;
    let unknown = of - known;
    (unknown > 0)
        .then(|| format!("{}: {unknown} of {of} actions were none of the world's.", arm.strategy))
}

/// How many of an arm's trials the world broke off.
fn broken_text(arm: &ArmResults) -> Option<String> {
    let broken = arm.analysis.as_ref()?.broken;
    (broken > 0).then(|| {
        format!("{}: the world broke off {broken} trials, which count as not solved.", arm.strategy)
    })
}

fn spending_text(spending: &SpendingResults) -> String {
    let Spent { usd, requests, tokens, lost_requests, .. } = spending.total;
    let cost = match usd {
        Some(usd) => format!("{usd:.4} USD by the prices of {}", spending.prices_date),
        None => "no price is known".into(),
    };
    let lost = if lost_requests > 0 { format!(", {lost_requests} lost") } else { String::new() };
    let (prompt, completion) = (tokens.prompt, tokens.completion);
    format!("Spent: {cost}; {requests} requests{lost}, {prompt} tokens in, {completion} out.")
}

/// A number with commas between groups of three digits.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows as lines, each column as wide as its widest cell.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<_>> =
        rows.iter().map(|row| row.iter().map(|cell| visible_line(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text += line.trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::results::tests::{history, outcomes};

    #[test]
    fn a_table_says_rates_intervals_and_what_they_mean() {
        let control = history("none", &outcomes(&[1, 2], 6));
        let mut arm = history("reflexion", &outcomes(&[1, 1, 2, 2, 2], 3));
        arm.tasks[7].trials.pop();

        let results = crate::results::results(&[control, arm]).unwrap();

        expect![[r"
            arm        trial 1             trial 2              against none, in points
            none       12.5 % [2.2, 47.1]  25.0 % [7.1, 59.1]
            reflexion  25.0 % [7.1, 59.1]  62.5 % [30.6, 86.3]  +42.9 [-7.8, +75.0], p = 0.250
            8 tasks; 95 % Wilson intervals.
            Feedback between trials: success.
            Against none: after the last trial; 95 % paired score intervals (Tango), exact McNemar test.
            reflexion: only 7 of 8 tasks are finished.
        "]]
        .assert_eq(&success_by_trial(&results));
        expect![[r"
            kind  tasks  none                reflexion
            a     4      25.0 % [4.6, 69.9]  75.0 % [30.1, 95.4]
            b     4      25.0 % [4.6, 69.9]  50.0 % [15.0, 85.0]
        "]]
        .assert_eq(&success_by_kind(&results));
    }

    #[test]
    fn demonstrations_show_success_and_steps_by_kind() {
        let results = crate::results::results(&[history("none", &outcomes(&[1, 1], 1))]);

        expect![[r"
            kind        tasks  solved                 steps, mean
            a           2      50.0 % [9.5, 90.5]     1.0
            b           1      100.0 % [20.7, 100.0]  1.0
            all         3      66.7 % [20.8, 93.9]    1.0
            by trial 2  3      66.7 % [20.8, 93.9]    1.0
        "]]
        .assert_eq(&demonstrations(&results.unwrap()));
    }

    #[test]
    fn an_oracle_is_named_as_such() {
        let mut results = crate::results::results(&[history("none", &outcomes(&[1], 1))]).unwrap();
        results.settings["oracle"] = "what hidden tests say".into();

        let told = "Feedback between trials: success, an oracle that tells what hidden tests say.";
        assert!(success_by_trial(&results).contains(told));
    }

    #[test]
    fn an_arm_alone_has_no_comparison() {
        let results = crate::results::results(&[history("reflexion", &outcomes(&[1], 1))]);

        expect![[r"
            arm        trial 1             trial 2
            reflexion  50.0 % [9.5, 90.5]  50.0 % [9.5, 90.5]
            2 tasks; 95 % Wilson intervals.
            Feedback between trials: success.
            No comparison: plain retries gain too, and the arm none was not played.
        "]]
        .assert_eq(&success_by_trial(&results.unwrap()));
    }
}
