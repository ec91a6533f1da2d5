//! llama.cpp.

use std::num::NonZeroU32;
use std::path::Path;

use anyhow::Context;
use models::gguf::Gguf;
use models::manifest::Manifest;
use runtime_engine::llama::{self, CacheType, LlamaConfig};
use runtime_engine::{Engine, MemoryEstimate};
use serde::{Deserialize, Serialize};

use super::cores;
use crate::board::CacheFormat;
use crate::loading::Loading;

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    Ok(llama::load(&config(path, loading))?)
}

/// What decides whether a file loads, as a child is told: neither threads nor the device, since a
/// child computes on the processor alone.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    context_tokens: NonZeroU32,
    cache_tokens: NonZeroU32,
    sequences_max: NonZeroU32,
    micro_batch: NonZeroU32,
    cache: CacheFormat,
    deterministic: bool,
}

/// What a file is loaded with, as text.
pub(super) fn settings(path: &Path, loading: &Loading) -> String {
    let LlamaConfig { context_tokens, cache_tokens, sequences_max, micro_batch, .. } =
        with_limits(path, loading);
    let (cache, deterministic) = (cache(loading), loading.deterministic);
    let told =
        Told { context_tokens, cache_tokens, sequences_max, micro_batch, cache, deterministic };
    serde_json::to_string(&told).unwrap_or_default()
}

/// Loads a file with these settings, on the processor.
pub(super) fn load_as_told(path: &Path, settings: &str) -> anyhow::Result<Engine> {
    let told: Told = serde_json::from_str(settings).context("it is told wrong settings")?;
    let mut config = LlamaConfig::new(path);
    config.context_tokens = told.context_tokens;
    config.cache_tokens = told.cache_tokens;
    config.sequences_max = told.sequences_max;
    config.micro_batch = told.micro_batch;
    config.cache_type = cache_type(told.cache);
    config.deterministic = told.deterministic;
    config.gpu_layers = Some(0);
    Ok(llama::load(&config)?)
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
    let mut config = with_limits(path, loading);
    config.threads = super::threads(loading);
    config.device.clone_from(&loading.engine.device);
    config.gpu_layers = loading.engine.gpu_layers;
    config
}

/// The same but for threads and devices.
fn with_limits(path: &Path, loading: &Loading) -> LlamaConfig {
    let mut config = LlamaConfig::new(path);
    config.context_tokens = loading.context_tokens;
    config.cache_tokens = loading.context_tokens.saturating_mul(loading.parallel);
    config.sequences_max = loading.parallel;
    config.deterministic = loading.deterministic;
    config.cache_type = cache_type(cache(loading));
    if let Some(board) = &loading.board {
        config.micro_batch = board.micro_batch;
    }
    if let Some(micro_batch) = loading.engine.micro_batch {
        config.micro_batch = micro_batch;
    }
    config
}

/// How keys and values are stored.
fn cache(loading: &Loading) -> CacheFormat {
    let of_board = loading.board.as_ref().map(|board| board.cache);
    loading.engine.cache.or(of_board).unwrap_or(CacheFormat::F16)
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
