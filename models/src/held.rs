//! A file that is open, and whether it still is what it was.
//!
//! ```text
//! open ─► stamp ─► hash ─┬─► map, load: by this descriptor, whatever lies at the path by then
//!                        └─► check, behind each result that depends on it
//! ```
//!
//! Weights are mapped, not copied: a copy would cost a board the memory that its model takes. So
//! what is mapped is watched. A change of length or of times shows at the next check, before a
//! result leaves; a file that was cut short ends the program with its name, see [`crate::fault`].
//! That another file took its place, or none, changes nothing: what is open stays what it was.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::checksum;
use crate::fault::{self, FaultName};
use crate::gguf::{Gguf, GgufError};

const BLOCK_BYTES: usize = 1 << 20;

/// An open file, as it was when it was opened.
#[derive(Debug)]
pub struct HeldFile {
    path: PathBuf,
    file: File,
    stamp: Stamp,
    /// Its name for the signal of what was cut short.
    _name: Option<FaultName>,
}

/// A file is no longer what it was when it was opened.
#[derive(Debug, thiserror::Error)]
#[error("{} was changed while it was used; what it computed last is not kept", .0.display())]
pub struct ChangedError(PathBuf);

impl HeldFile {
    /// Opens a plain file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = runtime_files::open(path)?;
        let stamp = Stamp::of(&file.metadata()?);
        let name = fault::watch(&file, path, stamp.bytes);
        Ok(Self { path: path.to_owned(), file, stamp, _name: name })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path at which others open this very file, whatever lies at its own by then.
    pub fn place(&self) -> PathBuf {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            let place = PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()));
            if place.exists() {
                return place;
            }
        }
        self.path.clone()
    }

    /// Its SHA-256, as 64 lower-case hex digits; an error if it changed meanwhile.
    pub fn sha256(&self) -> io::Result<String> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        let (mut hash, mut block) = (Sha256::new(), vec![0; BLOCK_BYTES]);
        loop {
            match file.read(&mut block)? {
                0 => break,
                count => hash.update(&block[..count]),
            }
        }
        self.check().map_err(io::Error::other)?;
        Ok(checksum::hex(&hash.finalize()))
    }

    /// Its keys, tensors and mapped bytes.
    pub fn gguf(&self) -> Result<Gguf, GgufError> {
        Gguf::of(&self.file, self.path.display().to_string())
    }

    /// An error if it is no longer what it was.
    pub fn check(&self) -> Result<(), ChangedError> {
        let now = self.file.metadata().map(|found| Stamp::of(&found));
        let is_same = now.is_ok_and(|now| now.continues(&self.stamp));
        if is_same { Ok(()) } else { Err(self.changed()) }
    }

    /// The error that it is not what it was, as its SHA-256 may show, too.
    pub fn changed(&self) -> ChangedError {
        ChangedError(self.path.clone())
    }

    /// Whether another one is the same file, unchanged between both openings.
    pub fn is_same(&self, other: &Self) -> bool {
        self.stamp == other.stamp
    }
}

/// What changes where a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    /// Device and number of the file, and the seconds and nanoseconds of its last change.
    others: [i128; 4],
    /// The same of the last change of what is noted of it, names among it.
    noted: [i128; 2],
    /// Number of its names.
    names: u64,
}

impl Stamp {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            bytes: found.len(),
            others: [
                found.dev().into(),
                found.ino().into(),
                found.mtime().into(),
                found.mtime_nsec().into(),
            ],
            noted: [found.ctime().into(), found.ctime_nsec().into()],
            names: found.nlink(),
        }
    }

    #[cfg(not(unix))]
    fn of(found: &Metadata) -> Self {
        let modified = found.modified().ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let nanoseconds = since.map_or(0, |since| since.as_nanos() as i128);
        Self { bytes: found.len(), others: [nanoseconds, 0, 0, 0], noted: [0, 0], names: 1 }
    }

    /// Whether nothing was written since that other look. A file that lost its name has a newer
    /// note for that.
    fn continues(&self, before: &Self) -> bool {
        let is_noted = self.noted == before.noted || self.names != before.names;
        self.bytes == before.bytes && self.others == before.others && is_noted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(folder: &Path) -> (PathBuf, HeldFile) {
        let path = folder.join("model.gguf");
        std::fs::write(&path, crate::tiny::llama(0)).unwrap();
        let file = HeldFile::open(&path).unwrap();
        (path, file)
    }

    #[test]
    fn what_stays_is_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = held(folder.path());

        assert!(file.check().is_ok());
        assert_eq!(file.sha256().unwrap(), checksum::sha256_file(&path).unwrap());
        assert!(file.is_same(&HeldFile::open(&path).unwrap()));
    }

    #[test]
    fn a_file_that_is_changed_in_place_is_noticed_by_name() {
        for change in [
            (|path: &Path| {
                let file = File::options().write(true).open(path).unwrap();
                std::os::unix::fs::FileExt::write_at(&file, b"x", 5000).unwrap();
            }) as fn(&Path),
            |path| File::options().write(true).open(path).unwrap().set_len(100).unwrap(),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let (path, file) = held(folder.path());
            std::thread::sleep(std::time::Duration::from_millis(20));

            change(&path);

            let message = file.check().unwrap_err().to_string();
            assert!(message.contains("model.gguf was changed"), "{message}");
            assert!(file.sha256().is_err());
        }
    }

    #[test]
    fn a_file_that_replaces_it_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = held(folder.path());
        let sha256 = file.sha256().unwrap();

        std::fs::write(folder.path().join("new"), crate::tiny::llama(1)).unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();

        assert!(file.check().is_ok());
        assert_eq!(checksum::sha256_file(&file.place()).unwrap(), sha256);
        assert!(!file.is_same(&HeldFile::open(&path).unwrap()));
        assert_eq!(file.gguf().unwrap().name(), path.display().to_string());
    }
}
