//! A training run's file: what is accepted can be written and read again.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use trainer::config::TrainConfig;

fuzz_target!(|text: &str| {
    let Ok(config) = TrainConfig::parse(Path::new("fuzz"), text) else { return };
    let again = TrainConfig::parse(Path::new("fuzz"), &config.text());
    assert_eq!(again.expect("what was written can be read").text(), config.text());
    assert!(config.adapter.scale().is_finite());
});
