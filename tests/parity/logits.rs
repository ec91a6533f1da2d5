//! Tiny models in full precision: the logits of every position.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use models::gguf::Gguf;
use models::tiny::{self, TinyConfig};
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::decoder::Decoder;

/// More than two windows and more than one block of queries.
const TOKENS: u32 = 150;

static BACKEND: std::sync::LazyLock<LlamaBackend> =
    std::sync::LazyLock::new(|| LlamaBackend::init().unwrap());

fn tokens() -> Vec<u32> {
    (0..TOKENS).map(|index| index * 37 % 250 + 5).collect()
}

fn llama_cpp(path: &Path, tokens: &[u32]) -> Vec<Vec<f32>> {
    let model = LlamaModel::load_from_file(&BACKEND, path, &LlamaModelParams::default()).unwrap();
    let count = u32::try_from(tokens.len()).unwrap();
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(256))
        .with_n_batch(count)
        .with_n_ubatch(count)
        .with_type_k(KvCacheType::F32)
        .with_type_v(KvCacheType::F32)
        .with_flash_attention_policy(llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_DISABLED);
    let mut context = model.new_context(&BACKEND, params).unwrap();
    let mut batch = LlamaBatch::new(tokens.len(), 1);
    for (position, &id) in (0..).zip(tokens) {
        batch.add(LlamaToken::new(id.cast_signed()), position, &[0], true).unwrap();
    }
    context.decode(&mut batch).unwrap();
    (0..).zip(tokens).map(|(row, _)| context.get_logits_ith(row).to_vec()).collect()
}

fn ours(path: &Path, tokens: &[u32]) -> Vec<Vec<f32>> {
    let gguf = Arc::new(Gguf::open(path).unwrap());
    let decoder = Decoder::load(gguf, &Device::flex()).unwrap();
    let rows = decoder.forward(&Batch::new([tokens]), &Adapter::default(), None).unwrap();
    let logits: Vec<f32> = decoder.logits(rows).into_data().try_to_vec().unwrap();
    logits.chunks(decoder.shape().vocabulary).map(<[f32]>::to_vec).collect()
}

fn greatest(row: &[f32]) -> usize {
    (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap()
}

fn check(architecture: &'static str, most: f32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let config = TinyConfig { architecture, layers: 7, seed: 5, ..TinyConfig::default() };
    tiny::write_llama(&path, &config).unwrap();

    let (theirs, ours) = (llama_cpp(&path, &tokens()), ours(&path, &tokens()));

    let mut worst = 0.0_f32;
    for (theirs, ours) in theirs.iter().zip(&ours) {
        let pairs = theirs.iter().zip(ours);
        worst = pairs.map(|(theirs, ours)| (theirs - ours).abs()).fold(worst, f32::max);
        assert_eq!(greatest(theirs), greatest(ours));
    }
    println!("{architecture}: greatest difference of {TOKENS} rows of logits {worst:e}");
    assert!(worst < most, "{architecture}: the logits differ by {worst}");
}

#[test]
fn llama_has_the_logits_of_llama_cpp() {
    check("llama", 1e-3);
}

#[test]
fn qwen2_has_the_logits_of_llama_cpp() {
    check("qwen2", 1e-3);
}

#[test]
fn qwen3_has_the_logits_of_llama_cpp() {
    check("qwen3", 1e-3);
}

/// llama.cpp looks its GELU up in a table of half precision.
#[test]
fn gemma3_has_the_logits_of_llama_cpp_but_for_its_table() {
    check("gemma3", 1e-2);
}
