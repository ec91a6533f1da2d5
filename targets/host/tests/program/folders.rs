//! Paths: those of a file go from its folder, and a run goes on from any.

use std::fs;
use std::path::{Path, PathBuf};

use runtime_store::sealed;
use tempfile::TempDir;

use crate::support::{Outcome, rebound_in, text};

/// A folder with prompts, a run's file below it, and a folder elsewhere.
struct Places {
    folder: TempDir,
}

impl Places {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["prompts", "setup", "elsewhere"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("prompts/system.j2"), "Play.").unwrap();
        let file = "actor = 'scripted'\nprompts = '../prompts'\nout = 'played'\ntasks = 2\n";
        fs::write(folder.path().join("setup/run.toml"), file).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rebound(&self, working_folder: &str, arguments: &[&str]) -> Outcome {
        rebound_in(&self.path(working_folder), &[], &[arguments, &["--quiet"]].concat())
    }
}

fn done(outcome: &Outcome) {
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
}

#[test]
fn a_files_paths_go_from_its_folder() {
    let places = Places::new();

    done(&places.rebound("elsewhere", &["run", "--config", "../setup/run.toml"]));

    assert!(places.path("setup/played/results.json").exists());
    // The command line's go from the working folder.
    let options = ["run", "--config", "setup/run.toml", "--prompts", "prompts", "--out", "here"];
    done(&places.rebound(".", &options));
    assert!(places.path("here/results.json").exists());
}

#[test]
fn a_run_goes_on_from_any_folder() {
    let places = Places::new();
    let options = ["run", "--actor", "scripted", "-n", "2", "--prompts", "prompts"];
    done(&places.rebound(".", &[&options[..], &["--out", "out"]].concat()));

    done(&places.rebound("elsewhere", &["run", "--resume", "../out"]));
    done(&places.rebound("setup", &["run", "--resume", "../out", "--prompts", "../prompts"]));
    let again = ["run", "--resume", "../out", "--from-trial", "2", "--out", "../again"];
    done(&places.rebound("elsewhere", &again));
    done(&places.rebound(".", &["run", "--resume", "again"]));
    // What is stored can be played anew, too.
    done(&places.rebound("elsewhere", &["run", "--config", "../out/run.toml", "--out", "anew"]));
}

#[test]
fn an_older_run_has_its_paths_from_the_working_folder() {
    let places = Places::new();
    let options = ["run", "--actor", "scripted", "-n", "2", "--prompts", "prompts"];
    done(&places.rebound(".", &[&options[..], &["--out", "out"]].concat()));
    let stored = places.path("out/run.toml");
    // It names no folder and has no checksum.
    let is_newer = |line: &str| line.starts_with("folder") || line.starts_with('#');
    let older: Vec<String> =
        text(&stored).lines().filter(|line| !is_newer(line)).map(Into::into).collect();
    fs::write(&stored, older.join("\n")).unwrap();

    done(&places.rebound(".", &["run", "--resume", "out"]));
    let elsewhere = places.rebound("elsewhere", &["run", "--resume", "../out"]);
    assert_eq!(elsewhere.code, 1);
    assert!(elsewhere.stderr.contains("prompts"), "{}", elsewhere.stderr);
}

#[test]
fn a_run_that_was_carried_to_another_machine_goes_on_beside_what_it_needs() {
    let places = Places::new();
    let options = ["run", "--actor", "scripted", "-n", "2", "--prompts", "prompts"];
    done(&places.rebound(".", &[&options[..], &["--out", "out"]].concat()));
    let stored = places.path("out/run.toml");
    let folder = places.folder.path().canonicalize().unwrap();
    let carried = text(&stored).replace(folder.to_str().unwrap(), "/nowhere");
    assert!(carried.contains("folder = \"/nowhere\""), "{carried}");
    fs::write(&stored, sealed::toml(&carried)).unwrap();

    done(&places.rebound(".", &["run", "--resume", "out"]));
}

#[test]
fn every_file_that_comes_along_names_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for file in ["targets/host/demo.toml", "examples/learn.toml"] {
        let path = root.join(file);
        let table: toml::Table = toml::from_str(&text(&path)).unwrap();
        let run = table.get("run").and_then(|run| run.as_table()).unwrap_or(&table);
        let keys = ["actor-adapter", "retrospective-adapter", "prompts"];
        let named = keys.iter().filter_map(|key| run.get(*key)).chain(table.get("start"));
        for name in named {
            let there = path.parent().unwrap().join(name.as_str().unwrap());
            assert!(there.exists(), "{file} names {}", there.display());
        }
    }
}
