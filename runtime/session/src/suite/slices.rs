//! The slices of the suites: data, in `suites.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use anyhow::Context;
use runtime_core::error::with_sources;
use runtime_core::task::Limits;
use runtime_environments::entry::{EnvironmentOptions, WorldEntry};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::WorldError;
use runtime_environments::worlds::WORLDS;
use runtime_evaluation::card::Skipped;
use serde::Deserialize;

use crate::wrong;

const SUITES: &str = include_str!("suites.toml");

/// A suite by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuiteName {
    /// Some minutes.
    Quick,
    /// Hours.
    Full,
}

impl SuiteName {
    /// All of them, the shortest first.
    pub const ALL: [Self; 2] = [Self::Quick, Self::Full];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for SuiteName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for SuiteName {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        let known = wrong::known("suite", name, &Self::ALL.map(Self::name))?;
        let found = Self::ALL.into_iter().find(|suite| suite.name() == known);
        found.context("a known name is one of all")
    }
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suites {
    version: u32,
    seed: u64,
    /// Worlds in no suite.
    apart: Vec<String>,
    quick: Slices,
    full: Slices,
}

/// The slices of a suite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slices {
    #[allow(dead_code, reason = "it is for readers of the file")]
    about: String,
    other: Slice,
    worlds: BTreeMap<String, Slice>,
}

/// Some tasks of a world, and how they are played.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slice {
    split: Option<String>,
    tasks: NonZeroU32,
    steps: Option<NonZeroU32>,
    trials: NonZeroU32,
}

/// A slice of a world whose data are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlayedSlice {
    /// The world.
    pub(super) world: &'static str,
    /// The split.
    pub(super) split: String,
    /// Number of tasks.
    pub(super) tasks: u32,
    /// Greatest number of steps.
    pub(super) steps: NonZeroU32,
    /// Greatest number of trials.
    pub(super) trials: NonZeroU32,
}

/// What a suite plays on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// The version of the slices.
    pub(super) version: u32,
    /// The seed of all runs.
    pub(super) seed: u64,
    /// What is played, in the registry's order.
    pub(super) slices: Vec<PlayedSlice>,
    /// What is not, and why.
    pub(super) skipped: Vec<Skipped>,
}

impl Program {
    /// A suite's, with worlds opened by these options.
    pub(super) fn of(name: SuiteName, options: &EnvironmentOptions) -> anyhow::Result<Self> {
        let suites: Suites = toml::from_str(SUITES).context("in the suites")?;
        let Suites { version, seed, apart, quick, full } = suites;
        let of_suite = match name {
            SuiteName::Quick => quick,
            SuiteName::Full => full,
        };
        let (mut slices, mut skipped) = (Vec::new(), Vec::new());
        for entry in WORLDS.iter().filter(|entry| !apart.iter().any(|name| name == entry.name)) {
            let slice = of_suite.worlds.get(entry.name).unwrap_or(&of_suite.other);
            match here(entry, slice, (seed, options)) {
                Ok(slice) => slices.push(slice),
                Err(why) => skipped.push(Skipped { world: entry.name.to_owned(), why }),
            }
        }
        Ok(Self { version, seed, slices, skipped })
    }
}

/// A slice of a world that can be played here, or the reason why it cannot.
fn here(
    entry: &WorldEntry,
    slice: &Slice,
    (seed, options): (u64, &EnvironmentOptions),
) -> Result<PlayedSlice, String> {
    let look = || -> Result<PlayedSlice, WorldError> {
        let world = (entry.open)(options)?;
        let split = slice.split.clone().unwrap_or_else(|| world.default_split().to_owned());
        let limits = Limits::default();
        world.tasks(&TaskSelection { split: split.clone(), count: Some(1), seed, limits })?;
        let usual = NonZeroU32::new(world.default_steps_max(&split)).unwrap_or(NonZeroU32::MIN);
        let (world, steps) = (entry.name, slice.steps.unwrap_or(usual));
        Ok(PlayedSlice { world, split, tasks: slice.tasks.get(), steps, trials: slice.trials })
    };
    look().map_err(|error| {
        let reason = with_sources(&error);
        match entry.data {
            Some(data) => format!("{reason}; `rebound data pull {data}` brings what it needs"),
            None => reason,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_data_the_worlds_that_need_some_are_skipped_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let data = Some(folder.path().to_owned());
        let options = EnvironmentOptions { data, ..EnvironmentOptions::default() };

        let suites: Suites = toml::from_str(SUITES).unwrap();
        let is_apart = |entry: &WorldEntry| suites.apart.iter().any(|name| name == entry.name);

        for name in SuiteName::ALL {
            let program = Program::of(name, &options).unwrap();

            let played: Vec<&str> = program.slices.iter().map(|slice| slice.world).collect();
            assert!(played.contains(&"household"), "{played:?}");
            let of = |entry: &&WorldEntry| !is_apart(entry) && entry.data.is_some();
            for entry in WORLDS.iter().filter(of) {
                let skipped = program.skipped.iter().find(|skipped| skipped.world == entry.name);
                let why = &skipped.unwrap().why;
                assert!(why.contains("rebound data pull"), "{why}");
            }
            let all = program.slices.len() + program.skipped.len();
            assert_eq!(all, WORLDS.iter().filter(|entry| !is_apart(entry)).count());
        }
    }

    #[test]
    fn every_world_has_a_split_of_its_slice() {
        let suites: Suites = toml::from_str(SUITES).unwrap();
        for (name, slice) in suites.quick.worlds.iter().chain(&suites.full.worlds) {
            let Some(entry) = WORLDS.iter().find(|entry| entry.name == name) else { continue };
            let options = EnvironmentOptions::default();
            // What needs data names its splits only with them.
            if let (Ok(world), Some(split)) = ((entry.open)(&options), &slice.split) {
                assert!(world.split(split).is_ok(), "{name} {split}");
            }
        }
    }

    #[test]
    fn a_suite_is_found_by_its_name_alone() {
        assert_eq!("Quick".parse::<SuiteName>().unwrap(), SuiteName::Quick);
        let wrong = "quik".parse::<SuiteName>().unwrap_err().to_string();
        assert!(wrong.contains("did you mean quick?"), "{wrong}");
    }
}
