//! ALFWorld's text games (Shridhar et al. 2021): the official game files, played
//! as the Python package plays them, letter by letter.
//!
//! Games are read from the release's archives or from the folder that they
//! unpack to, and are named `SPLIT/TASK/TRIAL`. Making a game ready takes a few
//! milliseconds; the last one is kept, so further trials of a task cost nothing.

pub mod archive;
pub mod file;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime_core::environment::EnvironmentError;
use runtime_core::task::Task;

use crate::game::Game;
use crate::selection::{TaskSelection, select};
use crate::text_game::TextGames;
use crate::world::{Playable, World, WorldError};
use archive::{Archive, Visitor};
use file::{GameFile, GameFileError, RulesCache};

/// The release's splits: training, evaluation in rooms seen there, and in
/// others.
pub const SPLITS: [&str; 3] = ["train", "valid_seen", "valid_unseen"];

/// How ALFWorld is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlfworldOptions {
    /// Whether `put X in/on Y`, as older papers write it, is understood beside
    /// `move X to Y`. The reference refuses it.
    pub put_is_move: bool,
}

/// Why ALFWorld's data cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlfworldError {
    /// A split lies nowhere.
    #[error("the split {split:?} was expected as {path:?}, or unpacked beside it; neither exists")]
    Missing {
        /// Its name.
        split: String,
        /// Where its archive should be.
        path: PathBuf,
    },
    /// An archive or folder cannot be read.
    #[error("{path:?} cannot be read as a split: {source}")]
    Unreadable {
        /// The archive or folder.
        path: PathBuf,
        /// What the reader said.
        source: std::io::Error,
    },
    /// An archive or folder has nothing in it.
    #[error("{path:?} was expected to hold games (…/TASK/TRIAL/game.tw-pddl), it holds none")]
    Empty {
        /// The archive or folder.
        path: PathBuf,
    },
    /// A game file cannot be played.
    #[error("{path:?}, game {id:?}: {source}")]
    Game {
        /// The archive or folder.
        path: PathBuf,
        /// The game.
        id: String,
        /// What is wrong with it.
        source: GameFileError,
    },
}

/// ALFWorld's games in a data folder.
#[derive(Clone, Debug)]
pub struct Alfworld {
    store: Arc<Store>,
    options: AlfworldOptions,
}

/// What all environments share.
#[derive(Debug)]
struct Store {
    data: PathBuf,
    rules: RulesCache,
    /// Ids of a split's games, sorted.
    indexes: Mutex<HashMap<String, Arc<Vec<String>>>>,
    /// Files of the games that were selected, each packed by itself (11 kB).
    files: Mutex<HashMap<String, Arc<[u8]>>>,
}

impl Alfworld {
    /// ALFWorld over a data folder: `<data>/alfworld/<split>.tar.zst`, or the
    /// folders `<data>/alfworld/json_2.1.1/<split>`, `<data>/json_2.1.1/<split>`.
    /// Nothing is read yet.
    pub fn new(data: &Path, options: AlfworldOptions) -> Self {
        let store = Store {
            data: data.to_owned(),
            rules: RulesCache::default(),
            indexes: Mutex::default(),
            files: Mutex::default(),
        };
        Self { store: Arc::new(store), options }
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
        "alfworld"
    }

    fn splits(&self) -> Vec<String> {
        SPLITS.map(str::to_owned).into()
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = crate::world::known_split(self, &selection.split)?;
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
        Box::new(TextGames { load: Box::new(load), reword, current: None })
    }
}

/// The task type: what stands before the first dash of the task's folder.
fn kind(id: &str) -> &str {
    id.split('/').nth(1).and_then(|task| task.split('-').next()).unwrap_or_default()
}

impl Store {
    fn archive(&self, split: &str) -> Result<Archive, AlfworldError> {
        Archive::find(&self.data, split)
    }

    fn index(&self, split: &str) -> Result<Arc<Vec<String>>, AlfworldError> {
        if let Some(index) = lock(&self.indexes).get(split) {
            return Ok(Arc::clone(index));
        }
        let archive = self.archive(split)?;
        let mut ids = Ids(Vec::new());
        archive.visit(&mut ids)?;
        let Ids(mut ids) = ids;
        if ids.is_empty() {
            return Err(AlfworldError::Empty { path: archive.path().to_owned() });
        }
        ids.sort_unstable();
        let index = Arc::new(ids);
        lock(&self.indexes).insert(split.to_owned(), Arc::clone(&index));
        Ok(index)
    }

    fn load(&self, split: &str, ids: &[String]) -> Result<(), AlfworldError> {
        let mut wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
        wanted.retain(|id| !lock(&self.files).contains_key(*id));
        if wanted.is_empty() {
            return Ok(());
        }
        self.archive(split)?.visit(&mut Files { wanted, files: &self.files })
    }

    fn file(&self, id: &str) -> Result<Option<GameFile>, AlfworldError> {
        let split = id.split('/').next().unwrap_or_default();
        if !SPLITS.contains(&split) {
            return Ok(None);
        }
        self.load(split, &[id.to_owned()])?;
        let Some(packed) = lock(&self.files).get(id).cloned() else {
            return Ok(None);
        };
        let path = self.archive(split)?.path().to_owned();
        let bytes = zstd::decode_all(&packed[..])
            .map_err(|source| AlfworldError::Unreadable { path: path.clone(), source })?;
        let file = file::parse(&bytes);
        file.map(Some).map_err(|source| AlfworldError::Game { path, id: id.to_owned(), source })
    }

    fn game(&self, id: &str) -> Result<Option<Game>, AlfworldError> {
        let Some(file) = self.file(id)? else {
            return Ok(None);
        };
        file.compile(&self.rules).map(Some).map_err(|source| AlfworldError::Game {
            path: self.data.join("alfworld"),
            id: id.to_owned(),
            source,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Ids(Vec<String>);

impl Visitor for Ids {
    fn wants(&mut self, id: &str) -> bool {
        self.0.push(id.to_owned());
        false
    }

    fn found(&mut self, _: &str, _: Vec<u8>) -> bool {
        true
    }
}

struct Files<'a> {
    wanted: HashSet<&'a str>,
    files: &'a Mutex<HashMap<String, Arc<[u8]>>>,
}

impl Visitor for Files<'_> {
    fn wants(&mut self, id: &str) -> bool {
        self.wanted.contains(id)
    }

    fn found(&mut self, id: &str, bytes: Vec<u8>) -> bool {
        self.wanted.remove(id);
        // Packing bytes in memory cannot fail; were it to, the game is missing.
        if let Ok(packed) = zstd::encode_all(&bytes[..], 1) {
            lock(self.files).insert(id.to_owned(), packed.into());
        }
        !self.wanted.is_empty()
    }
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
    }
}
