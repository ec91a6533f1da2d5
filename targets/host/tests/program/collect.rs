//! `rebound collect`: groups of reflections on training tasks, each with a next trial.

use std::fs;
use std::path::{Path, PathBuf};

use runtime_core::history::{FinishedTrial, RunHistory, TaskHistory};
use runtime_store::trial_log::read_log;
use tempfile::TempDir;

use crate::support::{Outcome, killed_once_written, rebound, write_tiny};

const MEMBERS: usize = 3;

struct Play {
    folder: TempDir,
}

impl Play {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_tiny(&folder.path().join("tiny.gguf"), folder.path(), ["Play."; 8]);
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self, name: &str, split: &str, more: &[&str]) -> Vec<String> {
        let text = |name: &str| self.path(name).to_str().unwrap().to_string();
        let fixed = ["collect", "--quiet", "--split", split, "-n", "4", "--steps", "3"];
        let fixed = fixed
            .into_iter()
            .chain(["--threads", "1", "--context", "2048"])
            .chain(more.iter().copied());
        let paths = [("--actor", "tiny.gguf"), ("--out", name), ("--prompts", "")];
        let paths = paths.map(|(option, name)| [option.to_string(), text(name)]);
        fixed.map(str::to_string).chain(paths.into_iter().flatten()).collect()
    }

    fn collect(&self, name: &str, more: &[&str]) -> Outcome {
        let arguments = self.arguments(name, "train/easy", more);
        rebound(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.path(name).join("arms/retrospective/trials.log")
    }
}

fn history(log: &Path) -> RunHistory {
    read_log(log).unwrap().history
}

/// Every task's reflections with the actions of the trial that read each.
fn groups(history: &RunHistory) -> Vec<Vec<(String, Vec<String>)>> {
    let group = |task: &TaskHistory| {
        task.reflected()
            .into_iter()
            .map(|tried| {
                let steps = tried.next[0].trajectory.steps.iter();
                let actions = steps.map(|step| step.decision.action.clone()).collect();
                (tried.reflection.text.clone(), actions)
            })
            .collect()
    };
    history.tasks.iter().map(group).collect()
}

