//! A run's file: the same keys as the flags, checked as they are, with paths from its folder.

use std::any::TypeId;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Arg, CommandFactory};
use models::paths;
use runtime_store::sealed;
use serde::{Deserialize, Serialize};

use super::{Collection, Demonstration, NAME_OR_FILE, RunOptions};
use crate::values::Wrong;

/// A command line of only these options, for the names of its arguments.
#[derive(clap::Parser)]
struct Keys {
    #[command(flatten)]
    options: RunOptions,
    /// The strategies, where the file says them.
    #[arg(long)]
    strategies: Option<String>,
}

/// A run's file: the options and the arms.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct RunFile {
    /// Where its paths go from, if not from the file's folder; the program writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<PathBuf>,
    /// The arms, for example `["none", "reflexion"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) strategies: Vec<String>,
    /// Written by `rebound demonstrate`, whose runs are of another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) demonstration: Option<Demonstration>,
    /// Written by `rebound collect`, whose runs are of another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) collection: Option<Collection>,
    /// Everything else.
    #[serde(flatten)]
    pub(crate) options: toml::Table,
}

impl RunFile {
    /// The file with paths from the working folder, which were from `start`.
    fn with_paths_from(self, start: &Path) -> Self {
        Self { folder: None, options: with_paths_from(start, self.options), ..self }
    }

    /// Its text, whose paths go from the working folder.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let folder = paths::named(Path::new("")).context("cannot tell the working folder")?;
        Ok(sealed::toml(&toml::to_string(&Self { folder: Some(folder), ..self.clone() })?))
    }
}

/// Reads a run's file; an unknown key is refused, with the nearest known one.
pub(crate) fn read(path: &Path) -> anyhow::Result<RunFile> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the run's file {}", path.display()))?;
    let file = parse(path, &text)?;
    let start = paths::start(path, file.folder.as_deref());
    Ok(file.with_paths_from(&start))
}

/// Reads the file that the program stored with a run, which must be what was written.
pub(crate) fn read_stored(path: &Path) -> anyhow::Result<RunFile> {
    let file = parse(path, &sealed::read_toml(path)?)?;
    let start = paths::start_of_stored(file.folder.as_deref());
    Ok(file.with_paths_from(&start))
}

fn parse(path: &Path, text: &str) -> anyhow::Result<RunFile> {
    let in_file = || format!("in the run's file {}", path.display());
    let file: RunFile = toml::from_str(text).with_context(in_file)?;
    from_table(&file.options, text).with_context(in_file)?;
    Ok(file)
}

/// The options of a table that stands in this text.
pub(crate) fn from_table(table: &toml::Table, text: &str) -> anyhow::Result<RunOptions> {
    table.keys().try_for_each(|key| check_key(key, text))?;
    let options = table.clone().try_into()?;
    table.iter().try_for_each(|(key, value)| check_value(key, value))?;
    Ok(options)
}

/// A file's value may be what the flag's may.
fn check_value(key: &str, value: &toml::Value) -> Result<(), Wrong> {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let asked = ["file".to_owned(), format!("--{key}={value}")];
    let Err(error) = Keys::command().try_get_matches_from(asked) else { return Ok(()) };
    let told = error.render().to_string();
    let (told, _) = told.split_once("\n\nFor more").unwrap_or((&told, ""));
    Err(Wrong(told.trim_start_matches("error: ").to_owned()))
}

/// The options of a table whose paths go from `start`, with paths from the working folder.
pub(crate) fn with_paths_from(start: &Path, mut table: toml::Table) -> toml::Table {
    let is_named = |arg: &Arg| arg.get_value_names().is_some_and(|names| names == [NAME_OR_FILE]);
    let is_path = |arg: &Arg| arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    let is_remote = |name: &str| name.starts_with("remote:");
    let all_remote = table.get("engine").and_then(toml::Value::as_str) == Some("remote");
    for arg in Keys::command().get_arguments() {
        let value = arg.get_long().and_then(|key| table.get_mut(key));
        let Some(toml::Value::String(text)) = value else { continue };
        if is_path(arg) {
            *text = paths::from(start, Path::new(text)).display().to_string();
        } else if is_named(arg) && !all_remote && !is_remote(text) {
            *text = paths::named_or_from(start, text);
        }
    }
    table
}

fn check_key(key: &str, text: &str) -> Result<(), Wrong> {
    let command = Keys::command();
    let known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    if known.contains(&key) {
        return Ok(());
    }
    let line = text.lines().position(|line| line.trim_start().starts_with(key)).unwrap_or(0) + 1;
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, key), *name))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    let advice = nearest.map_or_else(
        || format!("known are {}", known.join(", ")),
        |(_, name)| format!("did you mean `{name}`?"),
    );
    Err(Wrong(format!("line {line}: unknown key `{key}`; {advice}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        format!("{:#}", read(&path).unwrap_err())
    }

    #[test]
    fn a_misspelt_key_is_refused_with_a_suggestion() {
        let message = refused("seed = 3\ntemprature = 0.5\n");

        assert!(message.contains("line 2: unknown key `temprature`"), "{message}");
        assert!(message.contains("did you mean `temperature`?"), "{message}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        assert!(refused("seed = \"x\"\n").contains("invalid type: string \"x\", expected u64"));
    }
}
