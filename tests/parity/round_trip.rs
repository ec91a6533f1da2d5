//! An adapter means the same in the trainer's decoder, in llama.cpp, and after a
//! way through PEFT's format.

use std::path::{Path, PathBuf};

use models::adapter::{self, Adapter, NewAdapter, peft};
use models::gguf::Gguf;
use models::tiny::{self, TinyConfig};
use runtime_engine::llama::CacheType;
use tests_needs::{SMOLLM2, weights};

use crate::support::{difference, ids, in_decoder, in_llama, write_dense};

/// Nats a token, mean, where nothing is rounded.
const EXACT_MAX: f32 = 2e-3;

/// The same where llama.cpp rounds activations to eight bits: 0.067 was seen, all of
/// it that rounding, since on the same numbers in F32 nothing is left of it.
const ROUNDED_MAX: f32 = 0.09;

/// The adapter out to a PEFT folder and in again.
fn through_peft(base: &Path, adapter: &Path, folder: &Path) -> PathBuf {
    let base = Gguf::open(base).unwrap();
    peft::export(&Adapter::open(adapter).unwrap(), &base, &folder.join("peft")).unwrap();
    let back = folder.join("back.gguf");
    adapter::write(&back, &peft::import(&folder.join("peft"), &base).unwrap()).unwrap();
    back
}

/// The same adapter without the name of its base.
fn for_any_base(adapter: &Path, folder: &Path) -> PathBuf {
    let read = Adapter::open(adapter).unwrap();
    let new = NewAdapter {
        architecture: read.architecture.clone(),
        alpha: read.alpha,
        base_sha256: None,
        pairs: read.pairs().unwrap(),
        metadata: Vec::new(),
    };
    let path = folder.join("any.gguf");
    adapter::write(&path, &new).unwrap();
    path
}

/// Scores in the decoder, in llama.cpp, and in the decoder after PEFT.
fn check(base: &Path, adapter: &Path, tokens: &[u32], most: f32) {
    let folder = tempfile::tempdir().unwrap();
    let ours = in_decoder(base, Some(adapter), tokens);
    let theirs = in_llama(base, Some(adapter), tokens, CacheType::F32);
    let back = through_peft(base, adapter, folder.path());
    let returned = in_decoder(base, Some(&back), tokens);
    let returned_theirs = in_llama(base, Some(&back), tokens, CacheType::F32);

    let change = difference(&ours, &in_decoder(base, None, tokens));
    let found = [&theirs, &returned, &returned_theirs].map(|other| difference(&ours, other));
    println!("{}: {found:?} nats a token, by the adapter {change}", base.display());
    assert!(change > 2.0 * most, "the adapter changes next to nothing: {change}");
    assert!(found.iter().all(|difference| *difference <= most), "{found:?}, at most {most}");
}

#[test]
fn an_adapter_of_each_architecture_means_the_same_everywhere() {
    for architecture in ["llama", "qwen2", "qwen3"] {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("tiny.gguf");
        let config = TinyConfig { architecture, ..TinyConfig::default() };
        tiny::write_llama(&base, &config).unwrap();
        let targets =
            ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
        let adapter = folder.path().join("adapter.gguf");
        let new = adapter::random(&Gguf::open(&base).unwrap(), 4, &targets, 3).unwrap();
        adapter::write(&adapter, &new).unwrap();
        let tokens: Vec<u32> = (0..200).map(|index| 20 + index * 7 % 200).collect();

        check(&base, &adapter, &tokens, EXACT_MAX);
    }
}

#[test]
fn a_trained_adapter_means_the_same_everywhere() {
    let Some(base) = weights(SMOLLM2) else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let adapter = root.join("models/adapters/smollm2-135m-household.gguf");
    let text = std::fs::read_to_string(root.join("LICENSE")).unwrap();
    let mut tokens = ids(&base, &text);
    tokens.truncate(500);

    check(&base, &adapter, &tokens, ROUNDED_MAX);
    let folder = tempfile::tempdir().unwrap();
    let dense = folder.path().join("dense.gguf");
    write_dense(&base, &dense);
    check(&dense, &for_any_base(&adapter, folder.path()), &tokens, EXACT_MAX);
}
