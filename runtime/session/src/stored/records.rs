//! What the logs of a stored run hold, for other programs.

use std::io::Write;
use std::path::Path;

#[cfg(feature = "tables")]
use anyhow::Context;
use runtime_evaluation::export;
#[cfg(feature = "tables")]
use runtime_evaluation::tables::{self, Table};
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

/// Writes the tables of a run into a folder, as Parquet; returns each one's name and rows.
#[cfg(feature = "tables")]
pub fn tables(
    run: &Path,
    folder: &Path,
    surroundings: &Surroundings,
) -> anyhow::Result<Vec<(&'static str, u64)>> {
    let histories = stored::read(run, surroundings)?.histories;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let write = |table: Table| {
        let path = folder.join(format!("{}.parquet", table.name()));
        let cannot = || format!("cannot write {}", path.display());
        let file = std::fs::File::create(&path).with_context(cannot)?;
        let rows = tables::write(table, &histories, file).with_context(cannot)?;
        Ok((table.name(), rows))
    };
    Table::ALL.into_iter().map(write).collect()
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
