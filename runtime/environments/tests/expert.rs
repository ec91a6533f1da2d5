//! The scripted expert wins, in every world that it knows.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and says what it skips"
)]

use std::collections::BTreeMap;
use std::path::Path;

use runtime_core::environment::Environment;
use runtime_core::seed::{Draw, SeedKey};
use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::expert::{Sight, choose};
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds::open;

const STEPS_MAX: usize = 50;

/// Plays one task; returns the steps to its end if it was won. Of a hundred
/// steps, `noise_percent` are random.
fn play(environment: &mut dyn Environment, task: &Task, noise_percent: u64) -> Option<usize> {
    let opening = environment.reset(task).unwrap();
    let mut observations: Vec<String> = Vec::new();
    for step in 1..=STEPS_MAX {
        let admissible = environment.admissible_actions().unwrap();
        let sight = Sight {
            instruction: &task.instruction,
            advice: Vec::new(),
            opening: &opening,
            observations: observations.iter().map(String::as_str).collect(),
            admissible: &admissible,
        };
        let step_number = u32::try_from(step).unwrap();
        let thought = Draw::Thought { step: step_number };
        let draw = SeedKey { run: 1, task: &task.id, trial: 1, draw: thought }.seed();
        let random = &admissible[usize::try_from(draw / 100).unwrap() % admissible.len()];
        let chosen = choose(&sight).filter(|_| draw % 100 >= noise_percent);
        let action = chosen.unwrap_or(random);
        assert!(admissible.iter().any(|known| known == action), "{action}");
        let outcome = environment.step(action).unwrap();
        if outcome.done {
            return Some(step);
        }
        observations.push(outcome.observation);
    }
    None
}

/// Plays tasks of a split; asserts that of each kind at least `percent` are won.
fn check(world: (&str, Option<&Path>), split: &str, count: usize, (noise, percent): (u64, usize)) {
    let (name, data) = world;
    let options = EnvironmentOptions { data: data.map(Path::to_owned), ..Default::default() };
    let world = open(name, &options).unwrap();
    let limits = Limits::default();
    let count = (count > 0).then_some(count);
    let selection = TaskSelection { split: split.to_owned(), count, seed: 1, limits };
    let mut environment = world.environment();
    let mut kinds: BTreeMap<String, Vec<Option<usize>>> = BTreeMap::new();
    for task in world.tasks(&selection).unwrap() {
        let steps = play(&mut *environment, &task, noise);
        kinds.entry(task.kind).or_default().push(steps);
    }
    for (kind, played) in &kinds {
        let won = played.iter().flatten().count();
        let steps: usize = played.iter().map(|steps| steps.unwrap_or(STEPS_MAX)).sum();
        let steps_mean = steps as f64 / played.len() as f64;
        println!("{name} {split}, {noise} % noise: {kind} {won}/{} {steps_mean:.1}", played.len());
        assert!(100 * won >= percent * played.len(), "{split} {kind}: {won}/{}", played.len());
    }
}

#[test]
fn every_recorded_game_is_won() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");

    check(("alfworld", Some(&fixtures)), "valid_seen", 0, (0, 100));
    check(("alfworld", Some(&fixtures)), "valid_seen", 0, (20, 60));
}

#[test]
fn households_of_every_type_and_difficulty_are_won() {
    for split in ["train/easy", "train/medium", "train/hard"] {
        check(("household", None), split, 180, (0, 100));
        check(("household", None), split, 180, (20, 90));
    }
}

/// The whole data set, where it is at hand.
#[test]
fn nearly_every_game_of_the_release_is_won() {
    let Some(data) = tests_needs::data("alfworld") else { return };
    check(("alfworld", Some(&data)), "train", 0, (0, 95));
    check(("alfworld", Some(&data)), "valid_seen", 0, (0, 95));
    check(("alfworld", Some(&data)), "valid_seen", 0, (10, 90));
}
