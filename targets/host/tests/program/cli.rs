//! The program as a person or a script meets it, with the scripted model: no
//! weights, no network.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{
    Outcome, killed_after, rebound, rebound_with_input, results, shell, text, timeless,
};

/// A run of many short episodes.
fn play(out: &Path, more: &[&str]) -> Outcome {
    let out = out.to_str().unwrap();
    let fixed = ["run", "--actor", "scripted", "--quiet", "--out", out];
    rebound(&[&fixed[..], more].concat())
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let other = folder.path().join("c");

    assert_eq!(play(&first, &["--strategy", "reflexion", "-n", "12"]).code, 0);
    assert_eq!(play(&second, &["--strategy", "reflexion", "-n", "12"]).code, 0);
    assert_eq!(play(&other, &["--strategy", "reflexion", "-n", "12", "--seed", "2"]).code, 0);

    assert_eq!(timeless(&first), timeless(&second));
    assert_ne!(timeless(&first), timeless(&other));
}

#[test]
fn results_say_when_where_and_how_the_run_was_played() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    let name = out.to_str().unwrap();
    assert_eq!(play(&out, &["-n", "2"]).code, 0);
    let begun = results(&out)["circumstances"].clone();
    let resumed = rebound(&["run", "--quiet", "--resume", name, "--threads", "1"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    let circumstances = &results(&out)["circumstances"];

    let is_time = |time: &serde_json::Value| {
        let time = time.as_str().unwrap();
        time.len() == "2026-01-31T12:00:00Z".len() && time.starts_with("20") && time.ends_with('Z')
    };
    assert!(is_time(&begun["start"]) && is_time(&begun["end"]), "{begun}");
    let line = begun["command_line"].as_array().unwrap();
    assert_eq!(line[1..5], ["run", "--actor", "scripted", "--quiet"]);
    assert_eq!(begun["engines"], serde_json::json!(["scripted"]));
    for about in ["processor", "cores", "memory_bytes", "system"] {
        assert!(!begun["machine"][about].is_null(), "{begun}");
    }
    assert!(begun.get("resumed").is_none());
    assert_eq!(circumstances["start"], begun["start"]);
    assert_eq!(circumstances["command_line"], begun["command_line"]);
    assert_eq!(circumstances["resumed"].as_array().unwrap().len(), 1);
}

#[test]
fn a_damaged_file_of_a_run_is_named_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    assert_eq!(play(&out, &["-n", "2"]).code, 0);
    let damage = |name: &str, old: &str, new: &str| {
        let whole = text(&out.join(name));
        assert!(whole.contains(old), "{whole}");
        fs::write(out.join(name), whole.replacen(old, new, 1)).unwrap();
        whole
    };

    let whole = damage("run.toml", "tasks = 2", "tasks = 3");
    let resumed = rebound(&["run", "--resume", out.to_str().unwrap()]);
    fs::write(out.join("run.toml"), whole).unwrap();
    damage("results.json", "\"format\": 1", "\"format\": 3");
    let told = rebound(&["report", out.to_str().unwrap()]);
    damage("sessions.jsonl", "scripted", "scriptee");
    let again = rebound(&["run", "--resume", out.to_str().unwrap()]);

    assert_eq!((resumed.code, told.code, again.code), (1, 0, 1), "{again:?}");
    for (stderr, name) in [
        (&resumed.stderr, "run.toml is damaged: "),
        (&told.stderr, "results.json is damaged: "),
        (&again.stderr, "sessions.jsonl, line 1, cannot be read: "),
    ] {
        assert!(stderr.contains(name), "{stderr}");
        assert!(stderr.contains("expected") && stderr.contains("restore"), "{stderr}");
    }
}

#[test]
fn parallel_episodes_end_as_serial_ones_do() {
    let folder = tempfile::tempdir().unwrap();
    let (serial, parallel) = (folder.path().join("a"), folder.path().join("b"));

    assert_eq!(play(&serial, &["-n", "40"]).code, 0);
    assert_eq!(play(&parallel, &["-n", "40", "--parallel", "8"]).code, 0);

    assert_eq!(timeless(&serial)["arms"], timeless(&parallel)["arms"]);
}

