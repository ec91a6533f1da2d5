//! An adapter changes what a model says, and only while it is attached.

use std::fs;
use std::path::Path;

use models::tiny::{self, TinyConfig};
use serde_json::Value;

use crate::support::{rebound, write_random_adapter};

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
    // Queries alone are adapted: where there is one key, they make no difference.
    assert_eq!(before[1], with[1]);
    assert!(before[2..].iter().zip(&with[2..]).all(|(before, with)| before != with));
    assert_eq!(before, after);
}
