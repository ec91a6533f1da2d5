//! Files that are replaced as a whole or not at all, and may then grow.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::TrainError;

/// Writes a file beside `path`, syncs it, and renames it to `path`.
///
/// Whatever goes wrong, what stood at `path` still does, and the space of what
/// was begun is given back.
pub(crate) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), TrainError> {
    let beside = path.with_extension("part");
    let replaced = File::create(&beside).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&beside, path)
    });
    if let Err(source) = replaced {
        let _ = std::fs::remove_file(&beside);
        return Err(TrainError::Write { file: path.into(), source });
    }
    // A power cut could still undo the renaming. Not every system syncs folders.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A file that is added to.
pub(crate) struct GrowingFile {
    path: PathBuf,
    file: File,
}

impl GrowingFile {
    /// A file that begins so, in place of what was there.
    pub(crate) fn new(path: &Path, beginning: &[u8]) -> Result<Self, TrainError> {
        replace(path, |out| out.write_all(beginning))?;
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
