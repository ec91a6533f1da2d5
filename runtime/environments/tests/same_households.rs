//! The households that adapters were trained on are still the same, to the byte.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;

use runtime_core::environment::Environment;
use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::worlds::household::house;
use runtime_environments::worlds::open;
use sha2::{Digest, Sha256};

/// Adds all that an agent reads while the house's plan is played.
fn read_along(environment: &mut dyn Environment, id: &str, digest: &mut Sha256) {
    let house = house(id).unwrap();
    let task = Task {
        id: id.to_owned(),
        kind: String::new(),
        instruction: house.instruction.clone(),
        seed: 0,
        limits: Limits::default(),
    };
    digest.update(environment.reset(&task).unwrap());
    for command in &house.plan {
        digest.update(environment.admissible_actions().unwrap().join("\n"));
        let step = environment.step(command).unwrap();
        digest.update(format!("{command}\n{}\n{}", step.observation, step.progress));
    }
    digest.update(environment.feedback());
}

/// The first 16 digits of the sha256 of 60 games of a split.
fn check(split: &str, expected: &str) {
    let mut environment = open("household", &EnvironmentOptions::default()).unwrap().environment();
    let mut digest = Sha256::new();
    for index in 0..60 {
        read_along(&mut *environment, &format!("{split}/{index}"), &mut digest);
    }
    let mut found = String::new();
    for byte in &digest.finalize()[..8] {
        write!(found, "{byte:02x}").unwrap();
    }
    assert_eq!(found, expected, "{split}");
}

#[test]
fn every_difficulty_that_adapters_learned_reads_as_it_did() {
    check("train/easy", "8e07c2e67c971565");
    check("train/medium", "b0d1bdda6eb3e846");
    check("train/hard", "8d42b879c9601551");
    check("validation/medium", "69ab5c4e2af8bb8c");
    check("test/medium", "faedd432e898629b");
}
