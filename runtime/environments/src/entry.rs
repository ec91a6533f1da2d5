//! The registry's entry of a world: its description and how to open it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::world::{World, WorldError};

/// A world in the registry.
///
/// The program's help, lists and advice about worlds come from here.
#[derive(Clone, Copy, Debug)]
pub struct WorldEntry {
    /// The name in options and results, in lower case.
    pub name: &'static str,
    /// A short description.
    pub about: &'static str,
    /// The form of its task ids, such as `SPLIT/NUMBER`.
    pub task_ids: &'static str,
    /// Its set of prompt templates: a folder of `runtime/agent/prompts`.
    pub prompts: &'static str,
    /// The name in `models/data` of the data set that it needs, if any.
    pub data: Option<&'static str>,
    /// Its own options, besides those of all worlds: flags and keys of a run's file.
    pub options: &'static [WorldOption],
    /// Whether [`crate::expert`] can play it.
    pub has_expert: bool,
    /// Whether an episode can be replayed to list its admissible actions.
    pub replays: bool,
    /// Whether it stores reflections itself: [`World::archive`].
    pub remembers: bool,
    /// Opens the world.
    pub open: fn(&EnvironmentOptions) -> Result<Box<dyn World>, WorldError>,
}

impl WorldEntry {
    /// Whether its answers are programs: tests that the agent must not know decide their return.
    pub fn judges_programs(&self) -> bool {
        self.prompts == "programs"
    }
}

/// An option of one world.
#[derive(Clone, Copy, Debug)]
pub struct WorldOption {
    /// The name in flags and files.
    pub name: &'static str,
    /// The placeholder of its value in the help; empty if it takes none, which is allowed
    /// only with [`Decides::Hand`].
    pub value: &'static str,
    /// The help text, with the default.
    pub about: &'static str,
    /// What the option decides.
    pub decides: Decides,
}

/// What an option of one world decides, and so where it can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// What a run plays: it is named in results and cannot change during a run.
    Run,
    /// Where the environment is, which does not affect what is played.
    Place,
    /// How a person plays by `rebound play`; runs do not have the option.
    Hand,
}

/// The options for opening a world.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentOptions {
    /// The folder with data sets.
    pub data: Option<PathBuf>,
    /// The values of [`WorldEntry::options`] by name; unknown ones are ignored.
    pub own: BTreeMap<&'static str, String>,
}

impl EnvironmentOptions {
    /// The value of a world's own option.
    pub(crate) fn own(&self, option: WorldOption) -> Option<&str> {
        self.own.get(option.name).map(String::as_str)
    }
}
