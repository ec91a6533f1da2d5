//! Wins every game of ALFWorld by its own walkthrough.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::game::play::GameState;
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds::alfworld::pack::Games;
use runtime_environments::worlds::alfworld::{Alfworld, AlfworldOptions};
use runtime_environments::worlds::open;
use sha2::{Digest, Sha256};

/// Plays all walkthroughs of a split; returns how many games there are.
fn win_all(data: &Path, split: &str) -> usize {
    let world = Alfworld::new(data, AlfworldOptions::default());
    let ids = world.ids(split).unwrap();
    world.load(split, &ids).unwrap();
    for id in ids.iter() {
        let walkthrough = world.file(id).unwrap().unwrap().walkthrough;
        let mut play = GameState::new(Arc::new(world.game(id).unwrap().unwrap()));
        let mut progress = play.progress();
        for command in &walkthrough {
            assert!(!play.won(), "{id}: won before {command:?}");
            assert!(play.admissible().unwrap().contains(command), "{id}: {command:?}");
            play.step(command).unwrap();
            assert!(play.progress() >= progress, "{id}: progress fell");
            progress = play.progress();
        }
        assert!(play.won(), "{id}: {walkthrough:?}");
    }
    ids.len()
}

#[test]
fn the_fixture_is_won() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    assert_eq!(win_all(&fixtures, "valid_seen"), 20);
}

#[test]
fn every_game_of_the_release_is_won() {
    let Some(data) = tests_needs::data("alfworld") else { return };
    for (split, games) in [("valid_unseen", 134), ("valid_seen", 140), ("train", 3553)] {
        assert_eq!(win_all(&data, split), games, "{split}");
    }
}

#[test]
fn tasks_name_their_type_and_instruction() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let options = EnvironmentOptions { data: Some(fixtures), ..EnvironmentOptions::default() };
    let world = open("ALFWorld", &options).unwrap();
    let selection = |count| TaskSelection {
        split: "valid_seen".to_owned(),
        count,
        seed: 3,
        limits: runtime_core::task::Limits::default(),
    };

    let all = world.tasks(&selection(None)).unwrap();
    let six = world.tasks(&selection(Some(6))).unwrap();

    assert_eq!(all.len(), 20);
    let mut kinds: Vec<&str> = six.iter().map(|task| task.kind.as_str()).collect();
    kinds.dedup();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert_eq!(all[0].instruction, "look at alarmclock under the desklamp");
    assert!(world.tasks(&TaskSelection { split: "valid".to_owned(), ..selection(None) }).is_err());
}

#[test]
fn feedback_tells_what_was_reached_and_no_more() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let options = EnvironmentOptions { data: Some(fixtures), ..EnvironmentOptions::default() };
    let world = open("alfworld", &options).unwrap();
    let selection = TaskSelection {
        split: "valid_seen".to_owned(),
        count: None,
        seed: 0,
        limits: runtime_core::task::Limits::default(),
    };
    let task = &world.tasks(&selection).unwrap()[0];
    let mut environment = world.environment();

    environment.reset(task).unwrap();
    assert_eq!(environment.feedback(), "You did not finish the task. Subgoals reached: 0 of 3.");
    environment.step("go to desk 1").unwrap();
    let step = environment.step("use desklamp 1").unwrap();
    assert!(step.progress > 0.6 && step.progress < 0.7 && !step.done);
    let feedback = environment.feedback();
    assert!(feedback.contains("Subgoals reached: 2 of 3: use desklamp"), "{feedback}");
    let step = environment.step("take alarmclock 2 from desk 1").unwrap();
    assert_eq!((step.reward, step.progress, step.done), (1.0, 1.0, true));
    assert_eq!(environment.feedback(), "You finished the task.");
}

#[test]
fn the_listed_archives_are_made_of_the_release() {
    let Some(data) = tests_needs::data("alfworld") else { return };
    let listed = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/data/alfworld.toml"),
    )
    .unwrap();
    for split in ["valid_unseen", "valid_seen", "train"] {
        let games = Games::read(&data, split).unwrap();
        let mut archive = Vec::new();
        games.write(&mut archive).unwrap();

        let contents = games.contents().unwrap();
        assert!(listed.contains(&contents), "{split}: {contents}");
        let mut sha256 = String::new();
        for byte in Sha256::digest(&archive) {
            write!(sha256, "{byte:02x}").unwrap();
        }
        assert!(listed.contains(&sha256), "{split}: {sha256}");
    }
}
