//! Own problems from a file to a return.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use runtime_core::environment::Environment;
use runtime_core::task::{Limits, Task};
use runtime_sandbox::Layer;

use super::*;

static PROGRAMS: ProgramLists = ProgramLists {
    name: "programs",
    lists: &[],
    splits: &[("test", Purpose::Test)],
    default_split: "test",
};

const TWICE: &str = r#"{"task_id": "own/1", "prompt": "def twice(x):\n    \"\"\"Twice x.\n    >>> twice(2)\n    4\n    \"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-3) == -6\n"}"#;

fn world(folder: &std::path::Path, own: &[(&'static str, &str)]) -> ProgramWorld {
    let path = folder.join("problems.jsonl");
    std::fs::write(&path, TWICE).unwrap();
    let mut options = EnvironmentOptions::default();
    options.own.insert("problems", path.to_string_lossy().into_owned());
    options.own.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
    ProgramWorld::open(&PROGRAMS, &options).unwrap()
}

fn tasks(world: &ProgramWorld) -> Vec<Task> {
    let limits = Limits::default();
    world.tasks(&TaskSelection { split: "test".into(), count: None, seed: 1, limits }).unwrap()
}

#[test]
fn examples_are_shown_and_hidden_tests_decide() {
    let folder = tempfile::tempdir().unwrap();
    if !Layer::missing().is_empty() {
        tests_needs::skipped("the sandbox");
        return;
    }
    let world = world(folder.path(), &[("turns", "3")]);
    let task = tasks(&world).remove(0);
    let mut environment = Playing::new(world);
    let opening = environment.reset(&task).unwrap();
    assert!(opening.contains(">>> twice(2)") && !opening.contains("-6"), "{opening}");

    let wrong = environment.step("def twice(x):\n    return x").unwrap();
    assert_eq!((wrong.reward, wrong.progress, wrong.done), (0.0, 0.0, false));
    assert!(wrong.observation.contains("assert twice(2) == 4: it is 2"), "{}", wrong.observation);
    let forged = environment.step("def twice(x):\n    return 4").unwrap();
    assert_eq!((forged.reward, forged.progress, forged.done), (0.0, 1.0, true));
    assert!(!forged.observation.contains("-6") && !environment.feedback().contains("-6"));

    environment.reset(&task).unwrap();
    let right = environment.step("```python\ndef twice(x):\n    return 2 * x\n```").unwrap();
    assert_eq!((right.reward, right.progress, right.done), (1.0, 1.0, true));
}

#[test]
fn an_option_that_is_wrong_is_refused_by_its_name() {
    let options = EnvironmentOptions::default();
    let problem = ProgramWorld::open(&PROGRAMS, &options).unwrap_err().to_string();
    assert!(problem.contains("--problems"), "{problem}");
}
