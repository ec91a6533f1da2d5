//! What a machine computes a model with best: measured, stored, and taken by new runs.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Outcome, rebound_in, results, text, write_tiny};

/// A home with the tiny model, in which nothing was measured.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        write_tiny(&home.path("tiny.gguf"), &home.path("prompts"), ["Play."; 8]);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn rebound(&self, arguments: &[&str]) -> Outcome {
        let file = self.path("tuning.toml");
        rebound_in(self.0.path(), &[("REBOUND_TUNING", file.to_str().unwrap())], arguments)
    }

    fn tune(&self) -> Outcome {
        self.rebound(&["doctor", "--tune", "tiny.gguf", "--seconds", "1"])
    }

    fn run(&self, more: &[&str]) -> Outcome {
        let usual = ["run", "--actor", "tiny.gguf", "--prompts", "prompts", "--tasks", "1"];
        let short = ["--trials", "1", "--steps", "1", "--out", "run"];
        self.rebound(&[&usual[..], &short[..], more].concat())
    }
}

fn tuned(out: &Path) -> Value {
    results(out)["circumstances"]["tuned"].clone()
}

#[test]
fn a_new_run_takes_what_was_measured_and_says_so_and_keeps_it() {
    let home = Home::new();

    let measured = home.tune();
    assert_eq!(measured.code, 0, "{}", measured.stderr);
    for expected in ["engine   threads", "native", "llama", "New runs take it"] {
        assert!(measured.stdout.contains(expected), "{expected}: {}", measured.stdout);
    }
    // As if llama.cpp had been the fastest.
    let file = home.path("tuning.toml");
    let mut stored: toml::Table = toml::from_str(&text(&file)).unwrap();
    let entry = stored["tuned"][0].as_table_mut().unwrap();
    let date = entry["measured"].as_str().unwrap().to_owned();
    let choice: toml::Table =
        toml::from_str("engine = 'llama'\nthreads = 1\ncache = 'f32'").unwrap();
    entry.insert("choice".to_owned(), choice.into());
    std::fs::write(&file, stored.to_string()).unwrap();

    let played = home.run(&[]);
    assert_eq!(played.code, 0, "{}", played.stderr);
    assert!(played.stderr.contains("--engine llama --threads 1 --cache f32"), "{}", played.stderr);
    let kept = text(&home.path("run/run.toml"));
    assert!(kept.contains("engine = \"llama\"") && kept.contains("cache = \"f32\""), "{kept}");
    assert_eq!(tuned(&home.path("run")), date);

    // Nothing is measured any more, and the run goes on as it was.
    std::fs::remove_file(&file).unwrap();
    let again = home.rebound(&["run", "--resume", "run"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(text(&home.path("run/run.toml")), kept);
}

#[test]
fn what_is_asked_for_wins_and_what_another_build_measured_is_left_alone() {
    let home = Home::new();
    assert_eq!(home.tune().code, 0);
    let file = home.path("tuning.toml");

    let asked = home.run(&["--engine", "llama", "--threads", "1"]);
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    assert!(!asked.stderr.contains("as measured"), "{}", asked.stderr);
    std::fs::remove_dir_all(home.path("run")).unwrap();

    std::fs::write(&file, text(&file).replace("native of rebound", "native of another")).unwrap();
    let other = home.run(&[]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert!(!other.stderr.contains("as measured"), "{}", other.stderr);
    assert!(tuned(&home.path("run")).is_null());
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    let home = Home::new();
    std::fs::write(home.path("tuning.toml"), "[[tuned]]\nmodel = 3\n").unwrap();

    let refused = home.run(&[]);

    assert_eq!(refused.code, 1, "{}", refused.stderr);
    for expected in ["tuning.toml", "model = 3", "doctor --tune"] {
        assert!(refused.stderr.contains(expected), "{expected}: {}", refused.stderr);
    }
}
