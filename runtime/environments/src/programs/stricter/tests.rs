//! Tests of references, from calls to assertions.
#![allow(clippy::unwrap_used, reason = "these are tests")]

use runtime_sandbox::Layer;
use serde_json::json;

use super::*;
use crate::programs::judge::ProgramJudge;
use crate::programs::problem;

fn problem(row: &Value) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.jsonl");
    std::fs::write(&path, row.to_string()).unwrap();
    problem::read(&path).unwrap().remove(0)
}

/// The given tests let a program pass that is wrong for long lists.
fn largest() -> Problem {
    problem(&json!({
        "task_id": "own/1",
        "prompt": "def largest(xs):\n    \"\"\"The largest of some positive numbers.\"\"\"\n",
        "entry_point": "largest",
        "canonical_solution": "    return max(xs)\n",
        "test": "def check(candidate):\n    assert candidate([3, 2]) == 3\n    assert candidate([1, 5]) == 5\n",
    }))
}

#[test]
fn stricter_tests_refuse_what_given_ones_let_pass() {
    if !Layer::missing().is_empty() {
        tests_needs::skipped("the sandbox");
        return;
    }
    let problem = largest();
    let mut maker = StricterMaker::new(30, 1);
    let made = maker.make(&problem).unwrap();
    let Stricter::Tests(tests) = &made else { panic!("{made:?}") };
    assert!(tests.len() >= 20, "{tests:?}");
    // No test has what no given call has: an empty list, a number below 1, a text.
    assert!(tests.iter().all(|test| !test.contains("[]") && !test.contains('-')), "{tests:?}");
    assert_eq!(maker.make(&problem).unwrap(), made);
    assert_ne!(StricterMaker::new(30, 2).make(&problem).unwrap(), made);

    let mut judge = ProgramJudge::default();
    let wrong = "def largest(xs):\n    return max(xs[0], xs[-1])\n";
    assert!(judge.judge(&problem, wrong).unwrap().passed());
    assert!(!judge.judge_by(&problem, wrong, &text(tests)).unwrap().passed());
    let right = "def largest(xs):\n    return sorted(xs)[-1]\n";
    assert!(judge.judge_by(&problem, right, &text(tests)).unwrap().passed());
}

#[test]
fn references_that_cannot_be_trusted_are_left_out_with_why() {
    if !Layer::missing().is_empty() {
        tests_needs::skipped("the sandbox");
        return;
    }
    let mut maker = StricterMaker::new(30, 1);
    let mut doubt = |reference: &str| {
        let reference = Some(format!("def largest(xs):\n    {reference}\n"));
        match maker.make(&Problem { reference, ..largest() }).unwrap() {
            Stricter::Tests(tests) => panic!("{tests:?}"),
            Stricter::Doubtful(doubt) => doubt,
        }
    };
    assert_eq!(doubt("return random.random()\nimport random"), Doubt::Changing);
    assert_eq!(doubt("assert xs in ([3, 2], [1, 5]); return max(xs)"), Doubt::TooFew(0));
    assert_eq!(
        maker.make(&Problem { reference: None, ..largest() }).unwrap(),
        Stricter::Doubtful(Doubt::NoReference)
    );
}

#[test]
fn values_are_written_as_python_writes_them() {
    let written = |value: Value| literal::literal(&value);
    assert_eq!(written(json!({"t": [1]})).unwrap(), "(1,)");
    assert_eq!(written(json!({"d": [["a", {"s": []}]]})).unwrap(), "{\"a\": set()}");
    assert_eq!(
        written(json!([null, true, 1.5, {"i": "-0x20"}])).unwrap(),
        "[None, True, 1.5, -0x20]"
    );
    assert_eq!(written(json!({"g": [1]})), None);
}

#[test]
fn habits_are_those_of_all_calls() {
    let call = |arguments: Value| ProgramCall {
        function: "f".into(),
        arguments: (arguments.as_array().unwrap().clone(), json!({"d": []})),
    };
    let habits = Habits::of(&[call(json!([[1, 2, 5], 2, "ab"])), call(json!([[0, 3], 1, "b"]))]);
    let has = |arguments: Value| habits.has(arguments.as_array().unwrap());
    assert!(has(json!([[1, 4], 2, "ba"])));
    for other in [
        json!([[4, 1], 2, "a"]),
        json!([[1, 4], 3, "a"]),
        json!([[1, 4], 0, "a"]),
        json!([[-1, 4], 1, "a"]),
        json!([[1, 4], 1, "c"]),
        json!([[1, 4], 1, ""]),
        json!([[1.5, 4], 1, "a"]),
        json!([[1, 1], 1, "a"]),
    ] {
        assert!(!has(other.clone()), "{other}");
    }
}
