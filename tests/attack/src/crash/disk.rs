//! A disk after a power cut: the first calls of a record, without what was not synced.
//!
//! A file's bytes are on the medium once the file was synced, a folder's names once the folder
//! was. Two cuts are tried: one that loses both, and one that keeps every name, as file systems
//! do that write their journal earlier than data; there a file that was never synced is empty.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a power cut loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Bytes and names that were not synced.
    All,
    /// Only bytes that were not synced.
    Bytes,
}

/// A recorded call.
#[derive(Clone, Debug)]
pub struct Call {
    kind: u32,
    path: PathBuf,
    other: PathBuf,
    offset: usize,
    bytes: Vec<u8>,
}

/// The calls of a record, in order, with paths from `folder`.
pub fn calls(record: &[u8], folder: &Path) -> Option<Vec<Call>> {
    let mut rest = record;
    let mut calls = Vec::new();
    while !rest.is_empty() {
        let mut number = |bytes: usize| {
            let (head, tail) = rest.split_at_checked(bytes)?;
            rest = tail;
            let mut wide = [0; 8];
            wide[..bytes].copy_from_slice(head);
            usize::try_from(u64::from_le_bytes(wide)).ok()
        };
        let [kind, path, other, length] = [number(4)?, number(4)?, number(4)?, number(4)?];
        let offset = number(8)?;
        let mut text = |bytes: usize| {
            let (head, tail) = rest.split_at_checked(bytes)?;
            rest = tail;
            Some(head.to_vec())
        };
        let [path, other, bytes] = [text(path)?, text(other)?, text(length)?];
        let name = |bytes: Vec<u8>| {
            let path = PathBuf::from(String::from_utf8_lossy(&bytes).into_owned());
            path.strip_prefix(folder).map(Path::to_owned).unwrap_or_default()
        };
        let (path, other) = (name(path), name(other));
        calls.push(Call { kind: u32::try_from(kind).ok()?, path, other, offset, bytes });
    }
    Some(calls)
}

/// A file's number on the disk.
type Inode = usize;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Folder,
    File(Inode),
}

/// The disk below a folder: what programs see, and what is on the medium.
#[derive(Default)]
pub struct Disk {
    names: BTreeMap<PathBuf, Named>,
    synced_names: BTreeMap<PathBuf, Named>,
    bytes: Vec<Vec<u8>>,
    synced_bytes: Vec<Vec<u8>>,
}

impl Disk {
    /// A disk that has what is in a folder, all of it synced.
    pub fn of_folder(folder: &Path) -> io::Result<Self> {
        let mut disk = Self::default();
        disk.add(folder, Path::new(""))?;
        (disk.synced_names, disk.synced_bytes) = (disk.names.clone(), disk.bytes.clone());
        Ok(disk)
    }

    fn add(&mut self, root: &Path, path: &Path) -> io::Result<()> {
        let found = root.join(path);
        if found.is_dir() {
            self.names.insert(path.to_owned(), Named::Folder);
            return fs::read_dir(found)?
                .try_for_each(|entry| self.add(root, &path.join(entry?.file_name())));
        }
        let bytes = fs::read(found)?;
        self.create(path, bytes);
        Ok(())
    }

    fn create(&mut self, path: &Path, bytes: Vec<u8>) {
        self.names.insert(path.to_owned(), Named::File(self.bytes.len()));
        self.bytes.push(bytes);
        self.synced_bytes.push(Vec::new());
    }

    /// Does what a call did.
    pub fn follow(&mut self, call: &Call) {
        let file = match self.names.get(&call.path) {
            Some(Named::File(inode)) => Some(*inode),
            _ => None,
        };
        match (call.kind, file) {
            (1, _) => self.create(&call.path, Vec::new()),
            (2, Some(inode)) => {
                let (bytes, end) = (&mut self.bytes[inode], call.offset + call.bytes.len());
                bytes.resize(bytes.len().max(end), 0);
                bytes[call.offset..end].copy_from_slice(&call.bytes);
            }
            (3, Some(inode)) => self.bytes[inode].resize(call.offset, 0),
            (4, Some(inode)) => self.synced_bytes[inode] = self.bytes[inode].clone(),
            (4, None) => self.sync_folder(&call.path),
            (5, _) => self.rename(&call.path, &call.other),
            (6, _) => {
                let linked = self.names.get(&call.path).copied();
                self.names.extend(linked.map(|linked| (call.other.clone(), linked)));
            }
            (7 | 9, _) => drop(self.names.remove(&call.path)),
            (8, _) => drop(self.names.insert(call.path.clone(), Named::Folder)),
            (10, Some(inode)) => self.bytes[inode].clear(),
            _ => {}
        }
    }

    /// Writes the names of a folder, and nothing below its folders, to the medium.
    fn sync_folder(&mut self, folder: &Path) {
        let is_in = |path: &PathBuf| path.parent() == Some(folder);
        self.synced_names.retain(|path, _| !is_in(path));
        let names = self.names.iter().filter(|(path, _)| is_in(path));
        self.synced_names.extend(names.map(|(path, named)| (path.clone(), *named)));
    }

    fn rename(&mut self, from: &Path, to: &Path) {
        let moved: Vec<PathBuf> =
            self.names.keys().filter(|path| path.starts_with(from)).cloned().collect();
        for path in moved {
            let named = self.names.remove(&path).expect("it was just there");
            let rest = path.strip_prefix(from).expect("it begins so");
            self.names.insert(
                if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) },
                named,
            );
        }
    }

    /// Writes what a power cut leaves to a folder.
    pub fn write_cut(&self, loss: Loss, folder: &Path) -> io::Result<()> {
        let names = if loss == Loss::All { &self.synced_names } else { &self.names };
        // What lies in a folder whose own name was lost is lost, too.
        let is_reached =
            |path: &Path| path.ancestors().skip(1).all(|above| names.contains_key(above));
        for (path, named) in names.iter().filter(|(path, _)| is_reached(path)) {
            match named {
                Named::Folder => fs::create_dir_all(folder.join(path))?,
                Named::File(inode) => fs::write(folder.join(path), &self.synced_bytes[*inode])?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: u32, path: &str, other: &str, bytes: &[u8]) -> Call {
        Call { kind, path: path.into(), other: other.into(), offset: 0, bytes: bytes.to_vec() }
    }

    /// The texts of the files `old` and `new` after a power cut.
    fn cut(disk: &Disk, loss: Loss) -> [Option<String>; 2] {
        let folder = tempfile::tempdir().unwrap();
        disk.write_cut(loss, folder.path()).unwrap();
        ["old", "new"].map(|name| fs::read_to_string(folder.path().join(name)).ok())
    }

    #[test]
    fn what_was_not_synced_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old"), "old").unwrap();
        let mut disk = Disk::of_folder(folder.path()).unwrap();
        let some = |text: &str| Some(text.to_owned());

        disk.follow(&call(1, "new", "", b""));
        disk.follow(&call(2, "new", "", b"new"));
        assert_eq!(cut(&disk, Loss::All), [some("old"), None]);
        assert_eq!(cut(&disk, Loss::Bytes), [some("old"), some("")]);

        disk.follow(&call(4, "new", "", b""));
        disk.follow(&call(5, "new", "old", b""));
        assert_eq!(cut(&disk, Loss::All), [some("old"), None]);
        assert_eq!(cut(&disk, Loss::Bytes), [some("new"), None]);

        disk.follow(&call(4, "", "", b""));
        assert_eq!(cut(&disk, Loss::All), [some("new"), None]);
    }
}
