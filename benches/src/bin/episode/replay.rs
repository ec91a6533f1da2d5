//! The same token work as a Python loop on llama.cpp's server does it.

use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use runtime_core::history::{FinishedTrial, RunHistory};
use serde::Deserialize;

use crate::{Options, Row, Share};

/// The loop on llama.cpp's server.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/llama_cpp_episodes.py");

/// For each step the prompt's tokens and how many the answer has.
pub(crate) type Episode = Vec<(Vec<u32>, usize)>;

/// What the script prints.
#[derive(Deserialize)]
struct Replayed {
    trials_per_second: f64,
    prefilled: u64,
    generated: u64,
}

/// The prompts and lengths of answers of all episodes.
pub(crate) fn episodes(history: &RunHistory) -> Vec<Episode> {
    let trials = history.tasks.iter().flat_map(|task| &task.trials);
    let steps = |trial: &FinishedTrial| {
        let steps = trial.trajectory.steps.iter();
        let answers = steps.flat_map(|step| step.decision.generations());
        answers.map(|answer| (answer.prompt_ids.clone(), answer.tokens.len())).collect()
    };
    trials.map(steps).collect()
}

/// The same token work on llama.cpp's server, with each file and kind of attention.
pub(crate) fn rows(
    options: &Options,
    python: &Path,
    episodes: &[Episode],
    parallel: NonZeroU32,
) -> Result<Vec<Row>> {
    let own = std::slice::from_ref(&options.model);
    let files = if options.peer.is_empty() { own } else { &options.peer };
    let each = files.iter().flat_map(|file| ["auto", "off"].map(|flash| (file, flash)));
    each.map(|(file, flash)| {
        let row = replay(options, python, episodes, (parallel, file, flash))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let kind = name.rsplit('-').next().unwrap_or_default();
        Ok(Row { engine: format!("{kind} {flash}"), ..row })
    })
    .collect()
}

fn replay(
    options: &Options,
    python: &Path,
    episodes: &[Episode],
    (parallel, model, flash): (NonZeroU32, &Path, &str),
) -> Result<Row> {
    let mut file = tempfile::NamedTempFile::new()?;
    serde_json::to_writer(&mut file, episodes)?;
    let mut command = Command::new(python);
    command.arg(SCRIPT).arg(model).arg(file.path());
    command.args([parallel.to_string(), options.threads.to_string(), flash.to_owned()]);
    let output = command.stderr(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", python.display()))?;
    ensure!(output.status.success(), "{SCRIPT} failed; it needs xllamacpp from PyPI");
    let text = String::from_utf8(output.stdout)?;
    let found: Replayed = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    let trials = episodes.len();
    let steps: usize = episodes.iter().map(Vec::len).sum();
    Ok(Row {
        engine: "server".to_owned(),
        parallel: parallel.get(),
        trials,
        seconds: trials as f64 / found.trials_per_second,
        shares: None,
        trials_per_second: found.trials_per_second,
        steps_per_trial: steps as f64 / trials as f64,
        prefilled_per_trial: found.prefilled as f64 / trials as f64,
        generated_per_trial: found.generated as f64 / trials as f64,
        first: Share::default(),
        later: Share::default(),
        trimmed: Share::default(),
    })
}
