//! Folders of runs: each run has its own, one process at a time writes it, and a run that never
//! began leaves none.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use models::lock::Lock;

#[cfg(unix)]
use crate::support::stopped;
use crate::support::{Outcome, PROGRAM, rebound, rebound_in, results, text, timeless};

/// Starts `rebound` in a folder, and lets it run.
fn started(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Waits until a file holds something.
fn wait_for(file: &Path) {
    while fs::metadata(file).map_or(0, |file| file.len()) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn kill(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The names in a folder; `None` if there is no folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn runs_begun_at_once_have_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", "--actor", "scripted", "--quiet", "-n", "2", "--steps", "3"];

    let running: Vec<Child> = (0..8).map(|_| started(folder.path(), &arguments)).collect();
    let ended = running.into_iter().map(|mut child| child.wait().unwrap().code());

    assert!(ended.into_iter().all(|code| code == Some(0)));
    let runs = names(&folder.path().join("runs"));
    assert_eq!(runs.len(), 8, "{runs:?}");
    for run in runs {
        assert!(run.starts_with("household-20"), "{run}");
        let run = folder.path().join("runs").join(run);
        assert!(run.join("results.json").exists() && !run.join("lock").exists());
    }
}

#[test]
fn a_name_that_is_no_folders_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", ".", "..", "a/b", "../a", "a\\b"] {
        for command in ["run", "compare", "collect", "demonstrate"] {
            let refused = rebound_in(folder.path(), &[], &[command, "--name", name]);

            assert_eq!(refused.code, 2, "{command} --name {name:?}: {}", refused.stderr);
            assert!(refused.stderr.contains("--name"), "{}", refused.stderr);
        }
    }
    let file = folder.path().join("run.toml");
    fs::write(&file, "name = \"../a\"\nactor = \"scripted\"\n").unwrap();
    let refused = rebound_in(folder.path(), &[], &["run", "--config", "run.toml"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("is no folder's name"), "{}", refused.stderr);
    assert_eq!(names(folder.path()), ["run.toml".to_owned()].into());
}

#[test]
fn a_run_that_is_refused_before_its_first_trial_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = rebound_in(
        folder.path(),
        &[],
        &["run", "--actor", "scripted", "--quiet", "-n", "2", "--out", "first"],
    );
    assert_eq!(first.code, 0, "{}", first.stderr);
    fs::write(folder.path().join("note.gguf"), "Dear model,").unwrap();
    let before = names(folder.path());

    for refused in [
        "run --actor note.gguf",
        "run --actor nothing.gguf --out deep/er/run",
        "run --actor no-such-model --name demo",
        "run --actor scripted --split tset/easy",
        "run --actor scripted --environment alfword",
        "run --actor scripted --environment ../up",
        "run --actor scripted --seed 7 -n 2 --first-trials first",
        "run --actor scripted --first-trials nowhere",
        "run --actor scripted --strategy retrospective --borrow-reflections first",
        "run --actor scripted --prompts nowhere",
        "run --actor scripted --cost-limit 1",
        "run --actor remote:gpt-4o-mini",
        "run --resume first --from-trial 2 --name demo --seed 9",
        "compare --actor note.gguf",
        "collect --actor note.gguf",
        "collect --actor scripted --split test/easy",
        "demonstrate --actor note.gguf",
        "demonstrate --actor scripted",
    ] {
        let arguments: Vec<&str> = refused.split(' ').collect();
        let outcome = rebound_in(folder.path(), &[], &arguments);

        assert!([1, 2].contains(&outcome.code), "{refused}: {}", outcome.stderr);
        assert_eq!(names(folder.path()), before, "{refused}: {}", outcome.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_while_it_loads_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing is stored of it, and hashing it takes minutes.
    let model = fs::File::create(folder.path().join("model.gguf")).unwrap();
    model.set_len(256 << 30).unwrap();
    let lock = folder.path().join("out/lock");
    // Once it has the folder, it comes to the model within far less.
    let is_loading = || {
        let taken = fs::metadata(&lock).and_then(|lock| lock.modified());
        taken.is_ok_and(|taken| taken.elapsed().is_ok_and(|since| since > Duration::from_secs(1)))
    };
    let mut command = Command::new(PROGRAM);
    command.args(["run", "--quiet", "--actor", "model.gguf", "--engine", "native", "--out", "out"]);

    let ended = stopped(command.current_dir(folder.path()), "TERM", is_loading);

    assert_eq!(ended.code, 143, "{}", ended.stderr);
    assert_eq!(names(folder.path()), ["model.gguf".to_owned()].into());
}

/// A run that plays for long in `out`.
struct Playing {
    folder: tempfile::TempDir,
    child: Child,
}

const LONG: [&str; 10] =
    ["run", "--actor", "scripted", "--quiet", "-n", "3000", "--trials", "4", "--out", "out"];

impl Playing {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = started(folder.path(), &LONG);
        wait_for(&folder.path().join("out/lock"));
        Self { folder, child }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Whether somebody is told who plays, and what to do.
    fn refuses(&self, arguments: &[&str]) -> Outcome {
        let refused = rebound_in(self.folder.path(), &[], arguments);
        let holder = format!("out is in use by process {}", self.child.id());
        assert_eq!(refused.code, 1, "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(&holder), "{}", refused.stderr);
        assert!(refused.stderr.contains(", since 20"), "{}", refused.stderr);
        assert!(refused.stderr.contains("choose another folder"), "{}", refused.stderr);
        refused
    }
}

#[test]
fn of_two_runs_into_one_folder_the_second_is_refused_and_the_first_goes_on_after_a_kill() {
    let playing = Playing::new();
    let other = [&LONG[..], &["--seed", "2"]].concat();
    playing.refuses(&other);
    wait_for(&playing.out().join("run.toml"));
    let asked = text(&playing.out().join("run.toml"));

    playing.refuses(&other);
    playing.refuses(&["run", "--quiet", "--resume", "out"]);

    assert_eq!(text(&playing.out().join("run.toml")), asked);
    let Playing { folder, child } = playing;
    kill(child);
    let out = folder.path().join("out");
    assert!(out.join("lock").exists(), "the kill came too late");
    let resumed = rebound_in(folder.path(), &[], &["run", "--quiet", "--resume", "out"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(results(&out)["seed"], 1);
    assert!(!out.join("lock").exists());
}

#[test]
fn many_runs_into_one_folder_at_once_play_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |seed: &str, out: &str| {
        let fixed = ["run", "--actor", "scripted", "--quiet", "-n", "20"];
        started(folder.path(), &[&fixed[..], &["--seed", seed, "--out", out]].concat())
    };

    let seeds = ["1", "2", "3", "4", "5", "6"];
    let running: Vec<Child> = seeds.iter().map(|seed| run(seed, "out")).collect();
    let codes = running.into_iter().map(|mut child| child.wait().unwrap().code().unwrap());
    let codes: Vec<i32> = codes.collect();

    let won: Vec<&str> =
        seeds.iter().zip(&codes).filter(|(_, code)| **code == 0).map(|(seed, _)| *seed).collect();
    assert_eq!(won.len(), 1, "{codes:?}");
    assert_eq!(run(won[0], "alone").wait().unwrap().code(), Some(0));
    let [out, alone] = ["out", "alone"].map(|name| folder.path().join(name));
    assert_eq!(timeless(&out), timeless(&alone));
    let resumed = rebound(&["run", "--quiet", "--resume", out.to_str().unwrap()]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
}

#[test]
fn a_loop_belongs_to_one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = text(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../benches/learning/household.toml"
    )));
    fs::write(folder.path().join("learn.toml"), config).unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    let _held = Lock::take(&folder.path().join("out/lock"), "process 7 on pi").unwrap();

    let arguments = ["learn", "--quiet", "--config", "learn.toml", "--out", "out"];
    let refused = rebound_in(folder.path(), &[], &arguments);

    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("out is in use by process 7 on pi"), "{}", refused.stderr);
    assert_eq!(names(&folder.path().join("out")), ["lock".to_owned()].into());
}

#[test]
fn a_second_pull_says_whom_it_waits_for_and_finds_what_the_first_brought() {
    use std::io::{BufRead, BufReader, Read};
    let folder = tempfile::tempdir().unwrap();
    let manifest = models::manifest::find("smollm2-135m-instruct").unwrap();
    let file = folder.path().join(&manifest.file);
    let lock = folder.path().join(format!("{}.lock", manifest.file));
    let held = Lock::take(&lock, "process 7").unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["models", "pull", "smollm2-135m-instruct"]).stderr(Stdio::piped());
    command.env("REBOUND_MODELS", folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
    let mut pulling = command.spawn().unwrap();
    let mut stderr = BufReader::new(pulling.stderr.take().unwrap());
    let mut told = String::new();
    stderr.read_line(&mut told).unwrap();

    // The first pull ends with a file that is not the model.
    fs::write(&file, "not the model").unwrap();
    drop(held);
    let code = pulling.wait().unwrap().code();

    assert!(told.contains("waiting for process 7, since 20"), "{told}");
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("expected") && !lock.exists(), "{told}");
    assert_eq!(text(&file), "not the model");
}
