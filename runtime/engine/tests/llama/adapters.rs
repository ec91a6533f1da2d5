//! Adapters that come and go.

use std::path::PathBuf;

use models::gguf::{NewTensor, Value};
use runtime_core::model::LanguageModel;
use runtime_engine::EngineError;

use crate::support::{Tiny, chat, greedy};

const RANK: u64 = 4;

/// Writes an adapter of the first layer's queries; returns its path.
fn adapter(tiny: &Tiny, name: &str, architecture: &str, embedding: u64) -> PathBuf {
    let metadata = [
        ("general.type", Value::from("adapter")),
        ("general.architecture", Value::from(architecture)),
        ("adapter.type", Value::from("lora")),
        ("adapter.lora.alpha", Value::F32(4.0)),
    ];
    let metadata: Vec<(String, Value)> =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let values = |count: u64| -> Vec<f32> {
        (0..count).map(|index| ((index * 37 % 101) as f32 - 50.0) / 100.0).collect()
    };
    let count = embedding * RANK;
    let tensors = [
        NewTensor::f32("blk.0.attn_q.weight.lora_a", &[embedding, RANK], &values(count)),
        NewTensor::f32("blk.0.attn_q.weight.lora_b", &[RANK, embedding], &values(count)),
    ];
    let path = tiny.folder.path().join(name);
    std::fs::write(&path, models::gguf::encode(&metadata, &tensors).unwrap()).unwrap();
    path
}

#[test]
fn an_adapter_changes_scores_and_leaves_no_trace() {
    let tiny = Tiny::new();
    let bare = tiny.handle();
    let ids: Vec<u32> = (40..90).collect();
    let before = bare.score(&ids).unwrap();

    let path = adapter(&tiny, "a.gguf", "llama", 64);
    let adapted = tiny.engine.role(Some((&path, 1.0))).unwrap();
    let with_adapter = adapted.score(&ids).unwrap();
    let meanwhile = bare.score(&ids).unwrap();
    let weaker = tiny.engine.role(Some((&path, 0.5))).unwrap().score(&ids).unwrap();
    drop(adapted);
    let after = bare.score(&ids).unwrap();

    assert_ne!(with_adapter, before);
    assert_ne!(weaker, before);
    assert_ne!(weaker, with_adapter);
    assert_eq!(meanwhile, before);
    assert_eq!(after, before);
}

#[test]
fn an_adapter_at_scale_0_changes_nothing() {
    let tiny = Tiny::new();
    let ids: Vec<u32> = (40..90).collect();
    let path = adapter(&tiny, "a.gguf", "llama", 64);

    let scores = tiny.engine.role(Some((&path, 0.0))).unwrap().score(&ids).unwrap();

    assert_eq!(scores, tiny.handle().score(&ids).unwrap());
}

#[test]
fn an_answer_names_the_adapter_that_wrote_it() {
    let tiny = Tiny::new();
    let path = adapter(&tiny, "a.gguf", "llama", 64);
    let mut adapted = tiny.engine.role(Some((&path, 1.0))).unwrap();

    let generation = adapted.generate(&greedy(chat("look"))).unwrap();

    let sha256 = adapted.identity().adapter_sha256.unwrap();
    assert_eq!(sha256.len(), 64);
    assert_eq!(generation.adapter, Some(sha256));
    assert_eq!(tiny.handle().identity().adapter_sha256, None);
    assert_eq!(tiny.handle().identity().sha256.len(), 64);
}

#[test]
fn adapters_come_and_go_while_others_answer() {
    let tiny = Tiny::new();
    let mut bare = tiny.handle();
    let path = adapter(&tiny, "a.gguf", "llama", 64);
    let expected = bare.generate(&greedy(chat("look"))).unwrap().text;

    for _ in 0..20 {
        let ticket = bare.submit(&greedy(chat("look")));
        let mut adapted = tiny.engine.role(Some((&path, 1.0))).unwrap();
        adapted.generate(&greedy(chat("look"))).unwrap();
        drop(adapted);
        assert_eq!(ticket.wait().unwrap().text, expected);
    }
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let tiny = Tiny::new();
    let other_architecture = adapter(&tiny, "b.gguf", "qwen2", 64);
    let other_shape = adapter(&tiny, "c.gguf", "llama", 32);
    let no_gguf = tiny.folder.path().join("d.gguf");
    std::fs::write(&no_gguf, b"nothing").unwrap();

    for path in [other_architecture, other_shape, no_gguf] {
        let refused = tiny.engine.role(Some((&path, 1.0)));
        assert!(matches!(refused, Err(EngineError::Adapter { .. })), "{}", path.display());
    }
    assert!(tiny.handle().generate(&greedy(chat("still there?"))).is_ok());
}
