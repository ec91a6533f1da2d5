//! Append-only logs of JSON lines: sessions and spending of a run.
//!
//! They contain what trial logs lack: spending on answers that a kill or a broken connection
//! lost, and when and where the run was started and resumed.
//!
//! Each line has its checksum, as [`crate::sealed`] lays it out. A power cut may tear the last
//! one, which is dropped; where nothing but its end is missing, it is kept.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use models::replace::folder_of;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::disk::{Disk, OsDisk};
use crate::sealed::{self, JsonError};

/// A log that is open for appending.
#[derive(Debug)]
pub struct LineLog<T> {
    path: PathBuf,
    file: File,
    _entries: PhantomData<fn(T)>,
}

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineLogError {
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The failed operation.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A line is damaged or not an entry of this log.
    #[error(
        "{}, line {line}, cannot be read: {reason}; restore the file, or take the line out",
        path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: JsonError,
    },
}

impl<T: Serialize + DeserializeOwned> LineLog<T> {
    /// Opens or creates the log; returns its entries, too.
    pub fn open(path: &Path) -> Result<(Self, Vec<T>), LineLogError> {
        let failed =
            |action| move |source| LineLogError::Io { action, path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let mut bytes = match runtime_files::read(path, runtime_files::WHOLE_BYTES_MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            found => found.map_err(failed("read"))?,
        };
        let mut file = options.open(path).map_err(failed("open"))?;
        let lines_bytes = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if lines_bytes < bytes.len() {
            bytes.truncate(lines_bytes + whole_bytes::<T>(&bytes[lines_bytes..]));
            let mended = file.set_len(bytes.len() as u64);
            let ended = mended.and_then(|()| match bytes.len() {
                whole if whole > lines_bytes => file.write_all(b"\n"),
                _ => Ok(()),
            });
            ended.map_err(failed("drop the torn end of"))?;
        }
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        let entries = lines.filter(|(_, line)| !line.is_empty()).map(|(index, line)| {
            sealed::parse_json(line).map_err(|reason| LineLogError::Line {
                path: path.to_owned(),
                line: index + 1,
                reason,
            })
        });
        let entries = entries.collect::<Result<_, _>>()?;
        OsDisk.sync_folder(folder_of(path)).map_err(failed("create"))?;
        Ok((Self { path: path.to_owned(), file, _entries: PhantomData }, entries))
    }

    /// Appends a line, which survives a kill of the program. A power cut may lose the last lines.
    pub fn append(&mut self, entry: &T) -> Result<(), LineLogError> {
        let line = sealed::json_line(entry).map(|line| line + "\n");
        let written = line.map_err(io::Error::from);
        let written = written.and_then(|line| self.file.write_all(line.as_bytes()));
        written.map_err(|source| LineLogError::Io {
            action: "write to",
            path: self.path.clone(),
            source,
        })
    }
}

/// How much of a last line without an end is one; 0 if it was torn.
fn whole_bytes<T: DeserializeOwned>(line: &[u8]) -> usize {
    let mut values = serde_json::Deserializer::from_slice(line).into_iter::<IgnoredAny>();
    let is_whole = values.next().is_some_and(|value| value.is_ok());
    let bytes = values.byte_offset();
    if is_whole && sealed::parse_json::<T>(&line[..bytes]).is_ok() { bytes } else { 0 }
}

#[cfg(test)]
mod tests {
    use runtime_core::spending::{Spending, TokenUse};

    use super::*;

    fn spending(task: &str) -> Spending {
        let [arm, model] = ["none", "m"].map(str::to_owned);
        let tokens = TokenUse { prompt: 3, cached: 1, completion: 2 };
        Spending { arm, task: task.into(), model, answered: true, tokens }
    }

    fn open(path: &Path) -> Result<(LineLog<Spending>, Vec<Spending>), LineLogError> {
        LineLog::open(path)
    }

    /// A file of two lines.
    fn written(path: &Path) -> Vec<u8> {
        let (mut log, none) = open(path).unwrap();
        assert!(none.is_empty());
        log.append(&spending("a")).unwrap();
        log.append(&spending("b")).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn what_was_written_is_read_back_without_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        let whole = written(&path);
        let second = whole.len() / 2;

        for bytes in second + 1..whole.len() - 1 {
            std::fs::write(&path, &whole[..bytes]).unwrap();
            let (mut log, spent) = open(&path).unwrap();
            log.append(&spending("c")).unwrap();

            assert_eq!(spent, [spending("a")], "{bytes} bytes");
            assert_eq!(open(&path).unwrap().1, [spending("a"), spending("c")]);
        }
    }

    #[test]
    fn a_damaged_byte_never_gives_other_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        let whole = written(&path);
        let both = [spending("a"), spending("b")];

        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << bit;
                std::fs::write(&path, &damaged).unwrap();
                if let Ok((mut log, spent)) = open(&path) {
                    assert_eq!(spent, both, "bit {bit} of byte {place}");
                    log.append(&spending("c")).unwrap();
                    assert_eq!(open(&path).unwrap().1.len(), 3, "bit {bit} of byte {place}");
                }
            }
        }
    }

    #[test]
    fn a_damaged_line_is_named_with_what_was_expected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        let text = String::from_utf8(written(&path)).unwrap();
        std::fs::write(&path, text.replace("\"b\"", "\"d\"")).unwrap();

        let error = open(&path).unwrap_err();

        let error = error.to_string();
        assert!(error.contains("spending.jsonl, line 2, cannot be read: the sha256"), "{error}");
        assert!(error.contains("expected") && error.contains("restore the file"), "{error}");
    }

    #[test]
    fn lines_of_older_programs_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        let line = serde_json::to_string(&spending("a")).unwrap() + "\n";
        std::fs::write(&path, &line).unwrap();

        let (mut log, spent) = open(&path).unwrap();
        log.append(&spending("b")).unwrap();

        assert_eq!(spent, [spending("a")]);
        assert_eq!(open(&path).unwrap().1, [spending("a"), spending("b")]);
    }

    #[test]
    fn a_line_that_is_no_account_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        std::fs::write(&path, "{}\n").unwrap();

        let error = open(&path).unwrap_err().to_string();

        assert!(error.contains("spending.jsonl, line 1, cannot be read: missing field"), "{error}");
    }
}
