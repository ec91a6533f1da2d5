//! Real models: how likely a text is.
//!
//! llama.cpp multiplies quantized weights by activations that it rounds to eight
//! bits; the decoder does not round them. So the same numbers in F32, which
//! llama.cpp does not round either, are what the decoder is held to, and from the
//! quantized file it may be no further than llama.cpp on those numbers is.

use std::path::Path;

use runtime_engine::llama::CacheType;
use tests_needs::{GEMMA, SMOLLM2, weights};

use crate::support::{difference, ids, in_decoder, in_llama, perplexity, write_dense};

const TOKENS: usize = 2000;

/// How many of them llama.cpp also sees in F32, where it is slow.
const DENSE_TOKENS: usize = 500;

/// Nats a token from llama.cpp on the same numbers in F32, mean. Gemma's are more,
/// since llama.cpp looks its GELU up in a table of half precision.
const FROM_DENSE_MAX: f32 = 0.005;

/// How much further from llama.cpp on the quantized file the decoder may be than
/// llama.cpp's own run on the dense one.
const BEYOND_ROUNDING_MAX: f32 = 1.05;

fn check(name: &str) {
    let Some(path) = weights(name) else { return };
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let license = Path::new(env!("CARGO_MANIFEST_DIR")).join("../LICENSE");
    let text = [license, readme].map(|path| std::fs::read_to_string(path).unwrap()).concat();
    let mut tokens = ids(&path, &text);
    tokens.truncate(TOKENS);
    let folder = tempfile::tempdir().unwrap();
    let dense = folder.path().join("dense.gguf");
    write_dense(&path, &dense);

    let ours = in_decoder(&path, None, &tokens);
    let theirs = in_llama(&path, None, &tokens, CacheType::F32);
    let unrounded = in_llama(&dense, None, &tokens[..DENSE_TOKENS], CacheType::F32);

    let (found, first) = (difference(&ours, &theirs), unrounded.len());
    let beyond = difference(&ours[..first], &theirs[..first]);
    let rounding = difference(&unrounded, &theirs[..first]);
    let from_dense = difference(&ours[..first], &unrounded);
    let (a, b) = (perplexity(&theirs), perplexity(&ours));
    println!("{name}, {TOKENS} tokens: perplexity {a:.4} in llama.cpp, {b:.4} here; nats a token");
    println!("  here to llama.cpp {found:.4}; of the first {DENSE_TOKENS} tokens {beyond:.4},");
    println!("  to llama.cpp on F32 {from_dense:.6}, from there to llama.cpp {rounding:.4}");
    assert!((a / b - 1.0).abs() < 0.01, "{name}: perplexity {a} in llama.cpp, {b} here");
    assert!(from_dense <= FROM_DENSE_MAX, "{name}: {from_dense} from the same numbers in F32");
    assert!(beyond <= rounding * BEYOND_ROUNDING_MAX, "{name}: {beyond}, of rounding {rounding}");
}

#[test]
fn smollm2_finds_a_text_as_likely_as_llama_cpp_does() {
    check(SMOLLM2);
}

#[test]
fn gemma_finds_a_text_as_likely_as_llama_cpp_does() {
    check(GEMMA);
}
