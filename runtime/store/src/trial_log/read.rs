//! Reads a trial log, one record in memory at a time.
//!
//! What its end means is judged where the records are read, by
//! [`runtime_core::record::RecordReader`].

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use runtime_core::event::Event;
use runtime_core::history::{HistoryError, RunHistory};
use runtime_core::record::{ByteSource, Chain, RecordReader, StreamError, TornTail};

use super::LogError;

/// The contents of a log.
#[derive(Clone, Debug)]
pub struct ReadLog {
    /// The history.
    pub history: RunHistory,
    /// The torn tail, which is not part of the history.
    pub torn: Option<TornTail>,
    /// Length of the header and the whole records.
    pub whole_bytes: u64,
    /// The state of the record stream.
    pub chain: Chain,
}

/// Reads a log, which another process may be writing.
pub fn read_log(path: &Path) -> Result<ReadLog, LogError> {
    let mut events = Events::open(path)?;
    let no_history = |source| LogError::History { path: path.to_owned(), source };
    let Some(run) = events.next().transpose()? else {
        return Err(LogError::Unbegun { path: path.to_owned() });
    };
    let mut history = RunHistory::from_events([run]).map_err(no_history)?;
    for event in &mut events {
        history.follow(event?).map_err(|source: HistoryError| no_history(source))?;
    }
    let Events { reader, .. } = events;
    let (torn, whole_bytes, chain) = (reader.torn(), reader.offset(), reader.end());
    Ok(ReadLog { history, torn, whole_bytes, chain })
}

/// Checks that a new log would overwrite no record.
pub(super) fn check_unbegun(path: &Path) -> Result<(), LogError> {
    match Events::open(path) {
        Err(LogError::Unbegun { .. }) => Ok(()),
        Err(error) => Err(error),
        Ok(mut events) => match events.next().transpose()? {
            None => Ok(()),
            Some(_) => Err(LogError::Exists { path: path.to_owned() }),
        },
    }
}

/// The events of a log, in order.
pub struct Events {
    path: PathBuf,
    reader: RecordReader<LogSource>,
}

impl Events {
    /// Opens a log and checks its header.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let file =
            runtime_files::open(path).map_err(|source| LogError::io("read", path, source))?;
        let reader = RecordReader::open(LogSource(BufReader::new(file)));
        let reader = reader.map_err(|error| LogError::unread(path, error))?;
        Ok(Self { path: path.to_owned(), reader })
    }
}

impl Iterator for Events {
    type Item = Result<Event, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = self.reader.next()?;
        Some(event.map_err(|error| LogError::unread(&self.path, error)))
    }
}

struct LogSource(BufReader<File>);

impl ByteSource for LogSource {
    type Error = io::Error;

    fn read(&mut self, bytes_max: usize, into: &mut Vec<u8>) -> io::Result<()> {
        self.0.by_ref().take(bytes_max as u64).read_to_end(into).map(|_| ())
    }
}

impl LogError {
    fn unread(path: &Path, error: StreamError<io::Error>) -> Self {
        let path = path.to_owned();
        match error {
            StreamError::Source(source) => Self::io("read", &path, source),
            StreamError::Unbegun => Self::Unbegun { path },
            StreamError::Header(source) => Self::Header { path, source },
            StreamError::Damaged { offset, records, source } => {
                Self::Damaged { path, offset, records, source }
            }
            StreamError::Disordered { offset, source } => Self::Disordered { path, offset, source },
            StreamError::Unreadable { offset, source } => Self::Unreadable { path, offset, source },
        }
    }
}
