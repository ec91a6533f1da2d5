//! What runs are called.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where runs lie whose folders are not named themselves.
pub(crate) const RUNS: &str = "runs";

/// The name of a folder in `runs`: one part of a path, on each system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunName(String);

impl RunName {
    /// The folder of that name.
    pub fn folder(&self) -> PathBuf {
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
}