#[test]
fn a_run_that_is_killed_goes_on_without_losing_or_repeating_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let options = ["--strategy", "reflexion", "-n", "300", "--trials", "4", "--parallel", "8"];
    assert_eq!(play(&whole, &options).code, 0);
    let expected = timeless(&whole)["arms"].clone();

    for (index, milliseconds) in [15, 25, 40, 60, 90, 130].into_iter().enumerate() {
        let out = folder.path().join(format!("killed-{index}"));
        let name = out.to_str().unwrap();
        let fixed = ["run", "--actor", "scripted", "--quiet", "--out", name];
        killed_after(&[&fixed[..], &options].concat(), Duration::from_millis(milliseconds));
        let resumed = if out.join("run.toml").exists() {
            rebound(&["run", "--quiet", "--resume", name])
        } else {
            play(&out, &options)
        };

        assert_eq!(resumed.code, 0, "{}", resumed.stderr);
        assert_eq!(timeless(&out)["arms"], expected, "killed after {milliseconds} ms");
    }
}

#[test]
fn ctrl_c_ends_a_run_and_says_how_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a").display().to_string();

    let stopped = shell(&format!(
        "$REBOUND run --actor scripted --quiet -n 5000 --out {out} &
         until [ -e {out}/arms ]; do sleep 0.01; done; kill -INT $!; wait $!"
    ));

    assert_eq!(stopped.code, 130, "{}", stopped.stderr);
    let goes_on = format!("stopped; `rebound run --resume {out}` goes on");
    assert!(stopped.stderr.contains(&goes_on), "{}", stopped.stderr);
}

#[test]
fn a_comparison_prints_success_by_trial_with_intervals_and_the_control() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("c");
    let name = out.to_str().unwrap();

    let arms = ["--strategies", "reflexion,last-attempt", "--actor", "Scripted"];
    let compared = rebound(&[&["compare", "--out", name, "-n", "10"], &arms[..]].concat());

    assert_eq!(compared.code, 0, "{}", compared.stderr);
    for arm in ["none", "reflexion", "last-attempt"] {
        assert!(compared.stdout.contains(arm), "{}", compared.stdout);
    }
    assert_eq!(results(&out)["arms"].as_array().unwrap().len(), 3);
}

#[test]
fn later_trials_can_be_played_again_from_a_stored_run() {
    let folder = tempfile::tempdir().unwrap();
    let (first, again) = (folder.path().join("a"), folder.path().join("b"));
    assert_eq!(play(&first, &["--strategy", "reflexion", "-n", "10"]).code, 0);

    let (from, to) = (first.to_str().unwrap(), again.to_str().unwrap());
    let resumed = rebound(&["run", "--quiet", "--resume", from, "--from-trial", "2", "--out", to]);

    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(timeless(&first)["arms"], timeless(&again)["arms"]);
}

#[test]
fn json_goes_to_standard_output_alone() {
    let folder = tempfile::tempdir().unwrap();

    let played = play(&folder.path().join("a"), &["-n", "3", "--json"]);

    let printed: serde_json::Value = serde_json::from_str(&played.stdout).unwrap();
    assert_eq!(printed["arms"][0]["tasks"].as_array().unwrap().len(), 3);
}

#[test]
fn a_setting_cannot_change_under_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    assert_eq!(play(&out, &["-n", "2"]).code, 0);

    let resumed = rebound(&["run", "--resume", out.to_str().unwrap(), "--seed", "9"]);

    assert_eq!(resumed.code, 1);
    assert!(resumed.stderr.contains("seed"), "{}", resumed.stderr);
}

#[test]
fn an_existing_run_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a");
    assert_eq!(play(&out, &["-n", "2"]).code, 0);

    let second = play(&out, &["-n", "2"]);

    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("--resume"), "{}", second.stderr);
}

