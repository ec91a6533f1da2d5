//! CSV with a row for each trial: RFC 4180, with names in the first row.
//!
//! Spreadsheets read a cell that begins with `=`, `+`, `-` or `@` as a
//! formula, in their wide forms and behind spaces too. Such a text is prefixed
//! by an apostrophe, which makes it a text. Hidden characters are spelled out.

use runtime_core::visible::visible;

use super::column::{Column, Columns};
use super::{ReportError, ReportRun, results};
use crate::results::cost::CostResults;
use crate::results::task::{TaskResults, TrialResults};

const NAMES: [&str; 31] = [
    "run",
    "environment",
    "strategy",
    "task",
    "kind",
    "trial",
    "success",
    "judged",
    "return",
    "progress",
    "ending",
    "steps",
    "steps_malformed",
    "acting_prompt_tokens",
    "acting_computed_tokens",
    "acting_generated_tokens",
    "acting_prefill_us",
    "acting_decode_us",
    "environment_us",
    "reflecting_prompt_tokens",
    "reflecting_computed_tokens",
    "reflecting_generated_tokens",
    "reflecting_prefill_us",
    "reflecting_decode_us",
    "judging_prompt_tokens",
    "judging_computed_tokens",
    "judging_generated_tokens",
    "judging_prefill_us",
    "judging_decode_us",
    "feedback",
    "reflection",
];

/// The finished trials of some runs.
pub fn csv(runs: &[ReportRun<'_>]) -> Result<String, ReportError> {
    let results = results(runs)?;
    let mut text = NAMES.join(",") + "\r\n";
    for column in &Columns::new(runs, &results).all {
        for (place, task) in column.results.tasks.iter().enumerate() {
            for trial in &task.trials {
                text += &row(column, (place, task), trial).join(",");
                text += "\r\n";
            }
        }
    }
    Ok(text)
}

fn row(
    column: &Column<'_>,
    (place, task): (usize, &TaskResults),
    trial: &TrialResults,
) -> [String; NAMES.len()] {
    let acting = trial.cost;
    let judging = trial.judgement.map_or(CostResults::default(), |found| found.cost);
    let judged = trial.judgement.map(|found| u8::from(found.completed).to_string());
    let reflecting = trial.reflection.as_ref().map_or(CostResults::default(), |found| found.cost);
    let played = &column.history.tasks[place].trials[trial.trial as usize - 1];
    [
        quoted(column.run_name),
        quoted(column.environment),
        quoted(&column.results.strategy),
        quoted(&task.id),
        quoted(&task.kind),
        trial.trial.to_string(),
        u8::from(task.solved_at == Some(trial.trial)).to_string(),
        judged.unwrap_or_default(),
        trial.episode_return.to_string(),
        trial.progress.to_string(),
        quoted(&trial.ending),
        trial.steps.to_string(),
        trial.malformed.to_string(),
        acting.tokens.prompt.to_string(),
        acting.cache.computed.to_string(),
        acting.tokens.generated.to_string(),
        acting.times_us.prefill.to_string(),
        acting.times_us.decode.to_string(),
        acting.times_us.environment.to_string(),
        reflecting.tokens.prompt.to_string(),
        reflecting.cache.computed.to_string(),
        reflecting.tokens.generated.to_string(),
        reflecting.times_us.prefill.to_string(),
        reflecting.times_us.decode.to_string(),
        judging.tokens.prompt.to_string(),
        judging.cache.computed.to_string(),
        judging.tokens.generated.to_string(),
        judging.times_us.prefill.to_string(),
        judging.times_us.decode.to_string(),
        quoted(&played.trajectory.feedback),
        quoted(trial.reflection.as_ref().map_or("", |found| &found.text)),
    ]
}

/// A text as a quoted cell that is never a formula.
pub(super) fn quoted(text: &str) -> String {
    let text = visible(text);
    let begun = text.trim_start();
    let formula = begun.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let formula = formula || text.starts_with(['\t', '\n']);
    let guard = if formula { "'" } else { "" };
    if formula || text.contains([',', ';', '"', '\t', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}
