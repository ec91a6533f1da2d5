//! What a log holds after cuts, damage and full disks.

use std::sync::{Arc, Mutex};

use runtime_core::event::{TrialEndEvent, TrialKey, TrialStartEvent};
use runtime_core::model::ModelIdentity;
use runtime_core::record::{self, HEADER_BYTES, RecordError};
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::Ending;

use super::*;

fn run() -> RunEvent {
    let task = Task {
        id: "doors".into(),
        kind: "doors".into(),
        instruction: String::new(),
        seed: 0,
        limits: Limits { trials_max: 9, ..Limits::default() },
    };
    RunEvent {
        version: "0.1.0".into(),
        strategy: "none".into(),
        settings: "{}".into(),
        prompts_sha256: String::new(),
        actor: ModelIdentity::default(),
        retrospective: ModelIdentity::default(),
        tasks: vec![task],
        traits: Vec::new(),
    }
}

fn start(trial: u32) -> Event {
    let opening = "Two doors.".into();
    Event::TrialStart(TrialStartEvent { key: TrialKey { task: 0, trial }, opening })
}

fn end(trial: u32) -> Event {
    let (key, ending) = (TrialKey { task: 0, trial }, Ending::Over);
    Event::TrialEnd(TrialEndEvent { key, ending, feedback: "A wall.".into() })
}

/// A log of two trials and the start of a third.
fn events() -> Vec<Event> {
    vec![Event::Run(run()), start(1), end(1), start(2), end(2), start(3)]
}

struct Written {
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
    /// Where each record begins, and where the last one ends.
    offsets: Vec<usize>,
}

impl Written {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.log");
        let mut log = TrialLog::create(&path, &run()).unwrap();
        let mut offsets = vec![HEADER_BYTES];
        for event in &events()[1..] {
            offsets.push(fs::read(&path).unwrap().len());
            log.append(event).unwrap();
        }
        let bytes = fs::read(&path).unwrap();
        offsets.push(bytes.len());
        Self { folder, bytes, offsets }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("trials.log")
    }

    fn read(&self) -> Vec<Event> {
        Events::open(&self.path()).unwrap().map(Result::unwrap).collect()
    }
}

#[test]
fn an_appended_event_is_in_the_file_at_once() {
    let written = Written::new();

    assert_eq!(written.read(), events());
    assert_eq!(read_log(&written.path()).unwrap().history.tasks[0].trials.len(), 2);
}

#[test]
fn a_log_cut_anywhere_keeps_its_whole_records_and_goes_on() {
    let written = Written::new();

    for length in written.offsets[1]..written.bytes.len() {
        fs::write(written.path(), &written.bytes[..length]).unwrap();
        let whole = written.offsets.iter().filter(|offset| **offset <= length).count() - 1;
        let torn = length > written.offsets[whole];

        let mut opened = TrialLog::open(&written.path()).unwrap();
        for event in &events()[whole..] {
            opened.log.append(event).unwrap();
        }

        assert_eq!(opened.torn.is_some(), torn, "{length} bytes");
        assert_eq!(fs::read(written.path()).unwrap(), written.bytes, "{length} bytes");
    }
}

#[test]
fn a_log_cut_before_its_first_record_is_begun_anew() {
    let written = Written::new();

    for length in 0..written.offsets[1] {
        fs::write(written.path(), &written.bytes[..length]).unwrap();

        let error = TrialLog::open(&written.path()).err().unwrap();
        assert!(matches!(error, LogError::Unbegun { .. }), "{length} bytes: {error}");

        TrialLog::create(&written.path(), &run()).unwrap();
        assert_eq!(written.read(), [Event::Run(run())]);
    }
}

#[test]
fn a_new_run_never_overwrites_an_older_one_or_another_file() {
    let written = Written::new();
    let error = TrialLog::create(&written.path(), &run()).err().unwrap();
    assert!(matches!(error, LogError::Exists { .. }));
    assert_eq!(fs::read(written.path()).unwrap(), written.bytes);

    fs::write(written.path(), "Dear diary").unwrap();
    let error = TrialLog::create(&written.path(), &run()).err().unwrap();
    assert!(matches!(error, LogError::Header { source: RecordError::NotRecords, .. }));
    assert_eq!(fs::read(written.path()).unwrap(), b"Dear diary");
}

