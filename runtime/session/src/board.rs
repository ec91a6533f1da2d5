//! Boards: the memory budget and settings of a device, as a TOML file.

use std::num::NonZeroU32;
use std::path::Path;
use std::str::FromStr;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::wrong::{self, Wrong};

/// The built-in boards by name.
const BOARDS: [(&str, &str); 5] = [
    ("laptop", include_str!("../../../targets/boards/laptop.toml")),
    ("raspberry-pi-5", include_str!("../../../targets/boards/raspberry-pi-5.toml")),
    ("raspberry-pi-4", include_str!("../../../targets/boards/raspberry-pi-4.toml")),
    ("jetson-orin-nano", include_str!("../../../targets/boards/jetson-orin-nano.toml")),
    ("phone-8gb", include_str!("../../../targets/boards/phone-8gb.toml")),
];

/// A device's budgets and choices.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// A description.
    pub about: String,
    /// The memory budget of models, in MiB.
    pub memory_mib: NonZeroU32,
    /// The inference engine.
    pub engine: String,
    /// Number of CPU threads.
    pub threads: NonZeroU32,
    /// Number of episodes played in parallel.
    pub parallel: NonZeroU32,
    /// Context length of each episode in tokens.
    pub context_tokens: NonZeroU32,
    /// Greatest number of tokens in a batch.
    pub micro_batch: NonZeroU32,
    /// The format of stored keys and values.
    pub cache: CacheFormat,
    /// What `make cross-aarch64` may use of its processor, as GCC's `-march` takes it; absent
    /// where nothing is built for it from afar. It decides nothing of a run.
    #[serde(default, skip_serializing)]
    #[allow(dead_code, reason = "the Makefile reads it")]
    arch: Option<String>,
}

/// The format of stored keys and values.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheFormat {
    /// 4 bytes a value.
    F32,
    /// 2 bytes a value.
    F16,
    /// 1.06 bytes a value.
    Q8_0,
}

impl CacheFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Q8_0];

    /// The name that files and flags use.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
        }
    }
}

impl FromStr for CacheFormat {
    type Err = Wrong;

    fn from_str(name: &str) -> Result<Self, Wrong> {
        let known = wrong::known("cache", name, &Self::ALL.map(Self::name))?;
        Ok(Self::ALL.into_iter().find(|format| format.name() == known).unwrap_or(Self::F16))
    }
}

impl Board {
    /// The board of this name, ignoring case, or of a file.
    pub fn find(name: &str) -> anyhow::Result<Self> {
        if let Some((_, text)) = BOARDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return toml::from_str(text).with_context(|| format!("in the board {name}"));
        }
        let path = Path::new(name);
        if path.extension().is_none() && !path.exists() {
            let known: Vec<&str> = BOARDS.iter().map(|(known, _)| *known).collect();
            let nearest = wrong::nearest(name, &known);
            anyhow::bail!(Wrong(format!(
                "there is no board {name}{nearest}; there are {}, or name a TOML file",
                known.join(", ")
            )));
        }
        let text = runtime_files::read_text(path)
            .with_context(|| format!("cannot read the board {name}"))?;
        toml::from_str(&text).with_context(|| format!("in the board {name}"))
    }

    /// The built-in boards with their names.
    pub fn all() -> anyhow::Result<Vec<(&'static str, Self)>> {
        BOARDS.iter().map(|(name, _)| Ok((*name, Self::find(name)?))).collect()
    }

    /// The memory budget of models, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        u64::from(self.memory_mib.get()) << 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_can_be_read() {
        assert_eq!(Board::all().unwrap().len(), BOARDS.len());
    }

    #[test]
    fn an_unknown_board_is_named_with_those_that_there_are() {
        let message = Board::find("raspberry").unwrap_err().to_string();

        assert!(message.contains("raspberry-pi-5"), "{message}");
    }

    #[test]
    fn a_misspelt_key_of_a_board_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, BOARDS[0].1.replace("threads", "thread")).unwrap();

        let message = format!("{:#}", Board::find(path.to_str().unwrap()).unwrap_err());

        assert!(message.contains("unknown field `thread`"), "{message}");
    }
}
