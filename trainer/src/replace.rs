//! Files that are replaced as a whole or not at all, and may then grow.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::TrainError;

/// Puts a file with these bytes in place of the one at `path`.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let unwritten = |source| TrainError::Write { file: path.into(), source };
    models::replace::replace(path, bytes).map_err(unwritten)
}

/// A file that is added to.
pub(crate) struct GrowingFile {
    path: PathBuf,
    file: File,
}

impl GrowingFile {
    /// A file that begins so, in place of what was there.
    pub(crate) fn new(path: &Path, beginning: &[u8]) -> Result<Self, TrainError> {
        replace(path, beginning)?;
        let file = OpenOptions::new().append(true).open(path);
        let file = file.map_err(|source| TrainError::Write { file: path.into(), source })?;
        Ok(Self { path: path.into(), file })
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), TrainError> {
        self.written(|file| file.write_all(bytes))
    }

    /// Waits until all of it outlives a power cut.
    pub(crate) fn sync(&mut self) -> Result<(), TrainError> {
        self.written(|file| file.sync_data())
    }

    fn written(
        &mut self,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), TrainError> {
        write(&mut self.file)
            .map_err(|source| TrainError::Write { file: self.path.clone(), source })
    }
}
