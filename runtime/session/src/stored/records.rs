//! What the logs of a stored run hold, for other programs.

use std::io::Write;
use std::path::Path;

use runtime_evaluation::export;
use serde_json::{Map, Value};

use crate::program::Surroundings;
use crate::stored;

/// Writes a line of JSON for each finished trial.
pub fn export(run: &Path, out: &mut dyn Write, surroundings: &Surroundings) -> anyhow::Result<()> {
    for history in stored::read(run, surroundings)?.histories {
        for trial in export::trials(&history) {
            writeln!(out, "{trial}")?;
        }
    }
    Ok(())
}

/// Counts of tasks, trials, steps and tokens, by arm.
pub fn statistics(run: &Path, surroundings: &Surroundings) -> anyhow::Result<Value> {
    let mut arms = Map::new();
    for history in stored::read(run, surroundings)?.histories {
        let statistics = serde_json::to_value(export::statistics(&history))?;
        arms.insert(history.run.strategy, statistics);
    }
    Ok(Value::Object(arms))
}
