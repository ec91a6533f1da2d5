//! The learning loop without a terminal, an engine and a gradient: a scripted model plays, and a
//! scripted trainer writes adapters.
#![allow(clippy::unwrap_used, reason = "it is a test's")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use runtime_evaluation::arm::ArmError;
use runtime_evaluation::learning::state::{AdapterFile, Learning, Phase, TrainingResults};
use runtime_session::approval::Allowed;
use runtime_session::learning::{Job, Trainer, Workshop, learn};
use runtime_session::program::Surroundings;
use runtime_store::slots::Slots;
use tempfile::TempDir;

use crate::support::Listening;

const FILE: &str = r#"
rounds = 2
collect = { split = "train/easy", tasks = 3, group = 2 }
validate = { split = "validation/easy", tasks = 3, trials = 2 }
[run]
actor = "scripted"
steps = 3
[[train]]
stage = "scripted"
data = { reflections = { select = "all" } }
"#;

/// Writes an adapter that says what it is made of.
#[derive(Clone, Default)]
struct Scripted {
    /// The parents of the trainings that were asked for, in order.
    parents: Arc<Mutex<Vec<Option<String>>>>,
    /// Trainings that are interrupted yet.
    interruptions: Arc<AtomicUsize>,
}

impl Trainer for Scripted {
    fn check(&self, config: &toml::Table, _file: &Path) -> anyhow::Result<()> {
        anyhow::ensure!(config["stage"].as_str() == Some("scripted"), "there is no such stage");
        Ok(())
    }

    fn train(&self, job: &Job<'_>, _: &Surroundings) -> anyhow::Result<Option<TrainingResults>> {
        let parent = job.config.get("parent").map(|parent| file_name(parent.as_str().unwrap()));
        self.parents.lock().unwrap().push(parent);
        if self.interruptions.load(Ordering::Relaxed) > 0 {
            self.interruptions.fetch_sub(1, Ordering::Relaxed);
            return Err(anyhow::Error::new(ArmError::Interrupted).context("the training stopped"));
        }
        let records = job.config["data"]["records"].as_array().unwrap();
        assert!(records.iter().all(|run| Path::new(run.as_str().unwrap()).join("arms").exists()));
        fs::create_dir_all(job.out).unwrap();
        let path = job.out.join("adapter.gguf");
        let round = job.out.parent().unwrap().file_name().unwrap();
        let text = format!("the adapter of round {}", round.display());
        fs::write(&path, &text).unwrap();
        let sha256 = models::checksum::sha256_bytes(text.as_bytes());
        let (adapter, stage) = (AdapterFile { path, sha256 }, "scripted".to_owned());
        Ok(Some(TrainingResults {
            adapter,
            stage,
            steps: 1,
            loss: None,
            kl: None,
            peak_bytes: None,
        }))
    }
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().unwrap().display().to_string()
}

struct Loop {
    folder: TempDir,
    trainer: Scripted,
}

impl Loop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("learn.toml"), FILE).unwrap();
        Self { folder, trainer: Scripted::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Goes on until it ends, or is stopped after so many steps.
    fn learn(&self, steps: usize) -> (Arc<Listening>, anyhow::Result<Learning>) {
        let (program, surroundings) = Listening::for_steps(steps);
        let trainer = Box::new(self.trainer.clone());
        let workshop = Workshop { trainer, adapters: self.path("adapters") };
        let files = (self.path("learn.toml"), self.path("out"));
        let ended = learn((&files.0, &files.1), Allowed::default(), workshop, &surroundings);
        (program, ended)
    }

    /// What is confirmed among the adapters that runs find.
    fn confirmed(&self) -> Option<String> {
        let slots = Slots::open(&self.path("adapters/scripted")).unwrap().state().unwrap();
        assert!(slots.probation.is_none());
        slots.confirmed.map(|slot| slot.sha256)
    }
}

fn is_interrupted(error: &anyhow::Error) -> bool {
    let interrupted = |cause: &ArmError| matches!(cause, ArmError::Interrupted);
    error.chain().any(|cause| cause.downcast_ref().is_some_and(interrupted))
}

/// What an interruption may not change.
fn outcome(mut state: Learning) -> Learning {
    state.seconds.clear();
    state
}

#[test]
fn two_rounds_end_with_the_adapter_that_was_tried_and_kept() {
    let play = Loop::new();

    let (program, ended) = play.learn(usize::MAX);

    let state = ended.unwrap();
    assert_eq!((state.phase, state.rounds.len()), (Phase::Finished, 2));
    for round in &state.rounds {
        // Reflections of one who draws change nothing: an adapter that is no worse is kept.
        assert_eq!(round.outcomes, state.baseline);
        assert!(round.verdict.as_ref().unwrap().kept);
        assert!(round.collection.is_some());
    }
    let last = state.rounds[1].training.as_ref().unwrap().adapter.clone();
    assert_eq!(state.active, Some(last.clone()));
    assert_eq!(play.confirmed(), Some(last.sha256.clone()));
    // The second round goes on from the first one's adapter, and is evaluated in its slot.
    let first = state.rounds[0].training.as_ref().unwrap().adapter.sha256.clone();
    assert_eq!(*play.trainer.parents.lock().unwrap(), [None, Some("adapter.gguf".to_owned())]);
    let evaluated = fs::read_to_string(play.path("out/rounds/2/validation/run.toml")).unwrap();
    assert!(evaluated.contains(&format!("slots/{}.gguf", last.sha256)), "{evaluated}");
    assert_ne!(first, last.sha256);
    assert!(play.path("out/report.html").exists());
    assert_eq!(program.count("warning"), 0);
    assert!(program.count("Round") >= 8, "{:?}", program.heard);
}

#[test]
fn a_loop_that_is_stopped_anywhere_ends_as_one_that_is_not() {
    let (whole, cut) = (Loop::new(), Loop::new());
    let expected = outcome(whole.learn(usize::MAX).1.unwrap());
    cut.trainer.interruptions.store(1, Ordering::Relaxed);

    // Within the baseline, a collection and an evaluation; then within a training.
    let mut stops = 0;
    let found = loop {
        match cut.learn(20).1 {
            Ok(state) => break outcome(state),
            Err(error) => assert!(is_interrupted(&error), "{error:#}"),
        }
        stops += 1;
        assert!(stops < 50, "it does not get on");
    };

    assert!(stops >= 3, "{stops}");
    assert_eq!(found, expected);
    assert_eq!(cut.confirmed(), whole.confirmed());
    // Finished is finished.
    assert_eq!(outcome(cut.learn(usize::MAX).1.unwrap()), expected);
}

#[test]
fn an_adapter_on_probation_is_not_what_runs_find_until_it_is_kept() {
    let play = Loop::new();
    play.trainer.interruptions.store(usize::MAX, Ordering::Relaxed);

    let stopped = play.learn(usize::MAX).1.unwrap_err();

    assert!(is_interrupted(&stopped), "{stopped:#}");
    assert!(format!("{stopped:#}").contains("goes on"), "{stopped:#}");
    assert_eq!(play.confirmed(), None);
}
