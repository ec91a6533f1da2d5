//! An adapter changes what a model says, and only while it is attached; where it learned under
//! other prompts, that is said.

use std::fs;
use std::path::Path;

use models::adapter::{self, PROMPTS_KEY};
use models::gguf::{self, Array, Gguf};
use models::tiny::{self, TinyConfig};
use runtime_agent::prompts::PromptSet;
use serde_json::Value;

use crate::support::{rebound, write_random_adapter, write_tiny};

fn log_probs(arguments: &[&str]) -> Vec<Value> {
    let scored = rebound(arguments);
    assert_eq!(scored.code, 0, "{}", scored.stderr);
    let scored: Value = serde_json::from_str(&scored.stdout).unwrap();
    scored["log_probs"].as_array().unwrap().clone()
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_adapter_changes_the_score_and_detaching_restores_it_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let [model, adapter, text] =
        ["model.gguf", "adapter.gguf", "text.txt"].map(|name| folder.path().join(name));
    tiny::write_llama(&model, &TinyConfig::default()).unwrap();
    write_random_adapter(&model, &adapter);
    fs::write(&text, "You open the fridge. In it you see an egg.").unwrap();
    let bare = ["score", "--model", name(&model), "--text-file", name(&text)];
    let attached = [&bare[..], &["--adapter", name(&adapter)]].concat();

    let before = log_probs(&bare);
    let with = log_probs(&attached);
    let after = log_probs(&bare);

    assert_eq!(before[0], Value::Null);
    // Queries alone are adapted: if there is one key, they make no difference.
    assert_eq!(before[1], with[1]);
    assert!(before[2..].iter().zip(&with[2..]).all(|(before, with)| before != with));
    assert_eq!(before, after);
}

#[test]
fn an_adapter_that_learned_under_other_prompts_than_the_runs_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_tiny(&path("model.gguf"), &path("prompts"), ["Play."; 8]);
    let plays = PromptSet::from_sources(&["Play."; 8].map(str::to_owned)).unwrap();
    let base = Gguf::open(&path("model.gguf")).unwrap();
    let warns = |learned: &[&str]| {
        let learned = learned.iter().map(|&sha256| sha256.to_owned()).collect();
        let mut new = adapter::random(&base, 4, &["attn_q"], 7).unwrap();
        new.metadata.push((PROMPTS_KEY.to_owned(), gguf::Value::Array(Array::Text(learned))));
        adapter::write(&path("adapter.gguf"), &new).unwrap();
        let out = tempfile::tempdir_in(folder.path()).unwrap();
        let fixed = ["run", "--quiet", "-n", "1", "--steps", "1", "--trials", "1"];
        let fixed = fixed.into_iter().chain(["--threads", "1", "--context", "2048"]);
        let files = [
            ("--actor", path("model.gguf")),
            ("--actor-adapter", path("adapter.gguf")),
            ("--prompts", path("prompts")),
            ("--out", out.path().join("run")),
        ];
        let named = files.iter().flat_map(|(option, path)| [option, name(path)]);
        let played = rebound(&fixed.chain(named).collect::<Vec<_>>());
        assert_eq!(played.code, 0, "{}", played.stderr);
        played.stderr.contains("adapter.gguf learned under other prompts than this run's")
    };

    assert!(warns(&["ab"]));
    assert!(!warns(&["ab", plays.sha256()]));
    assert!(!warns(&[]), "nobody knows what it learned under");
}
