//! What commit 6eaedb2 wrote is read: `tests/fixtures/6eaedb2`, of which `write.sh` says how it
//! came to be.

use std::fs;
use std::path::{Path, PathBuf};

use runtime_core::event::Event;
#[cfg(feature = "llama")]
use runtime_core::record::Version;
use runtime_core::spending::{Spending, TokenUse};
use runtime_store::line_log::LineLog;
use runtime_store::trial_log::read_log;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Outcome, rebound_in, results, text};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/6eaedb2");

/// A copy of the fixtures, to be written into.
struct Earlier {
    folder: TempDir,
}

impl Earlier {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(Path::new(FIXTURES), folder.path());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn rebound(&self, arguments: &str) -> Outcome {
        self.rebound_with("slots", arguments)
    }

    /// Runs a line of arguments with the adapters that are installed in a folder.
    fn rebound_with(&self, adapters: &str, arguments: &str) -> Outcome {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let outcome = rebound_in(self.folder.path(), &[("REBOUND_ADAPTERS", adapters)], &arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        outcome
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What the arms solved, by trial.
fn solved(results: &Value) -> Vec<Value> {
    let arms = results["arms"].as_array().unwrap().iter();
    let mut solved: Vec<Value> = arms.map(|arm| arm["success_by_trial"].clone()).collect();
    for trial in solved.iter_mut().flat_map(|arm| arm.as_array_mut().unwrap()) {
        // Members that earlier programs did not write.
        for later in ["prompt_tokens_mean", "generated_tokens_mean"] {
            trial.as_object_mut().unwrap().remove(later);
        }
    }
    solved
}

#[test]
fn an_earlier_finished_run_is_shown_exported_and_counted_as_it_was() {
    let earlier = Earlier::new();
    let before = results(&earlier.path("run"));

    earlier.rebound("report run");
    let csv = earlier.rebound("report --csv run").stdout;
    let exported = earlier.rebound("records export run").stdout;
    earlier.rebound("run --quiet --resume run");

    // Two arms of three tasks and two trials, and a line of headings.
    assert_eq!(csv.lines().count(), 13, "{csv}");
    assert!(exported.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert_eq!(solved(&results(&earlier.path("run"))), solved(&before));
    assert!(text(&earlier.path("run/report.html")).contains("<title>Rebound: run</title>"));
}

#[cfg(feature = "tables")]
#[test]
fn an_earlier_run_is_written_as_tables() {
    let earlier = Earlier::new();

    let told = earlier.rebound("records tables run --out tables").stdout;

    // Two arms of three tasks and two trials of three steps.
    for said in ["trials.parquet: 12 rows", "steps.parquet: 36 rows", "reflections.parquet: 3 rows"]
    {
        assert!(told.contains(said), "{told}");
    }
    let tokens = fs::read(earlier.path("tables/tokens.parquet")).unwrap();
    assert!(tokens.starts_with(b"PAR1") && tokens.ends_with(b"PAR1"));
}

#[cfg(feature = "llama")]
#[test]
fn an_earlier_run_that_was_cut_goes_on() {
    let earlier = Earlier::new();
    let cut = fs::read(earlier.path("cut/arms/none/trials.log")).unwrap();
    let events = |arm: &str| {
        let history = read_log(&earlier.path("cut/arms").join(arm).join("trials.log")).unwrap();
        history.history.tasks.iter().map(|task| task.trials.len()).collect::<Vec<_>>()
    };

    let resumed = earlier.rebound("run --resume cut");

    assert_eq!([events("none"), events("reflexion")], [[2, 2, 2], [2, 2, 2]]);
    let whole = fs::read(earlier.path("cut/arms/none/trials.log")).unwrap();
    // All but the record that the cut tore is as it was.
    let kept = cut.iter().zip(&whole).take_while(|(before, now)| before == now).count();
    assert_eq!(Version::of_header(&whole), Ok(Version::V1), "it goes on as it was begun");
    assert!(whole.len() > cut.len() && cut.len() - kept < 1000, "{kept} of {}", cut.len());
    assert!(resumed.stdout.contains("3 tasks"), "{}", resumed.stdout);
}

#[test]
fn an_earlier_collection_and_demonstration_are_read() {
    let earlier = Earlier::new();

    let collected = earlier.rebound("records stats collection").stdout;
    let demonstrated = earlier.rebound("records export demonstration").stdout;

    assert!(collected.contains("retrospective"), "{collected}");
    assert!(!demonstrated.is_empty());
    let log = earlier.path("collection/arms/retrospective/trials.log");
    let is_branch = |event: &Event| matches!(event, Event::Branch(_));
    let events = runtime_store::trial_log::Events::open(&log).unwrap();
    // Three failures with two reflections each: one goes back for each second one.
    assert_eq!(events.filter(|event| is_branch(event.as_ref().unwrap())).count(), 3);
}

#[cfg(feature = "llama")]
#[test]
fn an_earlier_finished_collection_is_counted_again_as_it_was() {
    let earlier = Earlier::new();
    let counted = || -> Value {
        serde_json::from_str(&text(&earlier.path("collection/collection.json"))).unwrap()
    };
    let before = counted();

    earlier.rebound_with("no-adapters", "collect --quiet --resume collection");

    let now = counted();
    for (key, value) in before.as_object().unwrap() {
        assert_eq!(now[key], *value, "{key}");
    }
}

#[cfg(feature = "llama")]
#[test]
fn earlier_slots_are_listed_reverted_and_confirmed() {
    let earlier = Earlier::new();

    let listed = earlier.rebound("adapter list --model tiny.gguf").stdout;
    let reverted = earlier.rebound("adapter revert --model tiny.gguf").stdout;
    earlier.rebound("adapter install --model tiny.gguf adapter.gguf");
    earlier.rebound(
        "run --quiet --strategy retrospective --actor tiny.gguf --prompts prompts --threads 1 \
         -n 1 --steps 2 --trials 2 --context 1024 --out tried",
    );
    earlier.rebound("adapter confirm --model tiny.gguf");
    let confirmed = earlier.rebound("adapter list --model tiny.gguf").stdout;

    assert!(listed.contains("confirmed  loop-round-1"), "{listed}");
    assert!(listed.contains("probation  adapter"), "{listed}");
    assert!(reverted.contains("adapter"), "{reverted}");
    assert!(confirmed.contains("confirmed  adapter"), "{confirmed}");
    assert!(confirmed.contains("before it  loop-round-1"), "{confirmed}");
}

#[test]
fn earlier_spending_is_counted_on() {
    let earlier = Earlier::new();

    let (_, spent) = LineLog::<Spending>::open(&earlier.path("paid/spending.jsonl")).unwrap();

    let first = TokenUse { prompt: 288, cached: 144, completion: 6 };
    assert_eq!(spent[0].tokens, first);
    assert_eq!(spent.len(), text(&Path::new(FIXTURES).join("paid/spending.jsonl")).lines().count());
    earlier.rebound("report paid");
}

#[cfg(feature = "llama")]
#[test]
fn an_earlier_loop_that_is_finished_stays_so() {
    let earlier = Earlier::new();
    let state =
        || -> Value { serde_json::from_str(&text(&earlier.path("loop/learning.json"))).unwrap() };
    let before = state();

    earlier.rebound("learn --quiet --config learn.toml --out loop");

    assert_eq!(state()["active"], before["active"]);
    let mut now = state();
    // What was not said then is written down now.
    let verdict = now["rounds"][0]["verdict"].as_object_mut().unwrap();
    assert_eq!(verdict.remove("interval"), Some("paired-bootstrap".into()));
    assert_eq!(now["rounds"], before["rounds"]);
}

#[cfg(feature = "llama")]
#[test]
fn an_earlier_adapter_is_attached() {
    let earlier = Earlier::new();
    fs::write(earlier.path("text.txt"), "You open the fridge.").unwrap();

    let bare = earlier.rebound("score --model tiny.gguf --text-file text.txt").stdout;
    let adapted =
        earlier.rebound("score --model tiny.gguf --text-file text.txt --adapter adapter.gguf");

    assert_ne!(bare, adapted.stdout);
}
