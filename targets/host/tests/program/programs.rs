//! Programs outside runs: judged by given and stricter tests, and written for other scorers.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Outcome, rebound_in};

/// The given tests let a program pass that looks at the first and last item alone.
fn problems(folder: &Path) {
    let row = json!({
        "task_id": "own/1",
        "prompt": "def largest(xs):\n    \"\"\"The largest of some numbers.\"\"\"\n",
        "entry_point": "largest",
        "canonical_solution": "    return max(xs)\n",
        "test": "def check(candidate):\n    assert candidate([3, 2]) == 3\n    assert candidate([1, 5]) == 5\n",
    });
    std::fs::write(folder.join("problems.jsonl"), row.to_string()).unwrap();
}

fn samples(folder: &Path, samples: &[Value]) {
    let lines: Vec<String> = samples.iter().map(Value::to_string).collect();
    std::fs::write(folder.join("samples.jsonl"), lines.join("\n")).unwrap();
}

fn programs(folder: &Path, arguments: &[&str]) -> Outcome {
    let own = ["--environment", "programs", "--problems", "problems.jsonl"];
    rebound_in(folder, &[], &[&["programs"], arguments, &own].concat())
}

#[test]
fn a_program_that_given_tests_let_pass_is_told_apart_by_stricter_ones() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    problems(folder);
    samples(
        folder,
        &[
            json!({"task_id": "own/1", "completion": "    return max(xs)\n", "arm": "right"}),
            json!({"task_id": "own/1", "completion": "    return max(xs[0], xs[-1])\n", "arm": "ends"}),
            json!({"task_id": "own/1", "solution": "def largest(xs):\n    return 3", "arm": "wrong"}),
        ],
    );
    let made = programs(folder, &["stricter", "--out", "stricter.jsonl", "--tests", "30"]);
    if made.stderr.contains("the sandbox lacks") || !Path::new("/usr/bin/python3").exists() {
        tests_needs::skipped("what a sandbox is made of, or /usr/bin/python3");
        return;
    }
    assert_eq!(made.code, 0, "{}", made.stderr);
    let text = std::fs::read_to_string(folder.join("stricter.jsonl")).unwrap();

    // What was broken off goes on, and other options are refused by name.
    std::fs::write(folder.join("stricter.jsonl"), &text[..text.len() - 40]).unwrap();
    let again = programs(folder, &["stricter", "--out", "stricter.jsonl", "--tests", "30"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(folder.join("stricter.jsonl")).unwrap(), text);
    let other = programs(folder, &["stricter", "--out", "stricter.jsonl", "--seed", "2"]);
    assert!(other.code == 1 && other.stderr.contains("stricter.jsonl"), "{}", other.stderr);

    let judge =
        ["judge", "samples.jsonl", "--stricter", "stricter.jsonl", "--out", "v.jsonl", "--json"];
    let judged = programs(folder, &judge);
    assert_eq!(judged.code, 0, "{}", judged.stderr);
    let found: Value = serde_json::from_str(&judged.stdout).unwrap();
    let passed: Vec<_> = found["arms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arm| {
            (arm["given"]["solved"].as_u64().unwrap(), arm["stricter"]["solved"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(passed, [(1, 1), (1, 0), (0, 0)]);
    assert!(found["tools"][0].as_str().unwrap().starts_with("Python 3"), "{found}");
    let verdicts = std::fs::read_to_string(folder.join("v.jsonl")).unwrap();
    assert!(verdicts.lines().nth(1).unwrap().contains("\"passed_stricter\":false"), "{verdicts}");
}

#[test]
fn the_example_of_own_problems_is_solvable_in_each_form() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/problems.jsonl");
    let lines = std::fs::read_to_string(&file).unwrap();
    let mut solved: Vec<Value> = Vec::new();
    for row in lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        solved.extend(match (row.get("code"), row.get("canonical_solution")) {
            (Some(code), _) => {
                Some(json!({"task_id": format!("mbpp/{}", row["task_id"]), "solution": code}))
            }
            (None, Some(rest)) => Some(json!({"task_id": row["task_id"], "completion": rest})),
            (None, None) => None,
        });
    }
    let minutes = "    let (hours, minutes) = time.split_once(':')?;
    let (hours, minutes): (isize, isize) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(60 * hours + minutes)\n}";
    let restock = "    let short = counts.iter().enumerate().filter(|(_, count)| **count < least);
    short.map(|(place, _)| place as isize).collect()\n}";
    solved.push(json!({"task_id": "shop_4_minutes", "completion": minutes}));
    solved.push(json!({"task_id": "shop_5_restock", "completion": restock}));
    samples(folder, &solved);

    let file = file.display().to_string();
    let asked = ["programs", "judge", "samples.jsonl", "-e", "programs", "--json", "--problems"];
    let judged = rebound_in(folder, &[], &[&asked[..], &[&file]].concat());
    if judged.stderr.contains("the sandbox lacks") || !Path::new("/usr/bin/python3").exists() {
        tests_needs::skipped("what a sandbox is made of, or /usr/bin/python3");
        return;
    }
    assert_eq!(judged.code, 0, "{}", judged.stderr);
    let found: Value = serde_json::from_str(&judged.stdout).unwrap();
    let given = &found["arms"][0]["given"];
    assert!(given["solved"] == 5 && given["of"] == 5, "{found}");
}

