//! Files that llama.cpp died of, each a tiny model with one thing changed.

use super::*;
use crate::gguf::{Array, GgmlType, NewTensor, Value};

/// A tiny model with a key of the architecture or of the whole changed or added.
fn with_key(key: &str, value: Value) -> Gguf {
    let tiny = Gguf::from_bytes("tiny", crate::tiny::llama(0)).unwrap();
    let mut metadata = tiny.metadata().to_vec();
    metadata.retain(|(known, _)| known != key);
    metadata.push((key.to_owned(), value));
    changed(&tiny, &metadata, |_| {})
}

fn changed(tiny: &Gguf, metadata: &[(String, Value)], change: impl Fn(&mut NewTensor<'_>)) -> Gguf {
    let bytes = crate::tiny::changed(tiny, metadata, change).unwrap();
    Gguf::from_bytes("model.gguf", bytes).unwrap()
}

fn with_tensor(name: &str, change: impl Fn(&mut NewTensor<'_>)) -> Gguf {
    let tiny = Gguf::from_bytes("tiny", crate::tiny::llama(0)).unwrap();
    changed(&tiny, tiny.metadata(), |tensor| {
        if tensor.name == name {
            change(tensor);
        }
    })
}

#[track_caller]
fn check(key: &str, value: Value, expected: &str) {
    let message = head(&with_key(key, value)).unwrap_err().to_string();

    assert_eq!(message, format!("model.gguf: key {key}{expected}"));
}

#[test]
fn whole_models_pass() {
    for architecture in ["llama", "qwen2", "qwen3", "gemma3"] {
        let config = crate::tiny::TinyConfig { architecture, ..Default::default() };
        let gguf = Gguf::from_bytes("tiny", crate::tiny::encode_llama(&config).unwrap()).unwrap();

        head(&gguf).unwrap();
        weights(&gguf).unwrap();
    }
}

#[test]
fn counts_lie_in_their_ranges() {
    let layers = ": expected a whole number from 1 to 512, found ";
    check("llama.block_count", Value::U32(0), &format!("{layers}0"));
    check("llama.block_count", Value::U32(1000), &format!("{layers}1000"));
    check("llama.block_count", Value::F32(2.0), &format!("{layers}an f32"));
    check(
        "llama.context_length",
        Value::U32(u32::MAX),
        ": expected a whole number from 1 to 16777216, found 4294967295",
    );
    check(
        "llama.expert_count",
        Value::U32(5000),
        ": expected a whole number from 0 to 1024, found 5000",
    );
    check(
        "llama.feed_forward_length",
        Value::Array(Array::I32(vec![128, -1])),
        ": expected a whole number from 0 to 16777216, found -1",
    );
    check(
        "llama.whatever",
        Value::U32(u32::MAX),
        ": expected a whole number up to 2147483647, found 4294967295",
    );
}

#[test]
fn counts_agree_with_each_other() {
    check(
        "llama.nextn_predict_layers",
        Value::U32(2),
        ": expected fewer than the 2 layers, found 2",
    );
    check("llama.expert_used_count", Value::U32(3), ": expected some of the 0 experts, found 3");
    check(
        "llama.attention.head_count_kv",
        Value::U32(3),
        ": expected a divisor of 4 heads, found 3",
    );
    check(
        "llama.attention.head_count_kv",
        Value::U32(0),
        ": expected a divisor of 4 heads, found 0",
    );
    check("llama.rope.dimension_count", Value::U32(8), ": expected 16, as keys have, found 8");
    let message = head(&with_key("llama.expert_count", Value::U32(4))).unwrap_err().to_string();
    assert!(message.contains("expert_used_count: expected some of the 4 experts"), "{message}");
}

#[test]
fn fractions_are_finite_and_above_0_where_they_divide() {
    let epsilon = "llama.attention.layer_norm_rms_epsilon";
    for (value, found) in [(f32::NAN, "NaN"), (-1.0, "-1"), (0.0, "0"), (f32::INFINITY, "inf")] {
        let expected = format!(": expected a finite number above 0, found {found}");
        check(epsilon, Value::F32(value), &expected);
    }
    check("llama.logit_scale", Value::F32(f32::NAN), ": expected a finite number, found NaN");
}

#[test]
fn names_alignment_and_parts_are_known_ones() {
    check(
        "llama.rope.scaling.type",
        "wild".into(),
        ": expected one of none, linear, yarn, longrope, found \"wild\"",
    );
    check("general.alignment", Value::U32(1), ": expected 32 to 2097152, found 1");
    check("split.count", Value::U16(3), ": expected a model in one file, found 3 parts");
}

#[test]
fn tokens_are_c_strings_and_as_many_as_their_types() {
    let tiny = Gguf::from_bytes("tiny", crate::tiny::llama(0)).unwrap();
    let mut tokens = tiny.required_texts("tokenizer.ggml.tokens").unwrap().to_vec();
    let count = tokens.len();
    tokens[7] = "a\0b".to_owned();

    check(
        "tokenizer.ggml.tokens",
        Value::Array(Array::Text(tokens.clone())),
        ", token 7: expected a text without NUL, found \"a\\0b\"",
    );
    tokens[7] = String::new();
    tokens[8] = "[EMPTY_7]".to_owned();
    check(
        "tokenizer.ggml.tokens",
        Value::Array(Array::Text(tokens)),
        ", token 8: expected another name than that of an empty token, found \"[EMPTY_7]\"",
    );
    check(
        "tokenizer.ggml.token_type",
        Value::Array(Array::I32(vec![1])),
        &format!(": expected {count} types, found 1"),
    );
}

#[test]
fn tensors_have_the_types_that_their_products_have() {
    let as_whole_numbers = |tensor: &mut NewTensor<'_>| tensor.kind = GgmlType::I32;
    let matrix = head(&with_tensor("blk.0.attn_q.weight", as_whole_numbers)).unwrap_err();
    let norm = head(&with_tensor("blk.0.attn_norm.weight", as_whole_numbers)).unwrap_err();

    assert_eq!(
        matrix.to_string(),
        "model.gguf: tensor blk.0.attn_q.weight: expected F32, F16, BF16 or quantized blocks, \
         found I32"
    );
    assert!(norm.to_string().contains("expected F32, as norms"), "{norm}");
}

#[test]
fn weights_are_finite() {
    let gguf = with_tensor("blk.1.ffn_up.weight", |tensor| {
        tensor.bytes.to_mut()[400..404].copy_from_slice(&f32::NAN.to_le_bytes());
    });

    let message = weights(&gguf).unwrap_err().to_string();

    assert_eq!(
        message,
        "model.gguf: tensor blk.1.ffn_up.weight: expected finite numbers, found NaN at 100"
    );
}

#[test]
fn scales_of_blocks_are_finite() {
    let infinite = 0x7c00_u16.to_le_bytes();
    let mut block = [0_u8; 18];
    block[..2].copy_from_slice(&infinite);
    let two = [[0_u8; 18], block].concat();

    assert_eq!(not_finite(GgmlType::Q4_0, &two).unwrap(), "inf as the scale of block 1");
    assert_eq!(not_finite(GgmlType::Q4_0, &two[..18]), None);
    assert_eq!(not_finite(GgmlType::F16, &[0, 0, 1, 0x7c]).unwrap(), "NaN at 1");
    assert_eq!(not_finite(GgmlType::BF16, &[0, 0, 0x80, 0x7f]).unwrap(), "inf at 1");
}
