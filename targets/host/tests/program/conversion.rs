//! Adapters that cross to PEFT and back, and adapters that are merged, say the same.

use std::fs;
use std::path::{Path, PathBuf};

use models::tiny::{self, TinyConfig};
use serde_json::Value;

use crate::support::{Outcome, rebound};

/// llama.cpp keeps keys and values as halves, `PyTorch` as floats.
const NEAR: f64 = 1e-2;
const TEXT: &str = "You open the fridge. In it you see an egg.";

/// What PEFT saved for the tiny model, and what `PyTorch` made of it.
fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tests/peft")
}

/// A folder with the tiny model, a text and the imported adapter.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    tiny::write_llama(&folder.path().join("base.gguf"), &TinyConfig::default()).unwrap();
    fs::write(folder.path().join("text.txt"), TEXT).unwrap();
    let peft = recorded();
    let imported = run(&folder, &["adapter", "import", peft.to_str().unwrap()], "adapter.gguf");
    assert!(imported.stdout.contains("14 matrices, alpha 6"), "{}", imported.stdout);
    folder
}

/// Runs a command with the base and a place in the folder for what comes out.
fn run(folder: &tempfile::TempDir, arguments: &[&str], out: &str) -> Outcome {
    let [base, out] = ["base.gguf", out].map(|file| path(folder, file));
    let ran = rebound(&[arguments, &["--base", &base, &out]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran
}

fn path(folder: &tempfile::TempDir, file: &str) -> String {
    folder.path().join(file).to_str().unwrap().to_owned()
}

fn score(folder: &tempfile::TempDir, model: &str, more: &[&str]) -> Vec<f64> {
    let [model, text] = [model, "text.txt"].map(|file| path(folder, file));
    let fixed = ["score", "--model", &model, "--text-file", &text];
    let scored = rebound(&[&fixed[..], more].concat());
    assert_eq!(scored.code, 0, "{}", scored.stderr);
    numbers(&serde_json::from_str(&scored.stdout).unwrap())
}

fn numbers(scored: &Value) -> Vec<f64> {
    scored["log_probs"].as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

/// The mean difference between a text's log-probabilities.
fn apart(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    let sum: f64 = left.iter().zip(right).map(|(left, right)| (left - right).abs()).sum();
    sum / left.len() as f64
}

#[test]
fn an_imported_adapter_does_what_it_does_in_pytorch() {
    let folder = folder();
    let recorded = fs::read(recorded().join("log_probs.json")).unwrap();
    let recorded = numbers(&serde_json::from_slice(&recorded).unwrap());

    let adapter = path(&folder, "adapter.gguf");
    let bare = score(&folder, "base.gguf", &[]);
    let with = score(&folder, "base.gguf", &["--adapter", &adapter]);

    assert!(apart(&with, &recorded) < NEAR, "{with:?} for {recorded:?}");
    assert!(apart(&bare, &recorded) > 1.0, "the adapter changes little");
}

#[test]
fn an_adapter_comes_back_from_peft_as_it_went() {
    let folder = folder();
    let adapter = path(&folder, "adapter.gguf");

    run(&folder, &["adapter", "export", &adapter], "peft");
    run(&folder, &["adapter", "import", &path(&folder, "peft")], "again.gguf");

    assert_eq!(fs::read(&adapter).unwrap(), fs::read(path(&folder, "again.gguf")).unwrap());
}

#[test]
fn a_merged_model_scores_as_the_base_with_the_adapter() {
    let folder = folder();
    let adapter = path(&folder, "adapter.gguf");
    let with = score(&folder, "base.gguf", &["--adapter", &adapter]);

    for (to, near) in [("f16", NEAR), ("q8_0", 0.1), ("q4_0", 1.2)] {
        let merged = format!("{to}.gguf");
        run(&folder, &["models", "merge", "--adapter", &adapter, "--to", to, "--quiet"], &merged);
        let apart = apart(&score(&folder, &merged, &[]), &with);
        assert!(apart < near, "{to}: {apart}");
    }
}

fn check_refused(arguments: &[&str], expected: &str) {
    let refused = rebound(arguments);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
}

#[test]
fn nothing_is_overwritten_and_what_does_not_fit_is_named() {
    let folder = folder();
    let [base, adapter] = ["base.gguf", "adapter.gguf"].map(|file| path(&folder, file));
    let [out, peft] = [path(&folder, "out.gguf"), recorded().to_str().unwrap().to_owned()];
    let merge = ["models", "merge", "--to", "f16", "--base", &base, "--adapter"];

    check_refused(&[&merge[..], &[&adapter, &base]].concat(), "base.gguf exists");
    check_refused(&[&merge[..], &[&base, &out]].concat(), "general.type: expected adapter");
    let import = ["adapter", "import", "--base", &base];
    check_refused(&[&import[..], &[&peft, &adapter]].concat(), "adapter.gguf exists");
    let nothing = folder.path().to_str().unwrap();
    check_refused(&[&import[..], &[nothing, &out]].concat(), "adapter_config.json");
    let export = ["adapter", "export", "--base", &base];
    check_refused(&[&export[..], &[&adapter, &peft]].concat(), "choose another folder");
    check_refused(&[&export[..], &[&base, &out]].concat(), "general.type: expected adapter");
    assert!(!Path::new(&out).exists());
}
