//! A world of the user's own, from its address to its results.
#![cfg(target_os = "linux")]

use std::path::Path;

use crate::support::{Outcome, rebound_in, timeless};

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
