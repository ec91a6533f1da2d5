//! A model's manifest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use models::manifest::Manifest;

fuzz_target!(|text: &str| {
    let _ = Manifest::parse(text);
});
