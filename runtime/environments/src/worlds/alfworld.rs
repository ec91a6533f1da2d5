//! ALFWorld's text games (Shridhar et al. 2021): the official game files, played
//! as the Python package plays them, letter by letter.
//!
//! Games are read from the release's archives or from the folder that they
//! unpack to, and are named `SPLIT/TASK/TRIAL`. Compiling a game takes a few
//! milliseconds; the last one is cached, so further trials of a task cost nothing.

pub mod archive;
pub mod pack;
pub mod file;
pub mod error;
mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use runtime_core::environment::EnvironmentError;
use runtime_core::task::{Task, TaskTraits};

use crate::entry::{Decides, EnvironmentOptions, WorldEntry, WorldOption};
use crate::game::Game;
use crate::selection::{TaskSelection, select};
use crate::split::Split;
use crate::text_game::TextGames;
use crate::traits::of_household;
use crate::truth::truth;
use crate::world::{Playable, World, WorldError};
pub use error::AlfworldError;
use file::GameFile;
use store::{SPLITS, Store};

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "alfworld",
    about: "ALFWorld's text games, from its data set",
    task_ids: "SPLIT/TASK/TRIAL",
    prompts: "household",
    data: Some("alfworld"),
    options: &[ACCEPT_PUT],
    has_expert: true,
    replays: true,
    remembers: false,
    open,
};

/// The option [`AlfworldOptions::put_is_move`].
pub const ACCEPT_PUT: WorldOption = WorldOption {
    name: "accept-put",
    value: "",
    about: "In alfworld, accept `put X in/on Y` as well as `move X to Y`",
    // The reference refuses it.
    decides: Decides::Hand,
};

fn open(options: &EnvironmentOptions) -> Result<Box<dyn World>, WorldError> {
    let data = options.data.as_deref().ok_or(WorldError::NoData(ENTRY.name))?;
    let put_is_move = options.own(ACCEPT_PUT).is_some();
    Ok(Box::new(Alfworld::new(data, AlfworldOptions { put_is_move })))
}

/// Options of ALFWorld.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlfworldOptions {
    /// Whether `put X in/on Y`, the form of older papers, is accepted as well as
    /// `move X to Y`. The reference refuses it.
    pub put_is_move: bool,
}

/// ALFWorld's games in a data folder.
#[derive(Clone, Debug)]
pub struct Alfworld {
    store: Arc<Store>,
    options: AlfworldOptions,
}

impl Alfworld {
    /// ALFWorld over a data folder: `<data>/alfworld/<split>.tar.zst`, or the folder
    /// `<data>/alfworld/json_2.1.1/<split>`; `<data>` may be any folder on that way. Nothing
    /// is read yet.
    pub fn new(data: &Path, options: AlfworldOptions) -> Self {
        Self { store: Arc::new(Store::new(data)), options }
    }

    /// The ids of a split's games, sorted.
    pub fn ids(&self, split: &str) -> Result<Arc<Vec<String>>, AlfworldError> {
        self.store.index(split)
    }

    /// The file of a game.
    pub fn file(&self, id: &str) -> Result<Option<GameFile>, AlfworldError> {
        self.store.file(id)
    }

    /// A game, ready to play.
    pub fn game(&self, id: &str) -> Result<Option<Game>, AlfworldError> {
        self.store.game(id)
    }

    /// Reads the files of many games in one walk over their archive.
    pub fn load(&self, split: &str, ids: &[String]) -> Result<(), AlfworldError> {
        self.store.load(split, ids)
    }
}

impl World for Alfworld {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn splits(&self) -> Vec<Split> {
        SPLITS.map(|(name, purpose)| Split::new(name, purpose)).into()
    }

    /// The validation split, not the test split.
    fn default_split(&self) -> &'static str {
        "valid_seen"
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        30
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = self.split(&selection.split)?.name;
        let index = self.store.index(&split)?;
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, id) in index.iter().enumerate() {
            kinds.entry(kind(id)).or_default().push(place);
        }
        let places = select(kinds.into_values().collect(), selection);
        let ids: Vec<String> = places.into_iter().map(|place| index[place].clone()).collect();
        self.store.load(&split, &ids)?;
        let task = |id: String| -> Result<Task, WorldError> {
            let file = self.store.file(&id)?;
            let instruction = file.map(|file| file.instruction()).unwrap_or_default();
            let kind = kind(&id).to_owned();
            Ok(Task { id, kind, instruction, seed: selection.seed, limits: selection.limits })
        };
        ids.into_iter().map(task).collect()
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        let store = Arc::clone(&self.store);
        let load = move |task: &Task| {
            let game = store.game(&task.id).map_err(|problem| EnvironmentError::Data {
                task: task.id.clone(),
                reason: problem.to_string(),
            })?;
            game.ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))
        };
        let reword = if self.options.put_is_move { put_as_move } else { |_: &str| None };
        Box::new(TextGames { load: Box::new(load), reword, listed: |_| true, current: None })
    }

    fn truth(&self, task: &Task) -> Option<String> {
        truth(self.game(&task.id).ok()??, &task.instruction)
    }

    fn traits(&self, task: &Task) -> TaskTraits {
        of_household(&task.kind)
    }
}

/// The task type: the name of the task's folder up to the first dash.
fn kind(id: &str) -> &str {
    id.split('/').nth(1).and_then(|task| task.split('-').next()).unwrap_or_default()
}

/// `move X to Y` for `put X in/on Y`, `put X in Y` and `put X on Y`.
fn put_as_move(command: &str) -> Option<String> {
    let rest = command.trim().strip_prefix("put ")?;
    let (object, place) =
        [" in/on ", " in ", " on "].iter().find_map(|between| rest.split_once(between))?;
    Some(format!("move {object} to {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::Purpose;
    use crate::world::tests::check_purposes;

    #[test]
    fn every_split_has_its_purpose() {
        let world = Alfworld::new(Path::new("/nowhere"), AlfworldOptions::default());
        let expected = [
            ("train", Purpose::Train),
            ("valid_seen", Purpose::Validation),
            ("valid_unseen", Purpose::Test),
        ];
        check_purposes(&world, &expected);
    }

    #[test]
    fn the_task_type_is_read_off_the_id() {
        assert_eq!(kind("train/look_at_obj_in_light-A-B/trial_1"), "look_at_obj_in_light");
        assert_eq!(kind("odd"), "");
    }

    #[test]
    fn put_becomes_move() {
        let moved = Some("move mug 1 to desk 2".to_owned());
        assert_eq!(put_as_move("put mug 1 in/on desk 2"), moved);
        assert_eq!(put_as_move(" put mug 1 on desk 2"), moved);
        assert_eq!(put_as_move("put mug 1"), None);
    }

    #[test]
    fn missing_data_says_what_was_expected() {
        let world = Alfworld::new(Path::new("/nowhere"), AlfworldOptions::default());
        let problem = world.ids("train").unwrap_err().to_string();
        assert!(problem.contains("train.tar.zst"), "{problem}");
        assert!(problem.contains("rebound data pull alfworld"), "{problem}");
    }
}
