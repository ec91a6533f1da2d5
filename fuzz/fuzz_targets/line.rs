//! A line of a JSONL file that is trained on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::dataset::line;

fuzz_target!(|bytes: &[u8]| {
    let Err(reason) = line::parse(bytes) else { return };
    assert!(!reason.is_empty());
});
