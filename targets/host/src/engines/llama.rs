//! llama.cpp.

use std::path::Path;

use runtime_engine::Engine;
use runtime_engine::llama::{self, CacheType, LlamaConfig};

use crate::board::Cache;

use super::{Loading, cores, without_device};

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    without_device("llama", loading)?;
    Ok(llama::load(&config(path, loading))?)
}

/// What a file is loaded with.
pub(crate) fn config(path: &Path, loading: &Loading) -> LlamaConfig {
    let mut config = LlamaConfig::new(path);
    config.context_tokens = loading.context_tokens;
    config.cache_tokens = loading.context_tokens.saturating_mul(loading.parallel);
    config.sequences_max = loading.parallel;
    config.threads = loading.threads.unwrap_or(cores());
    config.deterministic = loading.deterministic;
    if let Some(board) = &loading.board {
        config.micro_batch = board.micro_batch;
        config.cache_type = cache_type(board.cache);
    }
    config
}

pub(crate) fn cache_type(cache: Cache) -> CacheType {
    match cache {
        Cache::F32 => CacheType::F32,
        Cache::F16 => CacheType::F16,
        Cache::Q8_0 => CacheType::Q8_0,
    }
}

pub(super) fn devices() -> Vec<String> {
    vec![format!("cpu, {} cores", cores())]
}
