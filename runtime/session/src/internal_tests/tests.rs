//! From a model's answers to a file that the world of programs takes.

use std::fs;
use std::path::Path;

use runtime_agent::prompts::PromptSet;
use runtime_core::model::ModelIdentity;
use runtime_core::scripted::ScriptedModel;
use runtime_environments::programs::internal::InternalTests;
use runtime_sandbox::Layer;

use super::asking::Asking;
use super::begun::begin;
use super::problems::Problems;
use super::propose::{PROMPTS, about};
use super::{ProposalProgress, Proposals};
use crate::kind::RunKind;
use crate::options::RunOptions;
use crate::program::Surroundings;
use crate::settings::Settings;

const PROBLEMS: &str = r#"{"task_id": "own/1", "prompt": "def twice(x):\n    \"\"\"Twice x.\"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(2) == 4\n"}
{"task_id": "own/2", "prompt": "def half(x):\n    \"\"\"Half of x.\"\"\"\n", "entry_point": "half", "test": "def check(candidate):\n    assert candidate(2) == 1\n"}
"#;
const ANSWERS: [&str; 2] = [
    "```python\nassert twice(2) == 4\nassert twice(3) == undefined\nassert True\nassert twice(1) == 2\n```",
    "I cannot write tests.",
];

fn options(folder: &Path, seed: u64) -> RunOptions {
    let problems = folder.join("problems.jsonl");
    fs::write(&problems, PROBLEMS).unwrap();
    let text = format!(
        "environment = 'programs'\nproblems = '{}'\nseed = {seed}\ntasks = 0\n",
        problems.display()
    );
    toml::from_str(&text).unwrap()
}

/// Proposes with a scripted model, which answers one problem after the other.
fn proposed(folder: &Path, seed: u64, answers: &[&str]) -> anyhow::Result<Proposals> {
    let options = options(folder, seed);
    let problems = Problems::open(&options)?;
    let settings = Settings::resolve(&options, RunKind::Comparison)?;
    let prompts = PromptSet::proposal(PROMPTS)?;
    let about = about(&problems, &settings, (&ModelIdentity::default(), &prompts));
    let begun = begin(&folder.join("tests.jsonl"), about.clone())?;
    let surroundings = Surroundings::silent();
    let asking = Asking::new((&problems, &prompts, &about), begun, &surroundings);
    asking.recount();
    asking.work(&mut ScriptedModel::new(answers))?;
    Ok(asking.proposals())
}

#[test]
fn tests_are_proposed_once_and_the_world_takes_their_file() {
    if !Layer::missing().is_empty() {
        tests_needs::skipped("the sandbox");
        return;
    }
    let folder = tempfile::tempdir().unwrap();

    let first = proposed(folder.path(), 1, &ANSWERS).unwrap();

    let expected = ProposalProgress { problems: 2, done: 2, tests: 2, dropped: 2, without: 1 };
    assert_eq!(first.progress, expected);
    assert_eq!(first.without, ["test/own/2"]);
    let path = folder.path().join("tests.jsonl");
    let problems = Problems::open(&options(folder.path(), 1)).unwrap();
    let found = InternalTests::read(&path, problems.world.problems().unwrap()).unwrap();
    assert_eq!(found.of("test/own/1").unwrap(), ["assert twice(2) == 4", "assert twice(1) == 2"]);
    assert_eq!(found.of("test/own/2").unwrap().len(), 0);
    assert_eq!(found.of("test/own/3"), None);

    // What is there is kept, and nobody is asked again.
    let whole = fs::read(&path).unwrap();
    assert_eq!(proposed(folder.path(), 1, &["assert twice(9) == 9"]).unwrap(), first);
    assert_eq!(fs::read(&path).unwrap(), whole);
    // A line that is gone is asked for again, and is the same.
    let lines: Vec<&str> = std::str::from_utf8(&whole).unwrap().lines().collect();
    fs::write(&path, format!("{}\n{}\n{{\"id\": \"te", lines[0], lines[1])).unwrap();
    assert_eq!(proposed(folder.path(), 1, &ANSWERS[1..]).unwrap(), first);
    assert_eq!(fs::read(&path).unwrap(), whole);

    let other = proposed(folder.path(), 2, &ANSWERS).unwrap_err().to_string();
    assert!(other.contains("another `seed`"), "{other}");
}
