//! Adapters: golden bytes, and what does not fit a base.

use models::adapter::{
    AdaptedTensor, Adapter, AdapterError, FactorPair, NewAdapter, encode, random, write,
};
use models::gguf::{Gguf, NewTensor, Value};
use models::tiny;

const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn base() -> Gguf {
    Gguf::from_bytes("base.gguf", tiny::llama(1)).unwrap()
}

fn golden() -> NewAdapter {
    let target =
        AdaptedTensor { name: "blk.0.attn_q.weight".to_owned(), inputs: 3, outputs: 2, rank: 1 };
    NewAdapter {
        architecture: "llama".to_owned(),
        alpha: 2.0,
        base_sha256: Some(SHA256.to_owned()),
        pairs: vec![FactorPair { target, a: vec![1.0, 2.0, 3.0], b: vec![-1.0, 0.5] }],
        metadata: vec![("rebound.round".to_owned(), Value::U32(4))],
    }
}

fn read(bytes: Vec<u8>) -> Result<Adapter, AdapterError> {
    Adapter::from_gguf(Gguf::from_bytes("adapter.gguf", bytes)?)
}

#[test]
fn version_1_has_these_bytes() {
    let golden_bytes = include_bytes!("../golden/adapter-v1.gguf");

    let bytes = encode(&golden()).unwrap();

    assert!(bytes == golden_bytes, "the layout changed: it needs a new version");
}

#[test]
fn golden_bytes_are_read() {
    let adapter = read(include_bytes!("../golden/adapter-v1.gguf").to_vec()).unwrap();

    assert_eq!((adapter.architecture.as_str(), adapter.alpha), ("llama", 2.0));
    assert_eq!(adapter.base_sha256.as_deref(), Some(SHA256));
    assert_eq!(adapter.pairs().unwrap(), golden().pairs);
    assert_eq!(adapter.gguf.unsigned("rebound.round"), Some(4));
    assert_eq!(adapter.factor_bytes(), 20);
}

#[test]
fn a_random_adapter_fits_the_base_that_it_was_made_for() {
    let made = random(&base(), 4, &["attn_q", "ffn_down"], 7).unwrap();

    let adapter = read(encode(&made).unwrap()).unwrap();

    assert_eq!(adapter.targets.len(), 4, "two layers, two targets");
    adapter.check_base(&base(), Some(SHA256)).unwrap();
    assert!(made.pairs.iter().all(|pair| pair.b.iter().any(|&value| value != 0.0)));
}

#[test]
fn a_written_adapter_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adapter.gguf");

    write(&path, &golden()).unwrap();

    assert_eq!(Adapter::open(&path).unwrap().targets[0].rank, 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn another_base_is_named_beside_the_right_one() {
    let mut made = random(&base(), 2, &["attn_v"], 1).unwrap();
    made.base_sha256 = Some(SHA256.to_owned());
    let adapter = read(encode(&made).unwrap()).unwrap();

    let other = "0".repeat(64);
    let message = adapter.check_base(&base(), Some(&other)).unwrap_err().to_string();

    assert!(message.contains(SHA256) && message.contains(&other), "{message}");
    adapter.check_base(&base(), Some(&SHA256.to_uppercase())).unwrap();
}

fn check_misfit(change: impl Fn(&mut NewAdapter), expected: &str) {
    let mut made = random(&base(), 2, &["attn_v"], 1).unwrap();
    change(&mut made);
    let adapter = read(encode(&made).unwrap()).unwrap();
    let message = adapter.check_base(&base(), None).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn an_adapter_for_another_model_does_not_fit() {
    check_misfit(|made| made.architecture = "qwen2".to_owned(), "expected \"llama\", as the base");
    check_misfit(
        |made| made.pairs[0].target.name = "blk.9.attn_v.weight".to_owned(),
        "tensor blk.9.attn_v.weight: expected a tensor of the base, found none",
    );
    check_misfit(
        |made| made.pairs[0].target.name = "blk.0.ffn_up.weight".to_owned(),
        "expected [64, 128], as the base, found [64, 32]",
    );
    check_misfit(
        |made| made.pairs[0].target.name = "token_embd.weight".to_owned(),
        "expected a matrix between layers",
    );
}

fn check_no_adapter(keys: &[(&str, Value)], tensors: &[NewTensor<'_>], expected: &str) {
    let keys: Vec<(String, Value)> =
        keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let message = read(models::gguf::encode(&keys, tensors).unwrap()).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn what_is_no_adapter_is_refused() {
    let [kind, architecture, lora] = [
        ("general.type", Value::from("adapter")),
        ("general.architecture", Value::from("llama")),
        ("adapter.type", Value::from("lora")),
    ];
    let keys = [kind.clone(), architecture, lora.clone()];
    let [a, b] = [("x.lora_a", [2, 1]), ("x.lora_b", [1, 2])]
        .map(|(name, ne)| NewTensor::f32(name, &ne, &[0.0, 0.0]));

    check_no_adapter(&[], &[], "general.type: expected adapter, found nothing");
    check_no_adapter(&[("general.type", "model".into())], &[], "expected adapter, found \"model\"");
    check_no_adapter(&[kind, ("adapter.type", "ia3".into())], &[], "expected lora");
    check_no_adapter(&keys, &[], "expected at least one, found none");
    check_no_adapter(&keys, std::slice::from_ref(&a), "expected x.lora_b beside it");
    check_no_adapter(&keys, std::slice::from_ref(&b), "expected x.lora_a beside it");
    let wide = NewTensor::f32("x.lora_b", &[2, 1], &[0.0, 0.0]);
    check_no_adapter(&keys, &[a.clone(), wide], "[inputs, rank] beside [rank, outputs]");
    let other = NewTensor::f32("x", &[1], &[0.0]);
    check_no_adapter(&keys, &[a.clone(), b.clone(), other], "the suffix .lora_a or .lora_b");
    let newer = [keys.as_slice(), &[("rebound.adapter.version", Value::U32(2))]].concat();
    check_no_adapter(&newer, &[a, b], "rebound.adapter.version: expected 1, found U32(2)");
}
