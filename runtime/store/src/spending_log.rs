//! What was spent, a line of JSON for each attempt: it only grows.
//!
//! Trial logs hold the answers that steps came of. Money was also spent on those
//! that a kill or a broken connection lost, and only this file has them all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use runtime_core::spending::Spending;

use crate::disk::{Disk, OsDisk};
use crate::replace::folder_of;

/// A log that takes what is spent from now on.
#[derive(Debug)]
pub struct SpendingLog {
    path: PathBuf,
    file: File,
}

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpendingLogError {
    /// The system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A line is no account of an attempt.
    #[error("{}, line {line}, cannot be read", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl SpendingLog {
    /// Opens the log, or begins it, and says what was spent so far; a line that a
    /// power cut tore is dropped.
    pub fn open(path: &Path) -> Result<(Self, Vec<Spending>), SpendingLogError> {
        let failed =
            |action| move |source| SpendingLogError::Io { action, path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        let mut file = options.open(path).map_err(failed("open"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed("read"))?;
        let whole_bytes = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole_bytes < bytes.len() {
            file.set_len(whole_bytes as u64).map_err(failed("drop the torn end of"))?;
        }
        let lines = bytes[..whole_bytes].split(|byte| *byte == b'\n').enumerate();
        let spent = lines.filter(|(_, line)| !line.is_empty()).map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| SpendingLogError::Line {
                path: path.to_owned(),
                line: index + 1,
                source,
            })
        });
        let spent = spent.collect::<Result<_, _>>()?;
        OsDisk.sync_folder(folder_of(path)).map_err(failed("create"))?;
        Ok((Self { path: path.to_owned(), file }, spent))
    }

    /// Writes an attempt down; a killed program does not lose it. A power cut may
    /// lose the last ones, with the steps that they were for.
    pub fn append(&mut self, spending: &Spending) -> Result<(), SpendingLogError> {
        let line = serde_json::to_string(spending).map(|line| line + "\n");
        let written = line.map_err(io::Error::from);
        let written = written.and_then(|line| self.file.write_all(line.as_bytes()));
        written.map_err(|source| SpendingLogError::Io {
            action: "write to",
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::spending::TokenUse;

    use super::*;

    fn spending(task: &str) -> Spending {
        let [arm, model] = ["none", "m"].map(str::to_owned);
        let tokens = TokenUse { prompt: 3, cached: 1, completion: 2 };
        Spending { arm, task: task.into(), model, answered: true, tokens }
    }

    #[test]
    fn what_was_written_is_read_back_without_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        let (mut log, none) = SpendingLog::open(&path).unwrap();
        assert!(none.is_empty());
        log.append(&spending("a")).unwrap();
        log.append(&spending("b")).unwrap();
        let length = std::fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();

        let (mut log, spent) = SpendingLog::open(&path).unwrap();
        log.append(&spending("c")).unwrap();

        assert_eq!(spent, [spending("a")]);
        assert_eq!(SpendingLog::open(&path).unwrap().1, [spending("a"), spending("c")]);
    }

    #[test]
    fn a_line_that_is_no_account_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spending.jsonl");
        std::fs::write(&path, "{}\n").unwrap();

        let error = SpendingLog::open(&path).unwrap_err();

        assert!(error.to_string().ends_with("spending.jsonl, line 1, cannot be read"), "{error}");
    }
}
