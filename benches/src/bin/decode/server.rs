//! llama.cpp's own server at the same prompts.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{Options, prompt};

/// The loop on llama.cpp's server.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/llama_cpp_decode.py");

/// What the script prints.
#[derive(Deserialize)]
struct Generated {
    tokens_per_second: f64,
}

/// Generated tokens a second of so many sequences each; none without a Python.
pub(crate) fn measure(options: &Options, sequences: &[u32]) -> Result<Vec<Option<f64>>> {
    sequences.iter().map(|&sequences| best(options, sequences)).collect()
}

/// The better of both kinds of attention.
fn best(options: &Options, sequences: u32) -> Result<Option<f64>> {
    let kinds = ["auto", "off"].map(|flash| generated(options, sequences, flash));
    let kinds: Vec<Option<f64>> = kinds.into_iter().collect::<Result<_>>()?;
    Ok(kinds.into_iter().flatten().reduce(f64::max))
}

fn generated(options: &Options, sequences: u32, flash: &str) -> Result<Option<f64>> {
    let Some(python) = &options.python else { return Ok(None) };
    let prompts: Vec<String> = (0..sequences).map(prompt).collect();
    let mut command = Command::new(python);
    command.arg(SCRIPT).arg(&options.model).arg(serde_json::to_string(&prompts)?);
    let numbers = [options.threads.get(), options.tokens].map(|number| number.to_string());
    command.args(numbers).args([options.repetitions.to_string(), flash.to_owned()]);
    let output = command.stderr(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", python.display()))?;
    ensure!(output.status.success(), "{SCRIPT} failed; it needs xllamacpp from PyPI");
    let text = String::from_utf8(output.stdout)?;
    let found: Generated = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    Ok(Some(found.tokens_per_second))
}
