//! Internal tests: what the languages take of what a model proposes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::path::Path;

use runtime_environments::programs::internal::{self, Proposed};
use runtime_environments::programs::judge::ProgramJudge;
use runtime_environments::programs::problem::{self, Problem};
use runtime_sandbox::Layer;

const PYTHON: &str = r#"{"task_id": "own/1", "prompt": "from typing import List\ndef twice(x):\n    \"\"\"Twice x.\"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(2) == 4\n"}"#;
const RUST: &str = r#"{"name": "own_1_thrice", "language": "rs", "prompt": "/// Three times x, and how often.\nfn thrice(x: Vec<isize>, of: String) -> Option<isize> {\n", "tests": "}\n\nfn main() {\n    let candidate = thrice;\n    assert_eq!(candidate(vec![1], String::from(\"a\")), Some(3));\n}\n", "entry_point": "thrice"}"#;

fn problem(line: &str) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.jsonl");
    std::fs::write(&path, line).unwrap();
    problem::read(&path).unwrap().remove(0)
}

fn checked(problem: &Problem, answer: &str) -> Proposed {
    let mut proposed = internal::read(problem, answer);
    internal::check(problem, &mut proposed, &mut ProgramJudge::default()).unwrap();
    proposed
}

fn can_judge(tool: &str) -> bool {
    let missing = Layer::missing();
    let has_tool = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).exists()));
    if !missing.is_empty() || !has_tool {
        tests_needs::skipped(&format!("{tool} or {missing:?}"));
    }
    missing.is_empty() && has_tool
}

#[test]
fn python_takes_what_it_can_read_and_make() {
    if !can_judge("python3") || !Path::new("/usr").exists() {
        return;
    }
    let problem = problem(PYTHON);
    let answer = "assert twice(1) == 2\nassert twice(1) == 2 +\nassert twice(3) == six\n\
                  assert twice([1]) == [1, 1]\nassert twice(1) == 1 / 0\nassert twice(for) == 2\n\
                  assert twice(0) == None";

    let found = checked(&problem, answer);

    let expected =
        ["assert twice(1) == 2", "assert twice([1]) == [1, 1]", "assert twice(0) == None"];
    assert_eq!(found.tests, expected);
    assert_eq!(found.dropped.refused, 4);
}

#[test]
fn rust_takes_what_has_the_types_of_the_signature() {
    if !can_judge("rustc") {
        return;
    }
    let problem = problem(RUST);
    let answer = "assert_eq!(thrice(vec![1], String::from(\"a\")), Some(3));\n\
                  assert_eq!(thrice(1, 2), Some(3));\n\
                  assert_eq!(thrice(vec![], \"b\".to_string()), None);\n\
                  assert_eq!(thrice(vec![1], String::new()), 3);\n\
                  assert_eq!(thrice(vec![1], String::new()), Some(;";

    let found = checked(&problem, answer);

    assert_eq!(found.tests.len(), 2, "{found:?}");
    assert_eq!((found.dropped.refused, found.dropped.malformed), (2, 1));
}
