//! A run's file: the same keys as the flags, checked as they are, with paths from its folder.

use std::path::{Path, PathBuf};

use anyhow::Context;
use models::paths;
use runtime_core::strategy::{Strategy, UnknownName};
use runtime_store::sealed;
use serde::{Deserialize, Serialize};

use super::keys::Text;
use super::{RunOptions, find};
use crate::kind::RunKind;
use crate::wrong::Wrong;

/// The key of the arms, beside those of the options.
const STRATEGIES: &str = "strategies";

/// A run's file: the options, the arms, and for what.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct RunFile {
    /// Where its paths go from, if not from the file's folder; the program writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<PathBuf>,
    /// The arms, for example `["none", "reflexion"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    strategies: Vec<String>,
    /// What the run is for; the program writes it.
    #[serde(flatten)]
    pub(crate) kind: RunKind,
    /// Everything else.
    #[serde(flatten)]
    pub(crate) options: toml::Table,
}

impl RunFile {
    /// The file of a run, whose paths go from the working folder.
    pub(crate) fn new(
        strategies: &[Strategy],
        kind: RunKind,
        options: &RunOptions,
    ) -> anyhow::Result<Self> {
        let folder = paths::named(Path::new("")).context("cannot tell the working folder")?;
        let strategies = strategies.iter().map(|strategy| strategy.name().to_owned()).collect();
        Ok(Self { folder: Some(folder), strategies, kind, options: options.table()? })
    }

    /// The arms; empty if it names none.
    pub(crate) fn strategies(&self) -> Result<Vec<Strategy>, UnknownName> {
        self.strategies.iter().map(|name| name.parse()).collect()
    }

    /// Its text as it is stored.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        Ok(sealed::toml(&toml::to_string(self)?))
    }

    /// The file with paths from the working folder, which were from `start`.
    fn with_paths_from(self, start: &Path) -> Self {
        Self { folder: None, options: with_paths_from(start, self.options), ..self }
    }
}

/// Reads a run's file; an unknown key is refused, with the nearest known one.
pub(crate) fn read(path: &Path) -> anyhow::Result<RunFile> {
    let text = runtime_files::read_text(path)
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
    let options = table.clone().try_into::<RunOptions>();
    let options = options.map_err(|error| Wrong(error.to_string().trim_end().to_owned()))?;
    options.check()?;
    Ok(options)
}

/// The options of a table whose paths go from `start`, with paths from the working folder.
pub(crate) fn with_paths_from(start: &Path, mut table: toml::Table) -> toml::Table {
    let is_remote = |name: &str| name.starts_with("remote:");
    let all_remote = table.get("engine").and_then(toml::Value::as_str) == Some("remote");
    for (key, value) in &mut table {
        let toml::Value::String(text) = value else { continue };
        match find(key).map_or(Text::Plain, |key| key.text) {
            Text::Path => *text = paths::from(start, Path::new(text)).display().to_string(),
            Text::NameOrFile if !all_remote && !is_remote(text) => {
                *text = paths::named_or_from(start, text);
            }
            Text::NameOrFile | Text::Plain => {}
        }
    }
    table
}

fn check_key(key: &str, text: &str) -> Result<(), Wrong> {
    if key == STRATEGIES || find(key).is_some() {
        return Ok(());
    }
    let known: Vec<&str> = super::keys().map(|key| key.name).chain([STRATEGIES]).collect();
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
