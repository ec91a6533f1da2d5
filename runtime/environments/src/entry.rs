//! What is said of a world before it is opened.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::world::{World, WorldError};

/// A world, as the registry lists it.
///
/// Whatever the program says of worlds (help, lists, advice) it reads here.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What options and results call it, in lower case.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// How its tasks are named, such as `SPLIT/NUMBER`.
    pub task_ids: &'static str,
    /// The prompts it is played with: a folder of `runtime/agent/prompts`.
    pub prompts: &'static str,
    /// The data set it is played from, by its name in `models/data`, where it needs one.
    pub data: Option<&'static str>,
    /// What it can be told beside what all worlds can: flags and keys of a run's file.
    pub options: &'static [WorldOption],
    /// Whether [`crate::expert`] knows how to play it.
    pub has_expert: bool,
    /// Whether the same actions can be taken again to see what could be done then.
    pub replays: bool,
    /// Whether it remembers reflections itself: [`World::archive`].
    pub remembers: bool,
    /// Opens it.
    pub open: fn(&EnvironmentOptions) -> Result<Box<dyn World>, WorldError>,
}

/// An option of one world.
#[derive(Clone, Copy, Debug)]
pub struct WorldOption {
    /// Its name, as flags and files have it.
    pub name: &'static str,
    /// What stands for its value in the help; empty where it takes none, which only
    /// [`Decides::Hand`] may.
    pub value: &'static str,
    /// What it says, and what is meant without it.
    pub about: &'static str,
    /// What it decides.
    pub decides: Decides,
}

/// What an option of one world decides, and so who can be told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// What a run plays: it is named in results, and cannot change under a run.
    Run,
    /// Where what a run plays is, and nothing of what it plays.
    Place,
    /// How a person plays by hand; no run can be told it.
    Hand,
}

/// What a world may need to be opened.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentOptions {
    /// The folder with data sets.
    pub data: Option<PathBuf>,
    /// What [`Entry::options`] were given, by name. What a world does not know it leaves alone.
    pub own: BTreeMap<&'static str, String>,
}

impl EnvironmentOptions {
    /// What a world's own option was given.
    pub(crate) fn own(&self, option: WorldOption) -> Option<&str> {
        self.own.get(option.name).map(String::as_str)
    }
}
