//! Programs and their verdicts: every reference passes, every wrong program does not, and no cheat
//! passes or keeps the judge from going on.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use runtime_environments::programs::answer;
use runtime_environments::programs::judge::ProgramJudge;
use runtime_environments::programs::problem::{self, Problem};
use runtime_environments::programs::verdict::ProgramVerdict;
use runtime_sandbox::Layer;

/// Whether this machine can judge; what it lacks is told.
fn can_judge() -> bool {
    let missing = Layer::missing();
    let python =
        Path::new("/usr/bin/python3").exists() || Path::new("/usr/local/bin/python3").exists();
    if !missing.is_empty() || !python {
        tests_needs::skipped(&format!("Python or {missing:?}"));
    }
    missing.is_empty() && python
}

/// The problems of a file in the data folder.
fn problems(file: &str) -> Option<Vec<Problem>> {
    let set = match file {
        "HumanEval.jsonl.gz" => "humaneval",
        "mbpp.jsonl" => "mbpp",
        _ => "reflexion-programs",
    };
    let path = tests_needs::data_file(set, &format!("code/{file}")).filter(|_| can_judge())?;
    Some(problem::read(&path).unwrap())
}

fn path_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(path_of(name)).unwrap()
}

/// The references that do not pass, each with why, of one in `stride`.
fn refused_references(problems: &[Problem], stride: usize) -> Vec<String> {
    let workers = 2;
    let share = |worker: usize| {
        let mut judge = ProgramJudge::default();
        let mine = problems.iter().step_by(stride).skip(worker).step_by(workers);
        let verdict = |problem: &Problem| {
            let verdict = judge.judge(problem, problem.reference.as_ref().unwrap());
            match verdict {
                Ok(verdict) if verdict.passed() => None,
                other => Some(format!("{}: {other:?}", problem.id)),
            }
        };
        mine.filter_map(verdict).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn every_reference_of_humaneval_passes() {
    let Some(problems) = problems("HumanEval.jsonl.gz") else { return };

    assert_eq!(problems.len(), 164);
    assert_eq!(refused_references(&problems, 1), Vec::<String>::new());
}

/// The bench `programs` judges all of them.
#[test]
fn every_eighth_reference_of_mbpp_passes_and_those_that_need_more_than_plain_values() {
    let Some(problems) = problems("mbpp.jsonl") else { return };
    let special: Vec<Problem> =
        problems.iter().filter(|problem| problem.needs_expressions).cloned().collect();

    assert_eq!((problems.len(), special.len()), (974, 4));
    assert_eq!(refused_references(&problems, 8), Vec::<String>::new());
    assert_eq!(refused_references(&special, 1), Vec::<String>::new());
}

/// A solution in the fixture, with the replacements that make it wrong.
struct Solution {
    name: String,
    wrong: Vec<(String, String)>,
    program: String,
}

fn solutions() -> Vec<Solution> {
    let text = fixture("rust_solutions.txt");
    let parse = |section: &str| {
        let (name, rest) = section.split_once('\n').unwrap();
        let (told, program): (Vec<&str>, Vec<&str>) =
            rest.lines().partition(|line| line.starts_with("--- "));
        let pair = |line: &&str| {
            let (from, to) = line[4..].split_once(" ==> ").unwrap();
            (from.to_owned(), to.to_owned())
        };
        let wrong = told.iter().map(pair).collect();
        Solution { name: name.to_owned(), wrong, program: program.join("\n") }
    };
    text.split("\n=== ").skip(1).map(parse).collect()
}

#[test]
fn forty_rust_solutions_pass_and_two_wrong_variants_of_each_do_not() {
    let Some(problems) = problems("reflexion-humaneval-rs.jsonl") else { return };
    let hardest = self::problems("reflexion-humaneval-rs-hardest50.jsonl").unwrap();
    let solutions = solutions();
    let is_hard = |name: &str| hardest.iter().any(|problem| problem.id == name);
    let hard = solutions.iter().filter(|solution| is_hard(&solution.name)).count();
    assert!((solutions.len(), hard) >= (40, 20), "{hard} of {}", solutions.len());

    let mut judge = ProgramJudge::default();
    let mut wrong = Vec::new();
    for Solution { name, wrong: variants, program } in &solutions {
        let problem = problems.iter().find(|problem| problem.id == *name).unwrap();
        let verdict = judge.judge(problem, program).unwrap();
        if !verdict.passed() {
            wrong.push(format!("{name} is refused: {verdict:?}"));
        }
        assert_eq!(variants.len(), 2, "{name}");
        for (from, to) in variants {
            assert!(program.contains(from.as_str()), "{name} has no {from}");
            let verdict = judge.judge(problem, &program.replacen(from.as_str(), to, 1)).unwrap();
            if verdict.passed()
                || verdict.passed_tests() == verdict.results.len() && !verdict.results.is_empty()
            {
                wrong.push(format!("{name} passes with {to:?}: {verdict:?}"));
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
}

/// Sixty answers of SmolLM2-135M-Instruct and Qwen2.5-Coder-0.5B-Instruct at temperature 0.4, with at
/// most 260 tokens, and the programs that are cut out of them: each was looked at for where it was cut. `UPDATE_EXPECT=1`
/// writes these anew.
#[test]
fn sixty_real_answers_give_the_programs_that_they_mean() {
    let files = ["HumanEval.jsonl.gz", "mbpp.jsonl", "reflexion-humaneval-rs-hardest50.jsonl"]
        .map(problems);
    let all: Vec<Problem> = files.into_iter().flatten().flatten().collect();
    let rows = fixture("answers.jsonl");
    if all.is_empty() {
        return;
    }
    let mut wrong = Vec::new();
    let mut anew = String::new();
    for row in rows.lines() {
        let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
        let problem = all.iter().find(|problem| row["problem"] == problem.id).unwrap();
        let found = answer::program(problem, row["answer"].as_str().unwrap());
        let found = serde_json::Value::from(found);
        if row["program"] != found {
            wrong.push(format!("{}: {found}", problem.id));
        }
        row["program"] = found;
        writeln!(anew, "{row}").unwrap();
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path_of("answers.jsonl"), anew).unwrap();
        return;
    }

    assert_eq!(rows.lines().count(), 60);
    assert_eq!(wrong, Vec::<String>::new());
}

/// What became of a program under the tests of an own problem.
fn verdict(judge: &mut ProgramJudge, row: &str, program: &str) -> ProgramVerdict {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("problems.jsonl");
    std::fs::write(&path, row).unwrap();
    let problem = problem::read(&path).unwrap().remove(0);
    judge.judge(&problem, program).unwrap()
}

const TWICE: &str = r#"{"task_id": "own/1", "prompt": "def twice(x):\n    \"\"\"Twice x.\"\"\"\n", "entry_point": "twice", "test": "def check(candidate):\n    assert candidate(1) == 2\n    for x in range(2, 5):\n        assert candidate(x) == 2 * x\n    items = [1, 2]\n    assert candidate(items) == [1, 2, 1, 2]\n    assert items == [1, 2]\n"}"#;
const TWICE_RUST: &str = r#"{"name": "own_1_twice", "language": "rs", "prompt": "/// Twice x.\nfn twice(x: isize) -> isize {\n", "entry_point": "twice", "test": "fn main() {\n    assert_eq!(twice(1), 2);\n    assert_eq!(twice(7), 14);\n}\n"}"#;

#[test]
fn a_verdict_tells_each_test_apart() {
    if !can_judge() {
        return;
    }
    let mut judge = ProgramJudge::default();
    let program = "def twice(x):\n    if x == 3: raise KeyError('three')\n    if x == [1, 2]: x.append(3)\n    print('said')\n    return x * 2 if x == 1 else 5";

    let verdict = verdict(&mut judge, TWICE, program);

    let told: Vec<String> = verdict.results.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "assert candidate(1) == 2: it holds",
            "assert candidate(x) == 2 * x: it is 5",
            "assert candidate(items) == [1, 2, 1, 2]: it is 5",
            "assert items == [1, 2]: it is [1, 2, 3]",
        ]
    );
    assert!(verdict.output.starts_with("said"), "{:?}", verdict.output);
}

#[test]
fn what_does_not_compile_is_told_by_its_place() {
    if !can_judge() {
        return;
    }
    let mut judge = ProgramJudge::default();

    let python =
        verdict(&mut judge, TWICE, "def twice(x):\n    return x +\n").fault.unwrap().to_string();
    assert!(python.contains("line 2") && python.contains("return x +"), "{python}");
    let rust = verdict(&mut judge, TWICE_RUST, "fn twice(x: isize) -> isize {\n    y * 2\n}\n");
    let rust = rust.fault.unwrap().to_string();
    assert!(rust.contains("`y`") && rust.contains("line 2, column 5: y * 2"), "{rust}");
}
