//! Games that are played by hand.
#![allow(clippy::unwrap_used, reason = "it is a test's")]

use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::worlds::{self, DEFAULT};
use runtime_session::game::{Game, Line};
use serde_json::Value;

/// What is answered to these commands while it is heard.
fn answers(
    commands: &[&str],
    is_heard: bool,
    play: fn(&mut Game, &mut Line<'_>) -> anyhow::Result<()>,
) -> (anyhow::Result<()>, String) {
    let world = worlds::open(DEFAULT, &EnvironmentOptions::default()).unwrap();
    let mut game = Game::new(&*world, None, None).unwrap();
    let mut commands = commands.iter().map(|command| Ok((*command).to_owned()));
    let mut answers = Vec::new();
    let (is_heard, prompt) = (&|| is_heard, "> ");
    let line = &mut Line { commands: &mut commands, answers: &mut answers, is_heard, prompt };
    let played = play(&mut game, line);
    (played, String::from_utf8(answers).unwrap())
}

#[test]
fn a_script_gets_a_line_of_json_for_each_command() {
    let (played, told) = answers(&["look", "fly away"], true, Game::play_in_json);

    played.unwrap();
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0]["observation"].is_string() && lines[0]["admissible"].is_array());
    assert_eq!((&lines[1]["command"], &lines[2]["command"]), (&"look".into(), &"fly away".into()));
    assert_eq!(lines[2]["done"], false);
}

#[test]
fn a_person_is_asked_and_told_what_can_be_done() {
    let (played, told) = answers(&["?", "look"], true, Game::play_in_words);

    played.unwrap();
    let (task, rest) = told.split_once("\n\n").unwrap();
    assert!(task.contains('/'), "{task}");
    assert_eq!(rest.matches("> ").count(), 3);
    assert!(rest.contains("\ngo to ") || rest.contains("> go to "), "{rest}");
}

#[test]
fn a_game_ends_where_nobody_listens_and_says_where_no_command_came() {
    let (left, _) = answers(&["look"], false, Game::play_in_words);
    let (silent, _) = answers(&[], true, Game::play_in_words);

    left.unwrap();
    assert_eq!(silent.unwrap_err().to_string(), "no command came");
}