#[test]
fn every_failed_trial_has_its_group() {
    let play = Play::new();

    let outcome = play.collect("out", &["--group", "3", "--parallel", "2"]);

    assert_eq!(outcome.code, 0, "{outcome:?}");
    let history = history(&play.log("out"));
    let failed = history.tasks.iter().filter(|task| !task.trials[0].trajectory.succeeded());
    assert!(failed.clone().count() > 0);
    assert!(failed.clone().all(|task| task.reflected().len() >= MEMBERS));
    for task in failed {
        let reflections: Vec<_> = task.reflected().iter().map(|tried| tried.reflection).collect();
        assert!(reflections.windows(2).any(|pair| pair[0].text != pair[1].text));
        assert!(reflections.iter().all(|one| !one.generation.prompt_ids.is_empty()));
    }
    let json = fs::read_to_string(play.path("out").join("collection.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&told["tasks"], &told["tasks_finished"]), (&4.into(), &4.into()));
}

#[test]
fn a_collection_that_is_killed_goes_on_without_losing_or_repeating() {
    let play = Play::new();
    let fixed = ["--group", "3", "--deterministic"];
    play.collect("whole", &fixed);
    let bytes = fs::metadata(play.log("whole")).unwrap().len();
    let arguments = play.arguments("killed", "train/easy", &fixed);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    killed_once_written(&arguments, &play.log("killed"), bytes / 2);
    let folder = play.path("killed");

    let outcome = rebound(&["collect", "--quiet", "--resume", folder.to_str().unwrap()]);

    assert_eq!(outcome.code, 0, "{outcome:?}");
    let [whole, killed] = ["whole", "killed"].map(|name| groups(&history(&play.log(name))));
    assert_eq!(killed, whole);
}

#[test]
fn a_collection_is_of_training_tasks_and_stays_one() {
    let play = Play::new();

    let alfworld = ["--environment", "alfworld"];
    for (split, more) in
        [("validation/easy", &[][..]), ("Test/easy", &[]), ("valid_unseen", &alfworld)]
    {
        let judged = play.arguments("out", split, more);
        let judged = rebound(&judged.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(judged.code == 1 && judged.stderr.contains("train on train"), "{judged:?}");
    }
    let begun = play.collect("out", &["--group", "2"]);
    let folder = play.path("out").to_str().unwrap().to_string();
    let other = rebound(&["collect", "--resume", &folder, "--group", "5"]);
    let run = rebound(&["run", "--resume", &folder]);

    assert_eq!(begun.code, 0, "{begun:?}");
    assert!(other.stderr.contains("it was played with 2"), "{other:?}");
    assert!(run.stderr.contains("rebound collect --resume"), "{run:?}");
}

#[test]
fn arms_share_their_first_trials() {
    let play = Play::new();
    let run = |command: &str, name: &str, more: &[&str]| {
        let (out, actor) = (play.path(name), play.path("tiny.gguf"));
        let paths = [&out, &actor].map(|path| path.to_str().unwrap());
        let fixed = [command, "-q", "-n", "4", "--steps", "3", "-t", "2", "--threads", "1"];
        let named = ["--context", "2048", "--out", paths[0], "--actor", paths[1]];
        rebound(&[&fixed[..], &named, more].concat())
    };
    let both = run("compare", "both", &["--strategies", "none,last-attempt"]);
    assert_eq!(both.code, 0, "{both:?}");
    let folder = play.path("both");
    let folder = folder.to_str().unwrap();
    let arm = |name: &str, strategy: &str| {
        let log = play.path(name).join("arms").join(strategy).join("trials.log");
        history(&log).tasks
    };
    let first = |tasks: Vec<TaskHistory>| -> Vec<FinishedTrial> {
        tasks.into_iter().map(|task| task.trials[0].clone()).collect()
    };
    let plain = first(arm("both", "none"));
    // Times and all: they were not played again.
    assert_eq!(first(arm("both", "last-attempt")), plain);

    let told = run("run", "told", &["--strategy", "reflexion", "--first-trials", folder]);
    let other = run("run", "other", &["--seed", "2", "--first-trials", folder]);
    let nowhere = run("run", "nowhere", &["--first-trials", "not-there"]);

    assert_eq!(told.code, 0, "{told:?}");
    let tasks = arm("told", "reflexion");
    assert!(tasks.iter().any(|task| task.trials.len() == 2));
    let played = |trial: FinishedTrial| FinishedTrial { reflection: None, ..trial };
    assert_eq!(first(tasks).into_iter().map(played).collect::<Vec<_>>(), plain);
    assert!(other.code == 1 && other.stderr.contains("with seed 1, this run has 2"), "{other:?}");
    assert!(nowhere.code == 1 && nowhere.stderr.contains("not-there"), "{nowhere:?}");
}

#[test]
fn reflections_are_lent_to_other_tasks_of_their_type() {
    let play = Play::new();
    let run = |name: &str, more: &[&str]| {
        let out = play.path(name);
        let actor = play.path("tiny.gguf");
        let prompts = play.folder.path();
        let paths = [&out, &actor, prompts].map(|path: &Path| path.to_str().unwrap());
        let fixed = ["run", "-q", "--strategy", "retrospective", "-n", "4", "--steps", "3"];
        let fixed = [&fixed[..], &["-t", "2", "--threads", "1", "--context", "2048"]].concat();
        let named = ["--out", paths[0], "--actor", paths[1], "--prompts", paths[2]];
        rebound(&[&fixed[..], &named, more].concat())
    };
    assert_eq!(run("own", &[]).code, 0);
    let own = play.path("own");

    let lent = run("lent", &["--borrow-reflections", own.to_str().unwrap()]);

    assert_eq!(lent.code, 0, "{}", lent.stderr);
    let texts = |name: &str| -> Vec<String> {
        let tasks = history(&play.log(name)).tasks;
        let told = tasks.iter().filter_map(|task| task.trials[0].reflection.as_ref());
        told.map(|reflection| reflection.text.clone()).collect()
    };
    let (own, lent) = (texts("own"), texts("lent"));
    assert_eq!(own.len(), lent.len());
    assert!(lent.iter().zip(&own).all(|(lent, own)| own.as_str() != lent));
    let missing = run("missing", &["--borrow-reflections", "nowhere"]);
    assert!(missing.code == 1 && missing.stderr.contains("nowhere"), "{}", missing.stderr);
    let alone = run("alone", &["--best-of", "3"]);
    assert!(alone.code == 2 && alone.stderr.contains("--reward-model"), "{}", alone.stderr);
}
