//! The overview above the tasks: the runs, success and cost.

use std::collections::BTreeSet;

use minijinja::Value;
use serde::Serialize;

use super::about::{beginning, what};
use super::column::{Column, Columns};
use super::{ReportError, ReportRun, analysis, plot};
use crate::pairs::Difference;
use crate::results::Results;
use crate::results::arm::{ArmResults, Judged};
use crate::results::comparison::{self, Comparison};
use crate::results::cost::CostResults;
use crate::table;
use crate::table::analysis::cells;

/// The template's variables for a run.
#[derive(Serialize)]
pub(super) struct RunView<'a> {
    name: &'a str,
    rebound: &'a str,
    actor: &'a str,
    prompts_sha256: &'a str,
    /// The run's settings, as names and values.
    settings: Vec<(&'a str, String)>,
    notes: Vec<String>,
}

/// The template's variables for an arm.
#[derive(Serialize)]
pub(super) struct ArmView {
    pub(super) label: String,
    legend: Value,
    /// The description of its strategy.
    what: String,
    /// The rate after each trial and its interval.
    success: Vec<[String; 2]>,
    /// The comparison with the run's control arm; `None` for that arm itself.
    comparison: Option<ComparisonView>,
    /// Success by task type, in the order of [`kinds`].
    by_kind: Vec<String>,
    tokens: CostView,
    time: CostView,
    /// If the agent judged itself: the numbers of true and false judgements "completed", of
    /// true and false judgements "failed", and the rate of right ones.
    judged: Option<[String; 5]>,
    /// A cell for each of [`NAMES`](table::analysis::NAMES).
    analysis: Vec<String>,
    /// Success, progress, steps and tokens of each trial.
    by_retry: Vec<[String; 6]>,
    /// Its scores, in the order of [`analysis::abilities`].
    abilities: Vec<String>,
}

/// The template's variables for the comparison of an arm with its control arm.
#[derive(Serialize)]
struct ComparisonView {
    points: String,
    interval: String,
    p: String,
    /// Number of tasks that only the arm solved, and that only the control arm solved.
    only: [u64; 2],
}

/// The cost of an arm by phase.
#[derive(Serialize)]
struct CostView {
    bar: Value,
    parts: Vec<String>,
    total: String,
}

/// The runs, in order.
pub(super) fn runs<'a>(runs: &'a [ReportRun<'_>], results: &'a [Results]) -> Vec<RunView<'a>> {
    let view = |(run, found): (&'a ReportRun<'_>, &'a Results)| RunView {
        name: &run.name,
        rebound: &found.rebound,
        actor: &found.actor.name,
        prompts_sha256: beginning(&found.prompts_sha256),
        settings: settings(&found.settings),
        notes: table::notes(found).into_iter().chain(run.notes.iter().cloned()).collect(),
    };
    runs.iter().zip(results).map(view).collect()
}

/// The task types of all arms, sorted.
pub(super) fn kinds<'a>(columns: &Columns<'a>) -> Vec<&'a str> {
    let kinds = columns.all.iter().flat_map(|column| &column.results.success_by_kind);
    kinds.map(|success| success.kind.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The arms of all runs, in the order of the columns.
pub(super) fn arms(
    columns: &Columns<'_>,
    results: &[Results],
) -> Result<Vec<ArmView>, ReportError> {
    let (kinds, abilities) = (kinds(columns), analysis::abilities(columns));
    let most = |phases: fn(&ArmResults) -> Phases| {
        let sums = columns.all.iter().map(|column| phases(column.results).iter().sum());
        sums.max().unwrap_or(0)
    };
    let (tokens_most, time_most) = (most(tokens), most(time_us));
    let view = |column: &Column<'_>| {
        let arm = column.results;
        let comparisons = &results[column.run].comparisons;
        let comparison = comparisons.iter().find(|found| found.arm == arm.strategy);
        Ok(ArmView {
            label: columns.label(column),
            legend: Value::from_safe_string(plot::legend(column.index)?),
            what: what(column, &results[column.run].settings),
            success: success(arm),
            comparison: comparison.map(ComparisonView::new),
            by_kind: kinds.iter().map(|kind| success_with(arm, kind)).collect(),
            tokens: cost(tokens(arm), tokens_most, table::thousands)?,
            time: cost(time_us(arm), time_most, seconds)?,
            judged: arm.judged.as_ref().map(judged),
            analysis: arm.analysis.iter().flat_map(cells).collect(),
            by_retry: analysis::by_retry(arm),
            abilities: analysis::scores(arm, &abilities),
        })
    };
    columns.all.iter().map(view).collect()
}

