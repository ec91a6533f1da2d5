//! Plays what the Python package was recorded playing: every observation, every
//! list of admissible commands, score and end, letter by letter.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skips"
)]

use std::path::{Path, PathBuf};

use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::worlds::open;
use serde::Deserialize;

#[derive(Deserialize)]
struct Transcript {
    game: String,
    reset: String,
    admissible: Vec<String>,
    steps: Vec<TranscriptStep>,
}

#[derive(Deserialize)]
struct TranscriptStep {
    command: String,
    observation: String,
    score: i64,
    done: bool,
    won: bool,
    admissible: Vec<String>,
}

/// Plays every transcript of a file; returns how many games and steps agreed.
fn play_all(data: &Path, transcripts: &Path) -> (usize, usize) {
    let options =
        EnvironmentOptions { data: Some(data.to_owned()), ..EnvironmentOptions::default() };
    let world = open("alfworld", &options).unwrap();
    let mut environment = world.environment();
    let text = std::fs::read_to_string(transcripts).unwrap();
    let mut counts = (0, 0);
    for line in text.lines() {
        let transcript: Transcript = serde_json::from_str(line).unwrap();
        let game = &transcript.game;
        let task = Task {
            id: game.clone(),
            kind: String::new(),
            instruction: String::new(),
            seed: 0,
            limits: Limits::default(),
        };
        assert_eq!(environment.reset(&task).unwrap(), transcript.reset, "{game}");
        assert_eq!(environment.admissible_actions().unwrap(), transcript.admissible, "{game}");
        for (number, expected) in transcript.steps.iter().enumerate() {
            let place = format!("{game}, step {number}, {:?}", expected.command);
            let step = environment.step(&expected.command).unwrap();
            let standing = environment.standing();
            assert_eq!(step.observation, expected.observation, "{place}");
            assert_eq!(environment.admissible_actions().unwrap(), expected.admissible, "{place}");
            let ends = (standing.score, standing.done, standing.won);
            assert_eq!(ends, (expected.score, expected.done, expected.won), "{place}");
            assert_eq!(step.done, expected.done, "{place}");
            counts.1 += 1;
        }
        counts.0 += 1;
    }
    counts
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn the_recorded_games_are_played_letter_by_letter() {
    let (games, steps) = play_all(&fixtures(), &fixtures().join("transcripts-dev.jsonl"));

    assert_eq!((games, steps), (20, 774));
}

/// Further transcripts, of the whole data set: `REBOUND_TRANSCRIPTS` names the
/// files, separated by colons, `REBOUND_DATA` the data folder.
#[test]
fn transcripts_named_in_the_environment_agree_too() {
    let Ok(files) = std::env::var("REBOUND_TRANSCRIPTS") else {
        tests_needs::skipped("REBOUND_TRANSCRIPTS names no files");
        return;
    };
    let Some(data) = tests_needs::data("alfworld") else { return };
    for file in files.split(':') {
        let (games, steps) = play_all(&data, Path::new(file));
        println!("{file}: {games} games, {steps} steps agree");
    }
}
