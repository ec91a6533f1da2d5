//! What runs are called.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use runtime_store::claim::Claim;
use runtime_store::plain::check_plain;
use serde::{Deserialize, Serialize};

use crate::circumstances;
use crate::options::RunOptions;

/// Where runs lie whose folders are not named themselves.
const RUNS: &str = "runs";

/// The name of a folder in `runs`: one part of a path, on each system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct RunName(String);

impl RunName {
    /// The folder of that name.
    pub(crate) fn folder(&self) -> PathBuf {
        Path::new(RUNS).join(&self.0)
    }
}

impl FromStr for RunName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let is_apart = |part: char| matches!(part, '/' | '\\' | ':') || part.is_control();
        if name.trim().is_empty() || name == "." || name == ".." || name.contains(is_apart) {
            return Err(format!(
                "{name:?} is no folder's name, expected one without / \\ and : such as demo; a \
                 path is for --out"
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for RunName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<RunName> for String {
    fn from(RunName(name): RunName) -> Self {
        name
    }
}

/// Claims the folder that the options name, whatever is in it; where they name none, makes one
/// that is called after the environment and the time.
pub(crate) fn claim(options: &RunOptions, environment: &str) -> anyhow::Result<Claim> {
    let process = circumstances::process();
    let folder = match (&options.out, &options.name) {
        (Some(out), _) => out.clone(),
        (None, Some(name)) => name.folder(),
        (None, None) => {
            let name = default_name(environment, &circumstances::now());
            return Ok(Claim::take_new(Path::new(RUNS), &name, &process)?);
        }
    };
    check_plain(&folder)?;
    Claim::take(&folder, &process).context("cannot begin a run")
}

/// Sorts by time, and can be a folder's name wherever the environment came from.
fn default_name(environment: &str, now: &str) -> String {
    let can_stand = |part: char| part.is_ascii_alphanumeric() || part == '_';
    let environment = environment.replace(|part| !can_stand(part), "-");
    format!("{environment}-{}", now.trim_end_matches('Z').replace(':', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_a_path() {
        for name in ["demo", "a b", "2026-11-23", "..a", "é"] {
            assert_eq!(name.parse(), Ok(RunName(name.into())));
        }
        for name in ["", " ", ".", "..", "a/b", "/a", "a\\b", "c:", "a\nb"] {
            let refused = name.parse::<RunName>().unwrap_err();
            assert!(refused.contains("is no folder's name"), "{refused}");
        }
    }

    #[test]
    fn a_default_name_says_the_environment_and_the_time() {
        let name = default_name("household", "2026-11-23T01:15:02Z");

        assert_eq!(name, "household-2026-11-23T01-15-02");
        assert_eq!(default_name("../x", "2026-11-23T01:15:02Z"), "---x-2026-11-23T01-15-02");
    }
}
