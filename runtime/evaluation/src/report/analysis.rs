//! The section of the analysis: cells of its tables.

use std::collections::BTreeSet;

use super::column::Columns;
use crate::results::arm::{ArmResults, TrialSuccess};
use crate::table::analysis::whole;
use crate::table::{percent, rate_text};

/// The abilities of all arms, sorted.
pub(super) fn abilities<'a>(columns: &Columns<'a>) -> Vec<&'a str> {
    let analyses = columns.all.iter().filter_map(|column| column.results.analysis.as_ref());
    let named = analyses.flat_map(|analysis| &analysis.abilities);
    named.map(|score| score.ability.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// An arm's score in each of these abilities.
pub(super) fn scores(arm: &ArmResults, abilities: &[&str]) -> Vec<String> {
    let all = arm.analysis.iter().flat_map(|analysis| &analysis.abilities);
    let of = |ability: &&str| {
        let mut all = all.clone();
        all.find(|score| score.ability == **ability).map_or_else(String::new, |s| percent(s.score))
    };
    abilities.iter().map(of).collect()
}

/// An arm's trials, a row each: its number, success, progress, steps, tokens read and written.
pub(super) fn by_retry(arm: &ArmResults) -> Vec<[String; 6]> {
    let row = |found: &TrialSuccess| {
        [
            found.trial.to_string(),
            rate_text(&found.rate),
            percent(found.progress_mean),
            format!("{:.1}", found.steps_mean),
            whole(found.prompt_tokens_mean),
            whole(found.generated_tokens_mean),
        ]
    };
    arm.success_by_trial.iter().map(row).collect()
}
