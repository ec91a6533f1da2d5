//! Broken data is an error that names the file, never a panic; and a folder is
//! as good as the archive that it was packed from.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use runtime_core::environment::EnvironmentError;
use runtime_core::task::{Limits, Task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::alfworld::{Alfworld, AlfworldOptions};

const GAME: &str = "valid_seen/look_at_obj_in_light-A-None-B-1/trial_1";

/// A data folder with one unpacked game of these bytes.
fn folder_with(bytes: &[u8]) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("json_2.1.1").join(GAME);
    std::fs::create_dir_all(data.path().join("alfworld")).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("game.tw-pddl"), bytes).unwrap();
    data
}

fn task(id: &str) -> Task {
    Task {
        id: id.to_owned(),
        kind: String::new(),
        instruction: String::new(),
        seed: 0,
        limits: Limits::default(),
    }
}

/// The first game of the fixture, as bytes.
fn whole_game() -> Vec<u8> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alfworld/valid_seen.tar.zst");
    let mut tar =
        tar::Archive::new(zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap());
    let mut game = tar.entries().unwrap().next().unwrap().unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut game, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_game_from_a_folder_plays_as_from_an_archive() {
    let data = folder_with(&whole_game());
    let world = Alfworld::new(data.path(), AlfworldOptions::default());
    let selection = TaskSelection {
        split: "valid_seen".to_owned(),
        count: Some(5),
        seed: 0,
        limits: Limits::default(),
    };

    let tasks = world.tasks(&selection).unwrap();

    assert_eq!(tasks.len(), 1);
    assert_eq!((tasks[0].id.as_str(), tasks[0].kind.as_str()), (GAME, "look_at_obj_in_light"));
    assert!(world.environment().reset(&tasks[0]).unwrap().contains("-= Welcome to TextWorld"));
}

#[test]
fn put_is_understood_where_that_is_chosen() {
    let data = folder_with(&whole_game());
    for put_is_move in [false, true] {
        let mut environment =
            Alfworld::new(data.path(), AlfworldOptions { put_is_move }).environment();
        environment.reset(&task(GAME)).unwrap();
        environment.step("go to desk 1").unwrap();
        environment.step("take mug 2 from desk 1").unwrap();

        let said = environment.step("put mug 2 in/on desk 1").unwrap().observation;

        let expected =
            if put_is_move { "You move the mug 2 to the desk 1." } else { "Nothing happens." };
        assert_eq!(said, expected);
    }
}

#[test]
fn broken_games_are_errors_that_name_the_game() {
    let whole = String::from_utf8(whole_game()).unwrap();
    let broken = [
        String::new(),
        "{}".to_owned(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("(:action look", "(:action ((((look"),
        whole.replace("(:goal", "(:gaol"),
        whole.replace("(:goal", &"(".repeat(10_000)),
        whole.replace("(openable ?r)", "(openable ?unknown)"),
        whole.replace("action GotoLocation {", "action Elsewhere {"),
        whole.replace("template ::", "template"),
        whole.replace("(atLocation ?a - agent", "(atLocation ?x ?y ?a - agent"),
    ];
    for (number, text) in broken.iter().enumerate() {
        let data = folder_with(text.as_bytes());
        let mut environment = Alfworld::new(data.path(), AlfworldOptions::default()).environment();

        let problem = environment.reset(&task(GAME)).unwrap_err();

        assert!(matches!(problem, EnvironmentError::Data { .. }), "{number}: {problem}");
        assert!(problem.to_string().contains("trial_1"), "{number}: {problem}");
    }
}

#[test]
fn a_grammar_that_never_ends_breaks_the_step_not_the_program() {
    let whole = String::from_utf8(whole_game()).unwrap();
    let endless = whole.replace("You are not carrying anything.", "#inventory.feedback#");
    let data = folder_with(endless.as_bytes());
    let mut environment = Alfworld::new(data.path(), AlfworldOptions::default()).environment();
    environment.reset(&task(GAME)).unwrap();

    let problem = environment.step("inventory").unwrap_err();

    assert!(problem.to_string().contains("without end"), "{problem}");
}

#[test]
fn unknown_tasks_and_early_steps_are_told_apart() {
    let data = folder_with(&whole_game());
    let mut environment = Alfworld::new(data.path(), AlfworldOptions::default()).environment();

    assert!(matches!(environment.step("look"), Err(EnvironmentError::NotReset)));
    for id in ["valid_seen/a/b", "elsewhere/a/b", "", "../../etc/passwd"] {
        let problem = environment.reset(&task(id)).unwrap_err();
        assert!(matches!(problem, EnvironmentError::UnknownTask(_)), "{id}: {problem}");
    }
    assert!(environment.admissible_actions().is_none());
}
