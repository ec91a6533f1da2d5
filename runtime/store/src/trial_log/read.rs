//! Reads a trial log, one record in memory at a time, and judges its end.
//!
//! ```text
//! whole records │ a record that cannot be read │ rest
//!               └ no synced record in the rest: a torn tail, dropped with notice
//!               └ a synced record in the rest: damage, an error
//! ```
//!
//! What was synced cannot be lost to a power cut, so where a synced record
//! follows, the medium itself is at fault. Where none does, the system may have
//! written the file's last pages in any order: whole records after a hole are
//! no sign of damage.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use runtime_core::event::Event;
use runtime_core::history::{HistoryError, RunHistory};
use runtime_core::record::{
    self, FRAME_HEADER_BYTES, HEADER_BYTES, PAYLOAD_BYTES_MAX, RecordError,
};

use super::{LogError, is_synced};

/// No torn tail is longer; what is longer is damage without a closer look.
const TAIL_BYTES_MAX: u64 = 2 * PAYLOAD_BYTES_MAX as u64;

/// A log as it was read.
#[derive(Clone, Debug)]
pub struct ReadLog {
    /// What was done.
    pub history: RunHistory,
    /// What stands at the end and is no record; it is not part of the history.
    pub torn: Option<TornTail>,
    /// Length of the header and the whole records.
    pub whole_bytes: u64,
}

/// What a power cut left at the end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log's last {dropped_bytes} bytes are no whole record and were left out: {reason}")]
pub struct TornTail {
    /// How much of the file is dropped.
    pub dropped_bytes: u64,
    /// Why the first of it is no record.
    pub reason: RecordError,
}

/// Reads a log; somebody may be writing it.
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
    Ok(ReadLog { history, torn: events.torn, whole_bytes: events.offset })
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
    file: BufReader<File>,
    frame: Vec<u8>,
    /// Where the next record begins.
    offset: u64,
    count: u64,
    torn: Option<TornTail>,
    ended: bool,
}

impl Events {
    /// Opens a log and checks its header.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let io_error = |source| LogError::io("read", path, source);
        let mut file = BufReader::new(File::open(path).map_err(io_error)?);
        let mut header = Vec::with_capacity(HEADER_BYTES);
        file.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(io_error)?;
        if header.len() < HEADER_BYTES && record::header().starts_with(&header) {
            return Err(LogError::Unbegun { path: path.to_owned() });
        }
        record::check_header(&header)
            .map_err(|source| LogError::Header { path: path.to_owned(), source })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            frame: Vec::new(),
            offset: HEADER_BYTES as u64,
            count: 0,
            torn: None,
            ended: false,
        })
    }

    /// What stood at the end and was no record; known once the events are used up.
    pub fn torn(&self) -> Option<TornTail> {
        self.torn
    }

    fn read_event(&mut self) -> Result<Option<Event>, LogError> {
        let read = read_frame(&mut self.file, &mut self.frame);
        read.map_err(|source| LogError::io("read", &self.path, source))?;
        if self.frame.is_empty() {
            return Ok(None);
        }
        match record::decode(&self.frame) {
            Ok((event, frame_bytes)) => {
                self.offset += frame_bytes as u64;
                self.count += 1;
                Ok(Some(event))
            }
            Err(source @ (RecordError::Torn { .. } | RecordError::Damaged)) => {
                self.judge_tail(source)
            }
            Err(source @ RecordError::TooLong { .. }) => self.judge_tail(source),
            Err(source) => {
                let (path, offset) = (self.path.clone(), self.offset);
                Err(LogError::Unreadable { path, offset, source })
            }
        }
    }

    /// Decides what it means that the record at `offset` cannot be read.
    fn judge_tail(&mut self, reason: RecordError) -> Result<Option<Event>, LogError> {
        let tail = read_tail(&mut self.file, self.offset);
        let tail = tail.map_err(|source| LogError::io("read", &self.path, source))?;
        let dropped_bytes = tail.len() as u64;
        if dropped_bytes > TAIL_BYTES_MAX || holds_synced_event(&tail[1..]) {
            let (path, offset, events) = (self.path.clone(), self.offset, self.count);
            return Err(LogError::Damaged { path, offset, events, source: reason });
        }
        self.torn = Some(TornTail { dropped_bytes, reason });
        Ok(None)
    }
}

impl Iterator for Events {
    type Item = Result<Event, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.read_event();
        self.ended = !matches!(event, Ok(Some(_)));
        event.transpose()
    }
}

/// Reads the bytes of one frame, fewer where the file ends or the length cannot
/// be believed; memory grows with what is there, not with what a length claims.
fn read_frame(file: &mut impl Read, frame: &mut Vec<u8>) -> io::Result<()> {
    frame.clear();
    file.by_ref().take(FRAME_HEADER_BYTES as u64).read_to_end(frame)?;
    let Some((length, _)) = frame.split_first_chunk::<4>() else { return Ok(()) };
    let payload_bytes = u32::from_le_bytes(*length);
    if payload_bytes as usize <= PAYLOAD_BYTES_MAX {
        file.take(u64::from(payload_bytes)).read_to_end(frame)?;
    }
    Ok(())
}

fn read_tail(file: &mut BufReader<File>, offset: u64) -> io::Result<Vec<u8>> {
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(TAIL_BYTES_MAX + 1).read_to_end(&mut tail)?;
    Ok(tail)
}

/// Whether a whole record of a synced event begins anywhere in the bytes. A
/// damaged length may point anywhere, so every byte is tried.
fn holds_synced_event(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|start| match record::decode(&bytes[start..]) {
        Ok((event, _)) => is_synced(&event),
        Err(_) => false,
    })
}