#[test]
fn damage_before_a_synced_record_is_an_error_that_names_its_place() {
    let written = Written::new();
    // Every byte of the records before the last end of a trial, each bit pattern
    // a different kind of damage: payload, checksum, length.
    for place in written.offsets[1]..written.offsets[4] {
        let mut bytes = written.bytes.clone();
        bytes[place] ^= 0x55;
        fs::write(written.path(), &bytes).unwrap();
        let record = written.offsets.iter().rposition(|offset| *offset <= place).unwrap();

        let error = TrialLog::open(&written.path()).err().unwrap();

        let LogError::Damaged { offset, records, .. } = error else { panic!("{place}: {error}") };
        assert_eq!((offset, records as usize), (written.offsets[record] as u64, record));
        assert_eq!(fs::read(written.path()).unwrap(), bytes);
    }
}

#[test]
fn damage_after_the_last_synced_record_is_a_torn_tail() {
    let written = Written::new();
    let mut log = TrialLog::open(&written.path()).unwrap().log;
    log.append(&end(3)).unwrap();
    let synced_bytes = fs::read(written.path()).unwrap().len();
    log.append(&start(4)).unwrap();
    drop(log);
    let mut bytes = fs::read(written.path()).unwrap();
    // A page that never reached the medium reads as zeros.
    bytes[synced_bytes..].fill(0);
    fs::write(written.path(), &bytes).unwrap();

    let opened = TrialLog::open(&written.path()).unwrap();

    let dropped_bytes = (bytes.len() - synced_bytes) as u64;
    assert_eq!(opened.torn, Some(TornTail { dropped_bytes, reason: RecordError::Damaged }));
    assert_eq!(opened.history.tasks[0].trials.len(), 3);
    assert_eq!(fs::read(written.path()).unwrap().len(), synced_bytes);
}

#[test]
fn a_log_of_version_1_goes_on_in_it() {
    let written = Written::new();
    let older = record::stream(Version::V1, &events()[..3]).unwrap();
    fs::write(written.path(), &older).unwrap();

    let mut log = TrialLog::open(&written.path()).unwrap().log;
    for event in &events()[3..] {
        log.append(event).unwrap();
    }

    let whole = record::stream(Version::V1, &events()).unwrap();
    assert_eq!(fs::read(written.path()).unwrap(), whole);
    assert_eq!(written.read(), events());
}

#[test]
fn two_cannot_write_one_log_and_one_can_read_it_meanwhile() {
    let written = Written::new();
    let first = TrialLog::open(&written.path()).unwrap();

    let second = TrialLog::open(&written.path()).err().unwrap();

    assert!(matches!(second, LogError::Locked { .. }));
    assert_eq!(written.read(), events());
    drop(first);
    assert!(TrialLog::open(&written.path()).is_ok());
}

/// A file on a disk with a limit.
#[derive(Clone)]
struct FullFile {
    bytes: Arc<Mutex<Vec<u8>>>,
    bytes_max: Arc<Mutex<usize>>,
}

impl Write for FullFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.bytes.lock().unwrap();
        let left = *self.bytes_max.lock().unwrap() - written.len();
        if left == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let count = left.min(bytes.len());
        written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogFile for FullFile {
    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.bytes.lock().unwrap().truncate(usize::try_from(bytes).unwrap());
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_fails_the_append_and_leaves_a_whole_log() {
    let mut chain = Chain::new(Version::NEWEST);
    let whole = chain.append(&start(1)).unwrap();
    let bytes_max = Arc::new(Mutex::new(whole.len() + 3));
    let file = FullFile { bytes: Arc::default(), bytes_max: Arc::clone(&bytes_max) };
    let path = PathBuf::from("trials.log");
    let (chain_before, file_of_log) = (Chain::new(Version::NEWEST), Box::new(file.clone()));
    let mut log =
        TrialLog { path, file: file_of_log, whole_bytes: 0, chain: chain_before, ragged: false };

    log.append(&start(1)).unwrap();
    let error = log.append(&end(1)).unwrap_err();
    assert!(matches!(error, LogError::Full { .. }));
    assert!(error.to_string().contains("trials.log"));
    assert_eq!(*file.bytes.lock().unwrap(), whole);

    *bytes_max.lock().unwrap() = 1000;
    log.append(&end(1)).unwrap();
    assert_eq!(*file.bytes.lock().unwrap(), [whole, chain.append(&end(1)).unwrap()].concat());
}
