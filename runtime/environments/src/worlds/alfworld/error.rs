//! Errors in ALFWorld's data.

use std::path::PathBuf;

use super::file::GameFileError;
use crate::world::WorldError;

/// Why ALFWorld's data cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlfworldError {
    /// A split was not found.
    #[error(
        "the split {split:?} was expected as {path:?}, or unpacked beside it; neither exists. \
         `rebound data pull alfworld` brings it; --data or REBOUND_DATA names another folder"
    )]
    Missing {
        /// Its name.
        split: String,
        /// The expected path of its archive.
        path: PathBuf,
    },
    /// An archive or folder cannot be read.
    #[error("{path:?} cannot be read as a split: {source}")]
    Unreadable {
        /// The archive or folder.
        path: PathBuf,
        /// The error of reading.
        source: std::io::Error,
    },
    /// An archive or folder contains no games.
    #[error("{path:?} was expected to contain games (…/TASK/TRIAL/game.tw-pddl), it contains none")]
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

impl From<AlfworldError> for WorldError {
    fn from(error: AlfworldError) -> Self {
        Self::Own(Box::new(error))
    }
}
