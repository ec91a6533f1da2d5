//! A world that a program of its own plays, told in JSON lines: `exec:COMMAND` in a sandbox, a
//! socket, or HTTP.
//!
//! ```text
//! address ─► opener ─► lines ─► link ─► tasks, episodes
//!              └ a program for each worker
//! ```
//!
//! What it says is checked before it is believed: numbers, lengths, times, numbers of answers. A
//! program that breaks a promise is named in the error, and is not asked again.

mod address;
mod checked;
mod grants;
mod http;
mod lines;
mod link;
mod message;
mod opener;
mod play;
mod serve;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use runtime_core::task::{Task, TaskTraits};
use runtime_sandbox::SandboxError;

use crate::entry::{EnvironmentOptions, WorldEntry};
use crate::selection::{TaskSelection, select};
use crate::split::{Purpose, Split};
use crate::world::{Playable, World, WorldError};
use grants::{GrantsError, OPTION_PATIENCE};
use link::Link;
use message::Description;
use opener::Opener;
use play::{ExternalEnvironment, Standing};

pub use address::{Address, AddressError, is_address};
pub use grants::{OPTION_GRANTS, OPTION_SANDBOX};
pub use link::LinkError;
pub use serve::serve;

/// The registry's entry, beside those that have names.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "external",
    about: "a world of your own, by exec:COMMAND, tcp:HOST:PORT, unix:PATH or http://…",
    task_ids: "SPLIT/…",
    prompts: "general",
    data: None,
    options: &[OPTION_PATIENCE, OPTION_GRANTS, OPTION_SANDBOX],
    has_expert: false,
    // Whoever reads a run starts no command of it.
    replays: false,
    remembers: false,
    open: |_| Err(WorldError::Own("a world of your own is named by its address".into())),
};

/// Why an external world cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalError {
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// An option cannot be used.
    #[error(transparent)]
    Grants(#[from] GrantsError),
    /// The sandbox refuses.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The socket cannot be reached.
    #[error("cannot connect to {address}")]
    Connect {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The world breaks a promise.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl From<ExternalError> for WorldError {
    fn from(error: ExternalError) -> Self {
        Self::Own(Box::new(error))
    }
}

/// A world that a program plays.
pub struct External {
    opener: Opener,
    /// For what is asked of the world as a whole.
    link: Mutex<Link>,
    description: Description,
    splits: Vec<Split>,
    default_split: String,
    /// What the world says of the tasks that were selected, by their ids.
    traits: Mutex<BTreeMap<String, TaskTraits>>,
}

impl External {
    /// Opens the world at an address; a command's program may read the working folder.
    pub fn open(
        address: &str,
        folder: &Path,
        options: &EnvironmentOptions,
    ) -> Result<Self, ExternalError> {
        let address: Address = address.parse()?;
        let opener = Opener::new(address, folder, options)?;
        let mut link = opener.open()?;
        let description = link.describe()?;
        let described = description.splits.iter();
        let mut splits: Vec<Split> =
            described.map(|split| Split::new(&*split.name, split.purpose.into())).collect();
        if splits.is_empty() {
            splits.push(Split::new("test", Purpose::Test));
        }
        let to_choose_by = splits.iter().find(|split| split.purpose == Purpose::Validation);
        let usual = to_choose_by.unwrap_or(&splits[0]).name.clone();
        let default_split = description.default_split.clone().unwrap_or(usual);
        let (link, traits) = (Mutex::new(link), Mutex::default());
        Ok(Self { opener, link, description, splits, default_split, traits })
    }
}

impl World for External {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn splits(&self) -> Vec<Split> {
        self.splits.clone()
    }

    fn default_split(&self) -> &str {
        &self.default_split
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        self.description.steps_max
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = self.split(&selection.split)?.name;
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let tasks = link.tasks(&split).map_err(ExternalError::from)?;
        let mut types: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, task) in tasks.iter().enumerate() {
            types.entry(&task.kind).or_default().push(place);
        }
        let places = select(types.into_values().collect(), selection);
        let mut traits = self.traits.lock().unwrap_or_else(PoisonError::into_inner);
        traits.extend(places.iter().map(|&place| (tasks[place].id.clone(), tasks[place].traits())));
        let task = |place: usize| Task {
            id: tasks[place].id.clone(),
            kind: tasks[place].kind.clone(),
            instruction: tasks[place].instruction.clone(),
            seed: 0,
            limits: selection.limits,
        };
        Ok(places.into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        Box::new(ExternalEnvironment {
            opener: self.opener.clone(),
            link: None,
            episode: Standing::default(),
            repeats: self.description.repeats,
            broken_off: 0,
        })
    }

    fn traits(&self, task: &Task) -> TaskTraits {
        let traits = self.traits.lock().unwrap_or_else(PoisonError::into_inner);
        traits.get(&task.id).cloned().unwrap_or_default()
    }
}
