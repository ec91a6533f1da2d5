//! Builds a split's archive from the published files of ALFWorld.
//!
//! ```text
//! json_2.1.3_tw-pddl.zip ─┐
//! json_2.1.1/SPLIT/…     ─┼─► games, by path ─┬─► SPLIT.tar.zst
//! SPLIT.tar.zst          ─┘                   └─► the sha256 of its contents
//! ```
//!
//! The same games give the same bytes: order, owner, mode and time of the entries are fixed.
//! Games that the Python package skips are skipped here, too.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use runtime_core::hexadecimal;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::archive::{Archive, FILES_MAX, GAME_FILE, RELEASE, Visitor, game_id, read_bounded};
use super::error::AlfworldError;

/// The compression level: `train` shrinks from 304 MB to 7 MB in three seconds.
const LEVEL: i32 = 12;
/// The modification time of every entry, in seconds since 1970.
const MODIFIED: u64 = 1_600_000_000;
/// Parts of the paths of tasks that the Python package skips.
const LEFT_OUT: [&str; 2] = ["movable", "Sliced"];

/// The games of one split.
#[derive(Debug, Default)]
pub struct Games {
    /// The compressed games by their path in the release's folder.
    packed: BTreeMap<String, Vec<u8>>,
}

/// The member of a game's file that says whether it can be played.
#[derive(Deserialize)]
struct Flag {
    #[serde(default)]
    solvable: bool,
}

impl Games {
    /// Reads a split's games: of a release's zip file, of the folder that it unpacks to or one
    /// above it, or of archives. None are found if there are none.
    pub fn read(from: &Path, split: &str) -> Result<Self, AlfworldError> {
        let mut games = Self::default();
        if from.is_file() {
            read_zip(from, split, &mut games)
                .map_err(|source| AlfworldError::Unreadable { path: from.to_owned(), source })?;
            return Ok(games);
        }
        match Archive::find(from, split) {
            Ok(archive) => archive.visit(&mut games)?,
            Err(AlfworldError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(games)
    }

    /// Number of games.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The SHA-256 of their contents: of the lines that `sha256sum` prints for their files, in
    /// the order of their paths.
    pub fn contents(&self) -> io::Result<String> {
        let mut all = Sha256::new();
        for (path, packed) in &self.packed {
            let bytes = zstd::decode_all(&packed[..])?;
            all.update(format!("{}  {path}\n", hexadecimal::digits(&Sha256::digest(bytes))));
        }
        Ok(hexadecimal::digits(&all.finalize()))
    }

    /// Writes them as an archive.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut archive = tar::Builder::new(zstd::Encoder::new(out, LEVEL)?);
        for (path, packed) in &self.packed {
            let bytes = zstd::decode_all(&packed[..])?;
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Regular);
            header.set_size(bytes.len() as u64);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mode(0o644);
            header.set_mtime(MODIFIED);
            archive.append_data(&mut header, format!("{RELEASE}/{path}"), &bytes[..])?;
        }
        archive.into_inner()?.finish()?;
        Ok(())
    }

    fn add(&mut self, id: &str, bytes: &[u8]) -> io::Result<()> {
        let is_played = serde_json::from_slice(bytes).is_ok_and(|Flag { solvable }| solvable);
        if is_played && !LEFT_OUT.iter().any(|part| id.contains(part)) {
            self.packed.insert(format!("{id}/{GAME_FILE}"), zstd::encode_all(bytes, 1)?);
        }
        Ok(())
    }
}

impl Visitor for Games {
    fn wants(&mut self, _id: &str) -> bool {
        true
    }

    fn found(&mut self, id: &str, bytes: Vec<u8>) -> bool {
        // Compressing bytes in memory cannot fail; if it did, the game would be missing.
        self.add(id, &bytes).is_ok()
    }
}

