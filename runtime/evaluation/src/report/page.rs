//! The page: template, style and script in one text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::column::Columns;
use super::learning::LearningView;
use super::overview::{self, ArmView, RunView};
use super::tasks::{self, RowView};
use super::{ReportError, ReportRun, plot, trajectories};
use crate::learning::state::Learning;
use crate::results::Results;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the template reads.
#[derive(Serialize)]
struct Page<'a> {
    style: Value,
    script: Value,
    /// What the policy knows the script by.
    script_sha256: String,
    arm_colors: Vec<String>,
    phase_colors: Vec<String>,
    runs: Vec<RunView<'a>>,
    arms: Vec<ArmView>,
    trials: Vec<u32>,
    kinds: Vec<&'a str>,
    /// What a learning loop's rounds came to.
    learning: Option<LearningView<'a>>,
    success_plot: Value,
    progress_plot: Value,
    rows: Vec<RowView<'a>>,
    trajectories: Value,
}

/// The whole page.
pub(super) fn render(
    runs: &[ReportRun<'_>],
    results: &[Results],
    columns: &Columns<'_>,
    learning: Option<&Learning>,
) -> Result<String, ReportError> {
    let rows = tasks::rows(columns);
    let trials_max = columns.all.iter().map(|column| column.results.trials_max()).max();
    let page = Page {
        style: Value::from_safe_string(STYLE.into()),
        script: Value::from_safe_string(SCRIPT.into()),
        script_sha256: STANDARD.encode(Sha256::digest(SCRIPT)),
        arm_colors: plot::ARM_COLORS.map(plot::hexadecimal).into(),
        phase_colors: plot::PHASE_COLORS.map(plot::hexadecimal).into(),
        runs: overview::runs(runs, results),
        arms: overview::arms(columns, results)?,
        trials: (1..=trials_max.unwrap_or(0)).collect(),
        kinds: overview::kinds(columns),
        learning: learning.map(LearningView::new).transpose()?,
        success_plot: Value::from_safe_string(plot::success(&columns.all)?),
        progress_plot: Value::from_safe_string(plot::progress(&columns.all)?),
        rows: rows.iter().map(|row| RowView::new(row, columns)).collect(),
        trajectories: Value::from_safe_string(trajectories::json(columns, &rows)?),
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page.html", TEMPLATE)?;
    Ok(environment.get_template("page.html")?.render(Serde(page))?)
}
