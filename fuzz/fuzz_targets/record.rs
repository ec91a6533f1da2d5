//! A run's log: frames, events and the history that they make.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_core::event::Event;
use runtime_core::history::RunHistory;
use runtime_core::record;

fuzz_target!(|bytes: &[u8]| {
    if record::check_header(bytes).is_err() {
        return;
    }
    let mut rest = &bytes[record::HEADER_BYTES..];
    let mut events: Vec<Event> = Vec::new();
    while let Ok((event, length)) = record::decode(rest) {
        let again = record::encode(&event).expect("an event that was read can be written");
        assert_eq!(record::decode(&again).map(|(_, length)| length).ok(), Some(again.len()));
        events.push(event);
        rest = &rest[length..];
    }
    let _ = RunHistory::from_events(events);
});
