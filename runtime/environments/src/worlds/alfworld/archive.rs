//! A split's game files: `<split>.tar.zst`, read as a stream, or the
//! folder that it unpacks to.
//!
//! An archive is never unpacked in memory: `train` is 330 MB. Reading it
//! takes less than a second.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::AlfworldError;

/// The name of a game's file in its folder.
pub(super) const GAME_FILE: &str = "game.tw-pddl";
/// The folder that archives unpack to.
pub(super) const RELEASE: &str = "json_2.1.1";
/// Greatest length of a file; ALFWorld's games have 100 kB, its trajectories 1 MB.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Greatest length of what stands before a file: its header, and headers of longer names.
const HEADERS_BYTES_MAX: u64 = 64 << 10;
/// Greatest number of files of one split; `train` has 7106.
pub(super) const FILES_MAX: usize = 200_000;

/// The game files of one split.
#[derive(Clone, Debug)]
pub struct Archive {
    split: String,
    place: SplitPlace,
}

#[derive(Clone, Debug)]
enum SplitPlace {
    Packed(PathBuf),
    Folder(PathBuf),
}

/// Selects and receives the games of a split.
pub trait Visitor {
    /// Whether to read the game with this id (`SPLIT/TASK/TRIAL`).
    fn wants(&mut self, id: &str) -> bool;
    /// Receives the bytes of a selected game's file; returns false to stop reading.
    fn found(&mut self, id: &str, bytes: Vec<u8>) -> bool;
}

impl Archive {
    /// Finds a split in the data folder, in its folder `alfworld`, or in the release's folder.
    pub fn find(data: &Path, split: &str) -> Result<Self, AlfworldError> {
        let homes = [data.join("alfworld"), data.to_owned()];
        let packed = homes.each_ref().map(|home| home.join(format!("{split}.tar.zst")));
        let folders = homes.iter().flat_map(|home| [home.join(RELEASE), home.clone()]);
        let mut folders = folders.map(|folder| folder.join(split));
        let place = if let Some(packed) = packed.iter().find(|packed| packed.is_file()) {
            SplitPlace::Packed(packed.clone())
        } else if let Some(folder) = folders.find(|folder| folder.is_dir()) {
            SplitPlace::Folder(folder)
        } else {
            let [path, _] = packed;
            return Err(AlfworldError::Missing { split: split.to_owned(), path });
        };
        Ok(Self { split: split.to_owned(), place })
    }

    /// The path of the file or folder.
    pub fn path(&self) -> &Path {
        match &self.place {
            SplitPlace::Packed(path) | SplitPlace::Folder(path) => path,
        }
    }

    /// Visits the games in the archive's order, or of a folder by name.
    pub fn visit(&self, visitor: &mut dyn Visitor) -> Result<(), AlfworldError> {
        match &self.place {
            SplitPlace::Packed(path) => self.visit_packed(path, visitor),
            SplitPlace::Folder(path) => self.visit_folder(path, visitor),
        }
        .map_err(|problem| self.unreadable(problem))
    }