/// The parts of a bar, in the order of the plot's colors.
type Phases = [u64; plot::PHASE_COLORS.len()];

/// Numbers of tokens: of acting the cached prompt tokens, computed prompt tokens and
/// generated tokens; of reflecting the prompt and generated tokens; of judging all.
fn tokens(arm: &ArmResults) -> Phases {
    let (acting, reflecting, judging) = (&arm.acting, &arm.reflecting, judging(arm));
    [
        acting.cache.cached,
        acting.cache.computed,
        acting.tokens.generated,
        reflecting.cache.cached + reflecting.cache.computed,
        reflecting.tokens.generated,
        judging.tokens.prompt + judging.tokens.generated,
    ]
}

/// Times: environment, prompts and answers of acting, those of reflecting, all of judging.
fn time_us(arm: &ArmResults) -> Phases {
    let (acting, reflecting) = (&arm.acting.times_us, &arm.reflecting.times_us);
    let judging = judging(arm).times_us;
    [
        acting.environment,
        acting.prefill,
        acting.decode,
        reflecting.prefill,
        reflecting.decode,
        judging.prefill + judging.decode,
    ]
}

fn judging(arm: &ArmResults) -> CostResults {
    arm.judged.map_or(CostResults::default(), |judged| judged.cost)
}

fn judged(judged: &Judged) -> [String; 5] {
    let counts =
        [judged.true_completed, judged.false_completed, judged.true_failed, judged.false_failed];
    let [a, b, c, d] = counts.map(|count| count.to_string());
    [a, b, c, d, table::rate_text(&judged.right)]
}

fn cost(parts: Phases, most: u64, text: fn(u64) -> String) -> Result<CostView, ReportError> {
    Ok(CostView {
        bar: Value::from_safe_string(plot::bar(&parts, most)?),
        parts: parts.into_iter().map(text).collect(),
        total: text(parts.iter().sum()),
    })
}

impl ComparisonView {
    fn new(found: &Comparison) -> Self {
        let [points, interval, p] = table::comparison_parts(found);
        Self { points, interval, p, only: [found.only_arm, found.only_control] }
    }
}

/// The differences of arms to their run's control arm after each trial, by the arm's index.
pub(super) fn differences(columns: &Columns<'_>) -> Vec<(usize, Vec<Difference>)> {
    let of = |column: &Column<'_>| {
        let mut beside = columns.all.iter().filter(|other| other.run == column.run);
        let control = beside.find(|other| comparison::is_control(other.results))?;
        Some((column.index, comparison::by_trial(column.results, control.results)))
    };
    let all = columns.all.iter().filter_map(of);
    all.filter(|(_, found)| !found.is_empty()).collect()
}

fn success(arm: &ArmResults) -> Vec<[String; 2]> {
    arm.success_by_trial.iter().map(|found| table::rate_parts(&found.rate)).collect()
}

fn success_with(arm: &ArmResults, kind: &str) -> String {
    let found = arm.success_by_kind.iter().find(|success| success.kind == kind);
    found.map_or_else(String::new, |success| table::rate_text(&success.rate))
}

fn settings(settings: &serde_json::Value) -> Vec<(&str, String)> {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let members = settings.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), text(value))).collect()
}

fn seconds(us: u64) -> String {
    format!("{:.1} s", us as f64 / 1e6)
}
