//! Renders the page: templates, style and script in one text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, escape_formatter};
use runtime_core::visible::visible;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::about::AboutView;
use super::column::Columns;
use super::learning::LearningView;
use super::overview::{self, ArmView, RunView};
use super::tasks::{self, RowView};
use super::{
    PageContents, ReportError, TranscriptReader, analysis, details, plot, trajectories, verdict,
};
use crate::table::analysis::NAMES;

/// The first one includes the others.
const TEMPLATES: [(&str, &str); 7] = [
    ("page.html", include_str!("page/page.html")),
    ("learning.html", include_str!("page/learning.html")),
    ("overview.html", include_str!("page/overview.html")),
    ("analysis.html", include_str!("page/analysis.html")),
    ("costs.html", include_str!("page/costs.html")),
    ("tasks.html", include_str!("page/tasks.html")),
    ("dialogs.html", include_str!("page/dialogs.html")),
];
const STYLE: &str = concat!(
    include_str!("page/page.css"),
    include_str!("page/task.css"),
    include_str!("page/narrow.css")
);
/// The script: its parts concatenated, so that they share names.
const SCRIPT: &str = concat!(
    "(() => {\n",
    include_str!("page/data.js"),
    include_str!("page/tasks.js"),
    include_str!("page/search.js"),
    include_str!("page/step.js"),
    include_str!("page/trial.js"),
    include_str!("page/dialog.js"),
    include_str!("page/keys.js"),
    include_str!("page/save.js"),
    "})();\n",
);

/// The variables of the templates.
#[derive(Serialize)]
struct Page<'a> {
    style: Value,
    script: Value,
    /// The hash of the script in the content security policy.
    script_sha256: String,
    arm_colors: Vec<String>,
    phase_colors: Vec<String>,
    about: Vec<AboutView<'a>>,
    runs: Vec<RunView<'a>>,
    arms: Vec<ArmView>,
    trials: Vec<u32>,
    kinds: Vec<&'a str>,
    /// The rounds of a learning loop with their verdict.
    learning: Option<LearningView<'a>>,
    learning_verdict: Option<String>,
    success_plot: Value,
    /// The plot of differences; empty without a control arm.
    difference_plot: Value,
    /// Greatest number of arms that one run compares with its control arm; 0 without one.
    comparisons_max: usize,
    /// The methods of the intervals of differences.
    interval: String,
    progress_plot: Value,
    /// The plot by task type; empty if there is only one.
    kind_plot: Value,
    analysis_names: [&'static str; NAMES.len()],
    abilities: Vec<&'a str>,
    rows: Vec<RowView<'a>>,
    trajectories: Value,
    details: Value,
}

/// The whole page.
pub(super) fn render(
    told: &PageContents<'_>,
    reader: &mut dyn TranscriptReader,
) -> Result<String, ReportError> {
    let columns = Columns::new(told.runs, told.results);
    let rows = tasks::rows(&columns);
    let page = page(told, &columns, &rows, reader)?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // What is no text of the page's own is made visible, and escaped then.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(out, state, &Value::from(&*visible(text)))
        }
        _ => escape_formatter(out, state, value),
    });
    for (name, template) in TEMPLATES {
        environment.add_template(name, template)?;
    }
    Ok(environment.get_template(TEMPLATES[0].0)?.render(Serde(page))?)
}

fn page<'a>(
    told: &PageContents<'a>,
    columns: &'a Columns<'a>,
    rows: &'a [tasks::TaskRow<'a>],
    reader: &mut dyn TranscriptReader,
) -> Result<Page<'a>, ReportError> {
    let trials_max = columns.all.iter().map(|column| column.results.trials_max()).max();
    let kinds = overview::kinds(columns);
    let differences = overview::differences(columns);
    let comparisons = told.results.iter().flat_map(|found| &found.comparisons);
    let drawn = |is_shown: bool, draw: &dyn Fn() -> Result<String, ReportError>| {
        let svg = if is_shown { draw()? } else { String::new() };
        Ok::<_, ReportError>(Value::from_safe_string(svg))
    };
    let (trajectories, texts) = trajectories::json(columns, rows)?;
    Ok(Page {
        style: Value::from_safe_string(STYLE.into()),
        script: Value::from_safe_string(SCRIPT.into()),
        script_sha256: STANDARD.encode(Sha256::digest(SCRIPT)),
        arm_colors: plot::ARM_COLORS.map(plot::hexadecimal).into(),
        phase_colors: plot::PHASE_COLORS.map(plot::hexadecimal).into(),
        about: told
            .runs
            .iter()
            .zip(told.results)
            .map(|(run, found)| AboutView::new(run, found))
            .collect(),
        runs: overview::runs(told.runs, told.results),
        arms: overview::arms(columns, told.results)?,
        trials: (1..=trials_max.unwrap_or(0)).collect(),
        learning: told.learning.map(LearningView::new).transpose()?,
        learning_verdict: told.learning.and_then(verdict::of_learning),
        success_plot: drawn(true, &|| plot::success(&columns.all))?,
        difference_plot: drawn(!differences.is_empty(), &|| plot::differences(&differences))?,
        comparisons_max: told
            .results
            .iter()
            .map(|found| found.comparisons.len())
            .max()
            .unwrap_or(0),
        interval: comparisons.map(|found| found.interval.to_string()).next().unwrap_or_default(),
        progress_plot: drawn(true, &|| plot::progress(&columns.all))?,
        kind_plot: drawn(kinds.len() > 1, &|| plot::success_by_kind(&columns.all, &kinds))?,
        kinds,
        analysis_names: NAMES,
        abilities: analysis::abilities(columns),
        rows: rows.iter().map(|row| RowView::new(row, columns)).collect(),
        trajectories: Value::from_safe_string(trajectories),
        details: Value::from_safe_string(details::json((columns, rows), texts, reader)?),
    })
}
