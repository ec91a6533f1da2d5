//! The same seed gives the same run, and no kill changes it: with llama.cpp under
//! `--deterministic`, with kernels of our own always, however many episodes are played at once.

use std::fs;
use std::path::{Path, PathBuf};

use models::tiny::{self, TinyConfig};
use serde_json::Value;
use tempfile::TempDir;
use tests_needs::{SMOLLM2, weights};

use crate::support::{killed_once_written, rebound, timeless};

/// Prompts of few tokens, so that a run begun anew is soon where it was.
const PROMPTS: [(&str, &str); 6] = [
    ("system", "Play."),
    ("example", ""),
    ("opening", "{{ reflections | join(' ') }}{{ opening }}"),
    ("observation", "{{ observation }}"),
    ("reflection_system", "Give advice."),
    ("reflection", "{% for step in transcript.steps %}{{ step.action }}. {% endfor %}"),
];

const LLAMA: &str =
    "--engine llama --strategy reflexion --deterministic --temperature 1 --threads 1";
const NATIVE: &str = "--engine native --strategy reflexion --temperature 1 --threads 2";

#[test]
fn what_repeats_keeps_its_threads_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let threads = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let fixed = ["run", "-q", "--actor", "scripted", "-n", "1", "-t", "1", "--steps", "1"];
        let arguments = [&fixed[..], more, &["--out", out.to_str().unwrap()]].concat();
        let outcome = rebound(&arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let file: toml::Table = fs::read_to_string(out.join("run.toml")).unwrap().parse().unwrap();
        file.get("threads").and_then(toml::Value::as_integer)
    };

    let cores = models::threads::cores_allowed().get();
    assert_eq!(threads("repeats", &["--deterministic"]), Some(cores.into()));
    assert_eq!(threads("asked", &["--deterministic", "--threads", "1"]), Some(1));
    assert_eq!(threads("other", &[]), None);
}

/// Runs of one model, in a folder with the prompts.
struct Play {
    model: PathBuf,
    options: &'static str,
    /// How much is played.
    size: &'static str,
    folder: TempDir,
}

impl Play {
    fn new(model: PathBuf, options: &'static str, size: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, template) in PROMPTS {
            fs::write(folder.path().join(name).with_extension("j2"), template).unwrap();
        }
        Self { model, options, size, folder }
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Begins the run of this name, or goes on with it.
    fn arguments(&self, name: &str) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_string();
        let out = self.out(name);
        let mut arguments = vec!["run".into(), "--quiet".into()];
        if out.join("run.toml").exists() {
            return [arguments, vec!["--resume".into(), text(&out)]].concat();
        }
        let options = self.options.split(' ').chain(self.size.split(' ')).map(String::from);
        arguments.extend(options.chain(["--prompts".into(), text(self.folder.path())]));
        [arguments, vec!["--actor".into(), text(&self.model), "--out".into(), text(&out)]].concat()
    }

    fn finish(&self, name: &str) {
        let arguments = self.arguments(name);
        let played = rebound(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(played.code, 0, "{}", played.stderr);
    }

    fn log(&self, name: &str) -> PathBuf {
        self.out(name).join("arms/reflexion/trials.log")
    }

    fn kill(&self, name: &str, log_bytes: u64) {
        let arguments = self.arguments(name);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        killed_once_written(&arguments, &self.log(name), log_bytes);
    }
}

/// The run's trials as exported, without times, and without the counts of what
/// the cache held: a program that begins anew has an empty one.
fn trials(out: &Path) -> Vec<Value> {
    let exported = rebound(&["records", "export", out.to_str().unwrap()]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    let trials = exported.stdout.lines().map(|line| strip(serde_json::from_str(line).unwrap()));
    // Episodes at once end in any order.
    let mut trials: Vec<Value> = trials.collect();
    trials.sort_by_key(Value::to_string);
    trials
}

fn strip(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(key, _)| !key.ends_with("_us") && !key.ends_with("ed_tokens"))
            .map(|(key, value)| (key, strip(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(strip).collect(),
        value => value,
    }
}

/// Plays twice undisturbed and once with kills, spread over the run.
fn check(play: &Play, kills: u64) {
    play.finish("whole");
    play.finish("again");
    let bytes = fs::metadata(play.log("whole")).unwrap().len();
    for kill in 1..=kills {
        play.kill("killed", bytes * kill / (kills + 1));
    }
    assert!(fs::metadata(play.log("killed")).unwrap().len() > bytes / 2);
    assert!(!play.out("killed").join("results.json").exists(), "the kills came too late");
    play.finish("killed");

    let [whole, again, killed] = ["whole", "again", "killed"].map(|name| play.out(name));
    assert!(!trials(&whole).is_empty());
    assert_eq!(trials(&whole), trials(&again));
    assert_eq!(trials(&whole), trials(&killed));
    assert_eq!(timeless(&whole), timeless(&killed));
}

#[test]
fn twenty_kills_change_neither_the_trials_nor_the_results() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny.gguf");
    tiny::write_llama(&model, &TinyConfig::default()).unwrap();

    check(&Play::new(model.clone(), LLAMA, "-n 4 --trials 3 --steps 16"), 20);
    check(&Play::new(model, NATIVE, "-n 4 --trials 3 --steps 16 --parallel 3"), 8);
}

#[test]
fn kills_change_nothing_with_real_weights_either() {
    let Some(model) = weights(SMOLLM2) else { return };

    check(&Play::new(model.clone(), LLAMA, "-n 1 --trials 2 --steps 5"), 3);
    check(&Play::new(model, NATIVE, "-n 2 --trials 2 --steps 5 --parallel 2"), 2);
}

#[test]
fn a_run_that_names_no_engine_gets_the_native_one_and_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("tiny.gguf");
    tiny::write_llama(&model, &TinyConfig::default()).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let engine = |name: &str, actor: &str, more: &[&str]| {
        let (out, actor) =
            (path(name), if actor == "tiny" { path("tiny.gguf") } else { actor.into() });
        let fixed = ["run", "-q", "-n", "1", "-t", "1", "--steps", "1", "--actor", &actor];
        let outcome = rebound(&[&fixed[..], more, &["--out", &out]].concat());
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let file = fs::read_to_string(folder.path().join(name).join("run.toml")).unwrap();
        let file: toml::Table = file.parse().unwrap();
        Some(file.get("engine")?.as_str()?.to_owned())
    };

    let expected = if cfg!(target_arch = "x86_64") { Some("native") } else { None };
    assert_eq!(engine("usual", "tiny", &[]).as_deref(), expected);
    assert_eq!(engine("asked", "tiny", &["--engine", "llama"]).as_deref(), Some("llama"));
    assert_eq!(engine("scripted", "scripted", &[]), None);
    // First trials are those of their engine.
    let first = path("asked");
    assert_eq!(engine("second", "tiny", &["--first-trials", &first]).as_deref(), Some("llama"));
}
