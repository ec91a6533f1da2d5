//! The file of what was tried and ended well, so that it is tried once.
//!
//! ```text
//! <what was tried, on one line>
//! ```
//!
//! It lies in the user's cache, or where `REBOUND_TRIED` says. Whoever can write it can write the
//! program's other files, too. Lines are only appended; a file that has grown too long is begun anew.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// Greatest length of the file, in bytes: some thousands of lines.
const BYTES_MAX: u64 = 1 << 20;

/// The file, where there is one.
#[derive(Clone, Debug)]
pub struct Remembered {
    file: Option<PathBuf>,
}

impl Remembered {
    /// The user's.
    pub fn of_user() -> Self {
        let named = std::env::var_os("REBOUND_TRIED").map(PathBuf::from);
        let file = || Some(dirs::cache_dir()?.join("rebound").join("tried"));
        Self { file: named.or_else(file) }
    }

    /// Another one.
    pub fn at(file: PathBuf) -> Self {
        Self { file: Some(file) }
    }

    /// Whether this was tried.
    pub fn has(&self, tried: &str) -> bool {
        self.text().is_some_and(|text| text.lines().any(|line| line == tried))
    }

    /// What follows this beginning on lines that have it.
    pub fn behind(&self, beginning: &str) -> Vec<String> {
        let text = self.text().unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.strip_prefix(beginning));
        lines.map(str::to_owned).collect()
    }

    /// Notes that this was tried; it has no line ends. What cannot be noted is tried again.
    pub fn note(&self, tried: &str) {
        let Some(file) = &self.file else { return };
        if self.text().is_none() && file.exists() {
            let _ = fs::remove_file(file);
        }
        if let Some(folder) = file.parent() {
            let _ = fs::create_dir_all(folder);
        }
        let line = format!("{tried}\n");
        let opened = OpenOptions::new().create(true).append(true).open(file);
        let _ = opened.and_then(|mut opened| opened.write_all(line.as_bytes()));
    }

    /// What the file holds; `None` if there is none, or it is too long.
    fn text(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        String::from_utf8(runtime_files::read(file, BYTES_MAX).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tried_is_known_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache/tried");

        Remembered::at(file.clone()).note("model a");

        assert!(Remembered::at(file.clone()).has("model a"));
        assert!(!Remembered::at(file).has("model"));
    }

    #[test]
    fn a_file_that_is_too_long_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tried");
        fs::write(&file, vec![b'x'; 2 << 20]).unwrap();

        let remembered = Remembered::at(file.clone());
        remembered.note("model a");

        assert!(remembered.has("model a"));
        assert_eq!(fs::metadata(&file).unwrap().len(), 8);
    }
}
