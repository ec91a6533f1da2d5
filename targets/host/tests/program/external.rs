//! A world of the user's own, from its address to its results.
#![cfg(target_os = "linux")]

use std::path::Path;

use crate::support::{Outcome, PROGRAM, rebound_in, shell, timeless};

const DOORS: &str = "exec:/usr/bin/python3 doors.py";

struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with the world of two doors; `None` where no such world can be played.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let doors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/worlds/doors.py");
        std::fs::copy(doors, folder.path().join("doors.py")).unwrap();
        let folder = Self(folder);
        let probe = folder.play("probe", &["--tasks", "1", "--trials", "1"]);
        if probe.stderr.contains("the sandbox lacks") || !Path::new("/usr/bin/python3").exists() {
            tests_needs::skipped("what a sandbox is made of, or /usr/bin/python3");
            return None;
        }
        Some(folder)
    }

    fn play(&self, out: &str, more: &[&str]) -> Outcome {
        let what = ["run", "--environment", DOORS, "--actor", "scripted", "--quiet", "--out", out];
        rebound_in(self.0.path(), &[], &[&what[..], more].concat())
    }
}

#[test]
fn a_world_of_one_s_own_is_played_like_any() {
    let Some(folder) = Folder::new() else { return };

    let played = folder.play("out", &["--tasks", "12", "--trials", "2", "--parallel", "3"]);

    assert_eq!(played.code, 0, "{}", played.stderr);
    let results = timeless(&folder.0.path().join("out"));
    assert_eq!(results["settings"]["environment"], DOORS);
    let by_trial = &results["arms"][0]["success_by_trial"];
    let solved = |trial: usize| by_trial[trial]["solved"].as_u64().unwrap();
    assert!((1..12).contains(&solved(0)) && solved(1) > solved(0), "{by_trial}");
}

#[test]
fn what_it_says_of_its_splits_decides_what_is_collected() {
    let Some(folder) = Folder::new() else { return };
    let collect = |split: &str| {
        let what = ["collect", "--environment", DOORS, "--actor", "scripted", "--quiet"];
        let which = ["--split", split, "--tasks", "6", "--group", "2", "--out", split];
        rebound_in(folder.0.path(), &[], &[&what[..], &which].concat())
    };

    assert_eq!(collect("train").code, 0);
    let refused = collect("test");
    assert!(refused.stderr.contains("not for training"), "{}", refused.stderr);
}

#[test]
fn a_person_plays_it_and_is_told_what_is_to_be_done() {
    let Some(folder) = Folder::new() else { return };
    let play = |commands: &str, how: &str| {
        let folder = folder.0.path().display();
        let how = format!("{PROGRAM} play --environment '{DOORS}' --split train {how}");
        shell(&format!("cd {folder} && printf '{commands}' | {how}"))
    };

    let in_words = play("?\\nopen left\\nopen right\\n", "");
    let in_json = play("open left\\n", "--json");

    let told = &in_words.stdout;
    assert!(told.contains("Task: Get out.") && told.contains("open left\nopen right"), "{told}");
    assert!(told.contains("after 1 steps."), "{told}{}", in_words.stderr);
    let lines = in_json.stdout.lines().map(serde_json::from_str);
    let lines: Vec<serde_json::Value> = lines.collect::<Result<_, _>>().unwrap();
    assert_eq!(lines[0]["instruction"], "Get out.");
    assert_eq!(lines[0]["admissible"], serde_json::json!(["open left", "open right"]));
    assert_eq!(lines[1]["done"], true);
}

