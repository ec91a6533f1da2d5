//! llama.cpp.

use std::path::Path;

use models::gguf::Gguf;
use models::manifest::Manifest;
use runtime_engine::llama::{self, CacheType, LlamaConfig};
use runtime_engine::{Engine, MemoryEstimate};

use super::cores;
use crate::board::CacheFormat;
use crate::loading::Loading;

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    Ok(llama::load(&config(path, loading))?)
}

/// What a model with one context takes.
pub(super) fn estimate(
    gguf: &Gguf,
    path: &Path,
    loading: &Loading,
) -> anyhow::Result<MemoryEstimate> {
    let config = config(path, loading);
    llama::check_cache(gguf, config.cache_type).map_err(anyhow::Error::msg)?;
    Ok(llama::estimate(gguf, &config)?)
}

/// What a listed model takes with one context of the usual length, in bytes; its file need not
/// be here.
pub(super) fn of_listed(manifest: &Manifest) -> u64 {
    let config = LlamaConfig::new(Path::new(&manifest.file));
    llama::estimate_of(&manifest.shape, manifest.bytes, &config).total()
}

/// What a file is loaded with.
fn config(path: &Path, loading: &Loading) -> LlamaConfig {
    let mut config = LlamaConfig::new(path);
    config.context_tokens = loading.context_tokens;
    config.cache_tokens = loading.context_tokens.saturating_mul(loading.parallel);
    config.sequences_max = loading.parallel;
    config.threads = super::threads(loading);
    config.deterministic = loading.deterministic;
    config.device.clone_from(&loading.engine.device);
    config.gpu_layers = loading.engine.gpu_layers;
    if let Some(board) = &loading.board {
        config.micro_batch = board.micro_batch;
        config.cache_type = cache_type(board.cache);
    }
    if let Some(micro_batch) = loading.engine.micro_batch {
        config.micro_batch = micro_batch;
    }
    if let Some(cache) = loading.engine.cache {
        config.cache_type = cache_type(cache);
    }
    config
}

fn cache_type(cache: CacheFormat) -> CacheType {
    match cache {
        CacheFormat::F32 => CacheType::F32,
        CacheFormat::F16 => CacheType::F16,
        CacheFormat::Q8_0 => CacheType::Q8_0,
    }
}

pub(super) fn devices() -> Vec<String> {
    let told = |device: llama::LlamaDevice| match device.memory_bytes {
        _ if device.is_cpu => format!("{}, {}, {} cores", device.name, device.about, cores()),
        0 => format!("{}, {}", device.name, device.about),
        bytes => format!("{}, {}, {:.1} GB", device.name, device.about, bytes as f64 / 1e9),
    };
    llama::devices().into_iter().map(told).collect()
}