    fn visit_packed(&self, path: &Path, visitor: &mut dyn Visitor) -> io::Result<()> {
        let left = Cell::new(0);
        let bytes = zstd::Decoder::new(runtime_files::open(path)?)?;
        let mut archive = tar::Archive::new(Bounded { inner: bytes, left: &left });
        let mut entries = archive.entries()?;
        for count in 0.. {
            left.set(HEADERS_BYTES_MAX + FILE_BYTES_MAX);
            let Some(entry) = entries.next() else { break };
            let entry = entry?;
            if count == FILES_MAX || entry.size() > FILE_BYTES_MAX {
                return Err(io::Error::other("the archive is larger than any release"));
            }
            let id = game_id(&entry.path()?, &self.split);
            if let Some(id) = id.filter(|id| visitor.wants(id)) {
                let bytes = read_bounded(entry)?;
                if !visitor.found(&id, bytes) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn visit_folder(&self, path: &Path, visitor: &mut dyn Visitor) -> io::Result<()> {
        for task in sorted_entries(path)? {
            for trial in sorted_entries(&task)? {
                let file = trial.join(GAME_FILE);
                let id = game_id(&file, &self.split).filter(|_| file.is_file());
                if let Some(id) = id.filter(|id| visitor.wants(id)) {
                    let bytes = read_bounded(runtime_files::open(&file)?)?;
                    if !visitor.found(&id, bytes) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn unreadable(&self, source: io::Error) -> AlfworldError {
        AlfworldError::Unreadable { path: self.path().to_owned(), source }
    }
}

/// A stream of which no more is read than what is left: a header may claim any length, and tar
/// reads the longer names that headers claim into memory.
struct Bounded<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.get()).unwrap_or(usize::MAX);
        if left == 0 {
            return Err(io::Error::other("a header is larger than any of a release"));
        }
        let most = bytes.len().min(left);
        let count = self.inner.read(&mut bytes[..most])?;
        self.left.set(self.left.get() - count as u64);
        Ok(count)
    }
}

fn sorted_entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> =
        path.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.retain(|entry| entry.is_dir());
    entries.sort_unstable();
    Ok(entries)
}

pub(super) fn read_bounded(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other("a file is larger than any of a release"));
    }
    Ok(bytes)
}

/// `SPLIT/TASK/TRIAL` of `…/SPLIT/TASK/TRIAL/game.tw-pddl`.
pub(super) fn game_id(path: &Path, split: &str) -> Option<String> {
    let mut parts = path.iter().rev().map(|part| part.to_str());
    let (file, trial, task) = (parts.next()??, parts.next()??, parts.next()??);
    (file == GAME_FILE && parts.next()?? == split).then(|| format!("{split}/{task}/{trial}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(usize);

    impl Visitor for Count {
        fn wants(&mut self, _: &str) -> bool {
            self.0 += 1;
            false
        }
        fn found(&mut self, _: &str, _: Vec<u8>) -> bool {
            true
        }
    }

    #[test]
    fn ids_name_split_task_and_trial() {
        let path = Path::new("json_2.1.1/valid_seen/look-A/trial_1/game.tw-pddl");
        assert_eq!(game_id(path, "valid_seen").as_deref(), Some("valid_seen/look-A/trial_1"));
        assert_eq!(game_id(path, "train"), None);
        assert_eq!(game_id(Path::new("game.tw-pddl"), "train"), None);
    }

    #[test]
    fn a_header_that_claims_more_than_any_release_is_an_error() {
        let data = tempfile::tempdir().unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(3 << 30);
        header.set_cksum();
        let mut packed = zstd::Encoder::new(Vec::new(), 1).unwrap();
        std::io::Write::write_all(&mut packed, header.as_bytes()).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..64 {
            std::io::Write::write_all(&mut packed, &zeros).unwrap();
        }
        std::fs::write(data.path().join("train.tar.zst"), packed.finish().unwrap()).unwrap();

        let archive = Archive::find(data.path(), "train").unwrap();
        let error = archive.visit(&mut Count(0)).unwrap_err();

        let told = std::error::Error::source(&error).unwrap().to_string();
        assert!(told.contains("a header is larger"), "{told}");
    }

    #[test]
    fn torn_and_foreign_archives_are_errors_that_name_the_file() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("alfworld");
        std::fs::create_dir(&folder).unwrap();
        let whole = {
            let mut tar = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(40_000);
            let name = "json_2.1.1/train/a/b/game.tw-pddl";
            let noise: Vec<u8> =
                (0..40_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            tar.append_data(&mut header, name, &noise[..]).unwrap();
            zstd::encode_all(&tar.into_inner().unwrap()[..], 1).unwrap()
        };
        for bytes in [&whole[..whole.len() / 2], b"not an archive", b""] {
            std::fs::write(folder.join("train.tar.zst"), bytes).unwrap();
            let archive = Archive::find(data.path(), "train").unwrap();
            let problem = archive.visit(&mut Count(0)).unwrap_err().to_string();
            assert!(problem.contains("train.tar.zst"), "{problem}");
        }
        std::fs::write(folder.join("train.tar.zst"), &whole).unwrap();
        let mut count = Count(0);
        Archive::find(data.path(), "train").unwrap().visit(&mut count).unwrap();
        assert_eq!(count.0, 1);
    }
}