#[test]
fn what_is_wrong_with_a_file_of_samples_is_told_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    problems(folder.path());
    for (sample, told) in [
        (json!({"task_id": "own/2", "completion": ""}), "own/2"),
        (json!({"task_id": "own/1"}), "completion or solution"),
        (json!({"completion": ""}), "task_id"),
    ] {
        samples(folder.path(), &[json!({"task_id": "own/1", "completion": ""}), sample]);
        let judged = programs(folder.path(), &["judge", "samples.jsonl"]);
        assert_eq!(judged.code, 1, "{}", judged.stderr);
        assert!(
            judged.stderr.contains("samples.jsonl, line 2") && judged.stderr.contains(told),
            "{}",
            judged.stderr
        );
    }
    let other = rebound_in(
        folder.path(),
        &[],
        &["programs", "judge", "samples.jsonl", "--environment", "household"],
    );
    assert!(other.code == 2 && other.stderr.contains("humaneval"), "{}", other.stderr);
}

#[test]
fn a_file_without_problems_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("problems.jsonl"), "\n").unwrap();
    samples(folder.path(), &[]);

    let judged = programs(folder.path(), &["judge", "samples.jsonl"]);

    let told = "problems.jsonl\", line 1: expected a problem, found an empty file";
    assert!(judged.code == 1 && judged.stderr.contains(told), "{}", judged.stderr);
}

#[cfg(unix)]
#[test]
fn a_compiler_that_does_not_work_is_told_with_what_it_said() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let row = json!({
        "name": "own_1_thrice",
        "language": "rs",
        "prompt": "/// Thrice x.\nfn thrice(x: isize) -> isize {\n",
        "entry_point": "thrice",
        "test": "}\nfn main() {\n    assert_eq!(thrice(1), 3);\n}\n",
    });
    std::fs::write(folder.join("problems.jsonl"), row.to_string()).unwrap();
    samples(folder, &[json!({"task_id": "own_1_thrice", "completion": "    3 * x\n}"})]);
    let rustc = folder.join("rustc");
    std::fs::write(&rustc, "#!/bin/sh\necho no toolchain >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&rustc, std::fs::Permissions::from_mode(0o755)).unwrap();

    let path = format!("{}:/usr/bin:/bin", folder.display());
    let asked = ["programs", "judge", "samples.jsonl", "-e", "programs", "--problems"];
    let asked = [&asked[..], &["problems.jsonl"]].concat();
    let judged = rebound_in(folder, &[("PATH", &path)], &asked);
    let told = "the judge's rustc does not work: no toolchain";
    assert!(judged.code == 1 && judged.stderr.contains(told), "{}", judged.stderr);
}
