//! The compressed files of the selected games, and the ids of all games.
//!
//! A split is read at most twice: once for the ids, once for the files of the games that a
//! run plays. A game that was not loaded before is read separately.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::archive::{Archive, Visitor};
use super::error::AlfworldError;
use super::file::{self, GameFile, RulesCache};
use crate::game::Game;
use crate::split::Purpose;

/// The release's splits: training, evaluation in rooms seen there, and in others.
pub(super) const SPLITS: [(&str, Purpose); 3] = [
    ("train", Purpose::Train),
    ("valid_seen", Purpose::Validation),
    ("valid_unseen", Purpose::Test),
];

/// The games that all environments share.
#[derive(Debug)]
pub(super) struct Store {
    data: PathBuf,
    rules: RulesCache,
    /// Ids of a split's games, sorted.
    indexes: Mutex<HashMap<String, Arc<Vec<String>>>>,
    /// The compressed files of the selected games (11 kB each).
    files: Mutex<HashMap<String, Arc<[u8]>>>,
}

impl Store {
    /// The games under a data folder. Nothing is read yet.
    pub(super) fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            rules: RulesCache::default(),
            indexes: Mutex::default(),
            files: Mutex::default(),
        }
    }

    fn archive(&self, split: &str) -> Result<Archive, AlfworldError> {
        Archive::find(&self.data, split)
    }

    /// The ids of a split's games, sorted.
    pub(super) fn index(&self, split: &str) -> Result<Arc<Vec<String>>, AlfworldError> {
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

    /// Reads the files of many games in one pass over their archive.
    pub(super) fn load(&self, split: &str, ids: &[String]) -> Result<(), AlfworldError> {
        let mut wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
        wanted.retain(|id| !lock(&self.files).contains_key(*id));
        if wanted.is_empty() {
            return Ok(());
        }
        self.archive(split)?.visit(&mut Files { wanted, files: &self.files })
    }

    /// The file of a game; `None` if there is no such game.
    pub(super) fn file(&self, id: &str) -> Result<Option<GameFile>, AlfworldError> {
        let split = id.split('/').next().unwrap_or_default();
        if SPLITS.iter().all(|(known, _)| *known != split) {
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

    /// A game, ready to play.
    pub(super) fn game(&self, id: &str) -> Result<Option<Game>, AlfworldError> {
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
        // Compressing bytes in memory cannot fail; if it did, the game would be missing.
        if let Ok(packed) = zstd::encode_all(&bytes[..], 1) {
            lock(self.files).insert(id.to_owned(), packed.into());
        }
        !self.wanted.is_empty()
    }
}
