//! llama.cpp.

use std::path::Path;

use runtime_engine::Engine;
use runtime_engine::llama::{self, LlamaConfig};

use super::{Loading, cores, without_device};

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    without_device("llama", loading)?;
    let mut config = LlamaConfig::new(path);
    config.context_tokens = loading.context_tokens;
    config.cache_tokens = loading.context_tokens.saturating_mul(loading.parallel);
    config.sequences_max = loading.parallel;
    config.threads = loading.threads.unwrap_or(cores());
    config.deterministic = loading.deterministic;
    Ok(llama::load(&config)?)
}

pub(super) fn devices() -> Vec<String> {
    vec![format!("cpu, {} cores", cores())]
}
