//! `--deterministic` with real weights: the same seed gives the same run, and no
//! kill changes it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use models::tiny::{self, TinyConfig};
use runtime_core::seed::mix;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{killed_after, rebound, smollm2, timeless};

/// Prompts of few tokens, so that a run begun anew is soon where it was.
const PROMPTS: [(&str, &str); 6] = [
    ("system", "Play."),
    ("example", ""),
    ("opening", "{{ reflections | join(' ') }}{{ opening }}"),
    ("observation", "{{ observation }}"),
    ("reflection_system", "Give advice."),
    ("reflection", "{% for step in transcript.steps %}{{ step.action }}. {% endfor %}"),
];

const OPTIONS: &str = "--strategy reflexion --deterministic --temperature 1 --threads 1";

/// Runs of one model, in a folder with the prompts.
struct Play {
    model: PathBuf,
    /// How much is played.
    size: &'static str,
    folder: TempDir,
}

impl Play {
    fn new(model: PathBuf, size: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, template) in PROMPTS {
            fs::write(folder.path().join(name).with_extension("j2"), template).unwrap();
        }
        Self { model, size, folder }
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
        let options = OPTIONS.split(' ').chain(self.size.split(' ')).map(String::from);
        arguments.extend(options.chain(["--prompts".into(), text(self.folder.path())]));
        [arguments, vec!["--actor".into(), text(&self.model), "--out".into(), text(&out)]].concat()
    }

    fn finish(&self, name: &str) {
        let arguments = self.arguments(name);
        let played = rebound(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(played.code, 0, "{}", played.stderr);
    }

    fn kill(&self, name: &str, after: Duration) {
        let arguments = self.arguments(name);
        killed_after(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), after);
    }
}

/// The run's trials as exported, without times, and without the counts of what
/// the cache held: a program that begins anew has an empty one.
fn trials(out: &Path) -> Vec<Value> {
    let exported = rebound(&["records", "export", out.to_str().unwrap()]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    exported.stdout.lines().map(|line| strip(serde_json::from_str(line).unwrap())).collect()
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

/// Plays twice undisturbed and once with kills, each at a moment in `milliseconds`.
fn check(play: &Play, kills: u64, milliseconds: Range<u64>) {
    play.finish("whole");
    play.finish("again");
    for kill in 0..kills {
        let span = milliseconds.end - milliseconds.start;
        play.kill("killed", Duration::from_millis(milliseconds.start + mix(kill) % span));
    }
    let under_way = fs::metadata(play.out("killed").join("arms/reflexion/trials.log"));
    assert!(under_way.is_ok_and(|log| log.len() > 10_000), "the kills came too early");
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

    check(&Play::new(model, "-n 4 --trials 3 --steps 16"), 20, 40..240);
}

#[test]
fn kills_change_nothing_with_real_weights_either() {
    let Some(model) = smollm2() else { return };

    check(&Play::new(model, "-n 2 --trials 2 --steps 6"), 3, 3000..6000);
}