#[test]
fn a_dev_game_is_played_line_by_line() {
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/environments/tests/fixtures");
    let lines = text(&fixture.join("transcripts-dev.jsonl"));
    let transcript: serde_json::Value =
        serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let steps = transcript["steps"].as_array().unwrap();
    let commands: Vec<&str> = steps.iter().map(|step| step["command"].as_str().unwrap()).collect();

    let data = fixture.to_str().unwrap();
    let game = transcript["game"].as_str().unwrap();
    let played = rebound_with_input(
        &["play", "--environment", "ALFWorld", "--data", data, "--game", game, "--json"],
        &(commands.join("\n") + "\n"),
    );

    assert_eq!(played.code, 0, "{}", played.stderr);
    let mut answers =
        played.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let first = answers.next().unwrap();
    assert_eq!(first["observation"], transcript["reset"]);
    assert_eq!(first["admissible"], transcript["admissible"]);
    for (answer, step) in answers.by_ref().zip(steps) {
        assert_eq!(&answer, step);
    }
    assert!(answers.next().is_none());
}

#[test]
fn output_may_go_to_a_reader_that_stops_early() {
    let listed = shell("\"$REBOUND\" models list | head -n 1");

    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert!(!listed.stderr.contains("panicked"), "{}", listed.stderr);
}

#[test]
fn an_empty_or_missing_run_folder_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();

    let resumed = rebound(&["run", "--resume", folder.path().to_str().unwrap()]);

    assert_eq!(resumed.code, 1);
    assert!(resumed.stderr.contains("run.toml"), "{}", resumed.stderr);
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

/// The names of environment variables in the lines that read some.
fn read_variables(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("tests") {
            read_variables(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let source = text(&path);
            let own = |name: &&str| {
                ["REBOUND_", "OPENAI_", "HF_"].iter().any(|start| name.starts_with(start))
            };
            let names = source.split('"').skip(1).step_by(2).filter(own);
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_environment_variable_that_is_read_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut read = BTreeSet::from(["RUST_LOG".to_owned()]);
    for folder in
        ["targets/host/src", "targets/console/src", "trainer/src", "models/src", "runtime"]
    {
        read_variables(&root.join(folder), &mut read);
    }

    let help = rebound(&["--help"]).stdout;
    let (_, list) = help.split_once("Environment variables:").unwrap();
    let is_name = |word: &&str| {
        word.contains('_')
            && word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')
    };
    let first_words = list.lines().filter_map(|line| line.split_whitespace().next());
    let listed: BTreeSet<String> = first_words.filter(is_name).map(str::to_owned).collect();

    assert_eq!(read, listed);
    let book = text(&root.join("docs/src/evaluation.md"));
    for name in listed {
        assert!(book.contains(&format!("`{name}`")), "docs/src/evaluation.md has no {name}");
    }
}

#[test]
fn help_begins_with_what_it_is_for_and_hides_what_is_rare() {
    let [short, long] = ["-h", "--help"].map(|flag| rebound(&["run", flag]).stdout);

    assert!(rebound(&["-h"]).stdout.starts_with("Run agents on small local language models"));
    assert!(short.starts_with("Play tasks with one strategy"), "{short}");
    for heading in
        ["Environment and tasks:", "Models and sampling:", "Engine and hardware:", "Examples:"]
    {
        assert!(short.contains(heading), "{heading} in {short}");
    }
    assert!(!short.contains("--retry-seconds") && long.contains("--retry-seconds"), "{short}");
}

#[test]
fn shells_and_man_get_what_they_read() {
    let folder = tempfile::tempdir().unwrap();

    for shell in ["bash", "zsh", "fish"] {
        let printed = rebound(&["completions", shell]);
        assert!(printed.code == 0 && printed.stdout.contains("demonstrate"), "{shell}");
    }
    let written = rebound(&["man", folder.path().to_str().unwrap()]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert!(text(&folder.path().join("rebound-run.1")).contains("strategy"));
}