fn read_zip(from: &Path, split: &str, games: &mut Games) -> io::Result<()> {
    let mut archive = ZipArchive::new(runtime_files::open(from)?).map_err(io::Error::other)?;
    if archive.len() > FILES_MAX {
        return Err(io::Error::other("the archive has more files than any release"));
    }
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(io::Error::other)?;
        let id = member.enclosed_name().and_then(|path| game_id(&path, split));
        if let Some(id) = id {
            let bytes = read_bounded(member)?;
            games.add(&id, &bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// The folder with twenty games of `valid_seen`.
    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
    }

    fn archive(games: &Games) -> Vec<u8> {
        let mut bytes = Vec::new();
        games.write(&mut bytes).unwrap();
        bytes
    }

    /// Puts games where the release's zip file has them, in the opposite order.
    fn zipped(games: &Games, more: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (path, packed) in games.packed.iter().rev() {
            zip.start_file(format!("{RELEASE}/{path}"), options).unwrap();
            zip.write_all(&zstd::decode_all(&packed[..]).unwrap()).unwrap();
        }
        for (path, text) in more {
            zip.start_file(*path, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        file
    }

    #[test]
    fn the_same_games_give_the_same_bytes_wherever_they_come_from() {
        let folder = tempfile::tempdir().unwrap();
        let of_archive = Games::read(&fixtures(), "valid_seen").unwrap();
        let of_zip = Games::read(zipped(&of_archive, &[]).path(), "valid_seen").unwrap();
        tar::Archive::new(zstd::Decoder::new(&archive(&of_zip)[..]).unwrap())
            .unpack(folder.path())
            .unwrap();
        let of_folder = Games::read(folder.path(), "valid_seen").unwrap();
        let of_release = Games::read(&folder.path().join(RELEASE), "valid_seen").unwrap();

        assert_eq!(of_archive.len(), 20);
        for games in [&of_zip, &of_folder, &of_release] {
            assert_eq!(archive(games), archive(&of_archive));
            assert_eq!(games.contents().unwrap(), of_archive.contents().unwrap());
        }
    }

    #[test]
    fn what_the_package_does_not_play_is_left_out() {
        let games = Games::read(&fixtures(), "valid_seen").unwrap();
        let more = [
            (
                "json_2.1.1/valid_seen/look-A-movable-B-1/trial_1/game.tw-pddl",
                "{\"solvable\":true}",
            ),
            ("json_2.1.1/valid_seen/look-A-None-B-1/trial_1/game.tw-pddl", "{\"solvable\":false}"),
            ("json_2.1.1/valid_seen/look-A-None-B-1/trial_2/game.tw-pddl", "{}"),
            ("json_2.1.1/train/look-A-None-B-1/trial_3/game.tw-pddl", "{\"solvable\":true}"),
            ("../valid_seen/look-A-None-B-1/trial_4/game.tw-pddl", "{\"solvable\":true}"),
            ("README.md", "no game"),
        ];
        let zip = zipped(&games, &more);

        let found = Games::read(zip.path(), "valid_seen").unwrap();

        assert_eq!(found.contents().unwrap(), games.contents().unwrap());
        assert_eq!(Games::read(zip.path(), "train").unwrap().len(), 1);
    }

    #[test]
    fn a_changed_game_changes_the_contents() {
        let mut games = Games::read(&fixtures(), "valid_seen").unwrap();
        let before = games.contents().unwrap();
        let path = games.packed.keys().next().unwrap().clone();

        games.packed.insert(path, zstd::encode_all(&b"{\"solvable\": true}"[..], 1).unwrap());

        assert_ne!(games.contents().unwrap(), before);
    }

    #[test]
    fn what_is_no_zip_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a zip file").unwrap();

        let problem = Games::read(file.path(), "train").unwrap_err().to_string();

        assert!(problem.contains(file.path().to_str().unwrap()), "{problem}");
        assert!(Games::read(Path::new("/nowhere"), "train").unwrap().is_empty());
    }
}
