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

const ABOUT: &str = r#"{"kind": "internal tests", "version": 1}"#;

/// The world with internal tests in a file of these lines.
fn with_internal(folder: &std::path::Path, lines: &str) -> ProgramWorld {
    let path = folder.join("internal.jsonl");
    std::fs::write(&path, lines).unwrap();
    let path = path.to_string_lossy().into_owned();
    world(folder, &[("shown-tests", "internal"), ("internal-tests", &path), ("turns", "2")])
}

#[test]
fn internal_tests_are_shown_and_hidden_ones_decide() {
    let folder = tempfile::tempdir().unwrap();
    if !Layer::missing().is_empty() {
        tests_needs::skipped("the sandbox");
        return;
    }
    // The second of them is wrong.
    let tests = r#"["assert twice(0) == 0", "assert twice(5) == 11"]"#;
    let lines = format!("{ABOUT}\n{{\"id\": \"test/own/1\", \"tests\": {tests}}}\n");
    let world = with_internal(folder.path(), &lines);
    let task = tasks(&world).remove(0);
    let mut environment = Playing::new(world);

    environment.reset(&task).unwrap();
    let right = environment.step("def twice(x):\n    return 2 * x").unwrap();
    assert_eq!((right.reward, right.progress, right.done), (0.0, 0.5, false));
    assert!(right.observation.contains("assert twice(5) == 11: it is 10"), "{}", right.observation);
    let again = environment.step("def twice(x):\n    return 2 * x").unwrap();
    assert_eq!((again.reward, again.progress, again.done), (1.0, 0.5, true));

    environment.reset(&task).unwrap();
    let wrong = environment.step("def twice(x):\n    return 11 if x else 0").unwrap();
    assert_eq!((wrong.reward, wrong.progress, wrong.done), (0.0, 1.0, true));
}

#[test]
fn a_problem_without_internal_tests_is_played_as_if_none_were_shown() {
    let folder = tempfile::tempdir().unwrap();
    if !Layer::missing().is_empty() {
        tests_needs::skipped("the sandbox");
        return;
    }
    for lines in [format!("{ABOUT}\n{{\"id\": \"test/own/1\", \"tests\": []}}\n"), ABOUT.to_owned()]
    {
        let world = with_internal(folder.path(), &lines);
        let task = tasks(&world).remove(0);
        let mut environment = Playing::new(world);

        environment.reset(&task).unwrap();
        let step = environment.step("def twice(x):\n    return x + x").unwrap();

        assert_eq!((step.reward, step.progress, step.done), (1.0, 0.0, true));
        assert!(step.observation.contains("Nothing is known"), "{}", step.observation);
    }
}

#[test]
fn a_file_of_internal_tests_that_is_none_is_refused_by_line_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let line = |fields: &str| format!("{ABOUT}\n{{{fields}}}\n");
    let of = |tests: &str| line(&format!("\"id\": \"test/own/1\", \"tests\": {tests}"));
    let many = format!("[{}]", ["\"assert twice(0) == 0\""; 7].join(", "));
    let twice = format!("{}{}", of("[]"), of("[]").lines().nth(1).unwrap());
    let cases = [
        ("\u{0}\u{1}".to_owned(), "line 1: expected JSON"),
        ("{\"id\": \"test/own/1\"}".to_owned(), "line 1, field kind: expected"),
        ("{\"kind\": \"other\"}".to_owned(), "line 1, field kind: expected \"internal tests\""),
        (ABOUT.replace('1', "2"), "line 1, field version: expected 1, found 2"),
        (line("\"tests\": []"), "line 2, field id"),
        (line("\"id\": \"test/own/9\", \"tests\": []"), "line 2, field id: expected the id"),
        (of("7"), "line 2, field tests: expected a list of strings, found 7"),
        (of("[7]"), "line 2, field tests[0]: expected a string"),
        (of(&many), "line 2, field tests: expected at most 6 tests, found 7"),
        (of("[\"import os\"]"), "line 2, field tests[0]: expected an assertion"),
        (of("[\"assert twice(0) == 0\", \"assert True\"]"), "line 2, field tests[1]: expected an"),
        (of("[\"assert twice(0) == 0\\nimport os\"]"), "line 2, field tests[0]: expected an"),
        (twice, "line 3, field id: expected a problem once"),
    ];
    for (lines, expected) in cases {
        let world = with_internal(folder.path(), &lines);
        let selection =
            TaskSelection { split: "test".into(), count: None, seed: 1, limits: Limits::default() };
        let refused = world.tasks(&selection).unwrap_err().to_string();
        assert!(refused.contains("internal.jsonl"), "{refused}");
        assert!(refused.contains(expected), "{refused}, expected {expected}");
    }
}

#[test]
fn internal_tests_and_their_file_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.jsonl");
    for own in [[("shown-tests", "internal")], [("internal-tests", "tests.jsonl")]] {
        let mut options = EnvironmentOptions::default();
        options.own.insert("problems", path.to_string_lossy().into_owned());
        options.own.extend(own.map(|(name, value)| (name, value.to_owned())));

        let refused = ProgramWorld::open(&PROGRAMS, &options).unwrap_err().to_string();

        assert!(refused.contains("go together"), "{refused}");
    }
}

#[test]
fn the_first_assertion_of_mbpp_is_told_where_it_is_asked_for() {
    const MBPP: &str = r#"{"task_id": 11, "text": "Write a function to double.", "code": "def double(x):\n    return 2 * x", "test_list": ["assert double(2) == 4", "assert double(-3) == -6"]}"#;
    let folder = tempfile::tempdir().unwrap();
    let told = |own: &[(&'static str, &str)]| {
        std::fs::write(folder.path().join("problems.jsonl"), MBPP).unwrap();
        let path = folder.path().join("problems.jsonl").to_string_lossy().into_owned();
        let mut options = EnvironmentOptions::default();
        options.own.insert("problems", path);
        options.own.extend(own.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let world = ProgramWorld::open(&PROGRAMS, &options)?;
        let problem = world.problem("test/mbpp/11").unwrap().unwrap();
        Ok::<_, WorldError>((problem.opening(), world.shown.of(problem, &[])))
    };
    let plain = "Write a function to double.\nThe function begins: def double(x):";

    assert_eq!(told(&[]).unwrap(), (plain.to_owned(), None));
    let first = told(&[("prompt-tests", "first")]).unwrap();
    assert_eq!(first.0, format!("{plain}\nIt shall pass this test: assert double(2) == 4"));
    assert_eq!(first.1.as_deref(), Some("assert double(2) == 4"));
    let hidden = told(&[("prompt-tests", "first"), ("shown-tests", "none")]).unwrap();
    assert_eq!(hidden.1, None);
    let refused = told(&[("prompt-tests", "all")]).unwrap_err().to_string();
    assert!(refused.contains("--prompt-tests is \"all\", expected none or first"), "{refused}");
}