#[test]
fn its_prompts_are_the_general_set_until_others_are_given() {
    let Some(folder) = Folder::new() else { return };
    let exported = ["prompts", "export", "own", "--environment", DOORS];
    let exported = rebound_in(folder.0.path(), &[], &exported);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert!(exported.stdout.contains(&format!("\"{DOORS}\"")), "{}", exported.stdout);
    let of = |out: &str, more: &[&str]| {
        let played = folder.play(out, &[&["--tasks", "2", "--trials", "1"], more].concat());
        assert_eq!(played.code, 0, "{}", played.stderr);
        timeless(&folder.0.path().join(out))["prompts_sha256"].clone()
    };

    let built_in = of("built-in", &[]);
    let unchanged = of("unchanged", &["--prompts", "own"]);
    std::fs::write(folder.0.path().join("own/system.j2"), "You open doors.").unwrap();
    let changed = of("changed", &["--prompts", "own"]);

    assert!(built_in.is_string());
    assert_eq!(unchanged, built_in);
    assert_ne!(changed, built_in);
}

/// A world whose episodes break as its tasks' numbers say, in three ways.
const FRAGILE: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    method, params = request["method"], request.get("params", {})
    if method == "close":
        break
    if method == "reset":
        number = int(params["task"].split("/")[1])
    if method in ("reset", "step") and number % 6 == (1 if method == "reset" else 3):
        os._exit(1)
    if method == "step" and number % 6 == 5:
        print("{", flush=True)
        continue
    print(json.dumps({"id": request["id"], "result": {
        "describe": {"protocol": 1, "name": "fragile",
                     "splits": [{"name": "train", "purpose": "train"}]},
        "tasks": {"tasks": [{"id": f"train/{n}", "instruction": "Go."} for n in range(12)]},
        "reset": {"observation": "Here.", "actions": ["go"]},
        "step": {"observation": "There.", "reward": 1, "done": True},
    }[method]}), flush=True)
"#;

#[test]
fn an_episode_that_a_world_breaks_ends_alone() {
    let Some(folder) = Folder::new() else { return };
    std::fs::write(folder.0.path().join("fragile.py"), FRAGILE).unwrap();
    let what = ["run", "--environment", "exec:/usr/bin/python3 fragile.py", "--actor", "scripted"];
    let how = ["--quiet", "--parallel", "2", "--trials", "2", "--out", "fragile"];

    let played = rebound_in(folder.0.path(), &[], &[&what[..], &how].concat());

    assert_eq!(played.code, 0, "{}", played.stderr);
    let results = timeless(&folder.0.path().join("fragile"));
    let tasks = results["arms"][0]["tasks"].as_array().unwrap();
    let endings = |task: &serde_json::Value| -> Vec<String> {
        let trials = task["trials"].as_array().unwrap().iter();
        trials.map(|trial| trial["ending"].as_str().unwrap().to_owned()).collect()
    };
    for task in tasks {
        let number: u32 = task["id"].as_str().unwrap()[6..].parse().unwrap();
        let expected: &[&str] =
            if number.is_multiple_of(2) { &["solved"] } else { &["broken", "broken"] };
        assert_eq!(endings(task), expected, "{task}");
    }
    assert_eq!(tasks.len(), 12);
}

#[test]
fn a_world_is_held_against_its_promises() {
    let Some(folder) = Folder::new() else { return };
    let check =
        |address: &str| rebound_in(folder.0.path(), &[], &["environment", "check", address]);

    let kept = check(DOORS);
    assert_eq!(kept.code, 0, "{}{}", kept.stdout, kept.stderr);
    assert!(kept.stdout.contains("15 tasks"), "{}", kept.stdout);

    let doors = std::fs::read_to_string(folder.0.path().join("doors.py")).unwrap();
    let dice = doors
        .replace("\"You are outside.\"", "f\"You are outside, {__import__('random').random()}.\"");
    std::fs::write(folder.0.path().join("dice.py"), dice).unwrap();
    let broken = check("exec:/usr/bin/python3 dice.py");
    assert_eq!(broken.code, 1);
    assert!(
        broken.stdout.contains("BROKEN") && broken.stdout.contains("step 1"),
        "{}",
        broken.stdout
    );
    assert!(broken.stderr.contains("2 of 8 promises are broken"), "{}", broken.stderr);
}
