//! A run's log: frames, events and the history that they make.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_core::event::Event;
use runtime_core::history::RunHistory;
use runtime_core::record::{self, RecordReader};

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = RecordReader::open(bytes) else { return };
    let version = reader.end().version();
    let events: Vec<Event> = reader.by_ref().map_while(Result::ok).collect();
    let again = record::stream(version, &events).expect("events that were read can be written");
    let mut reader = RecordReader::open(&again[..]).expect("its header is whole");
    assert_eq!(reader.by_ref().filter_map(Result::ok).count(), events.len());
    assert!(reader.torn().is_none());
    let _ = RunHistory::from_events(events);
});
