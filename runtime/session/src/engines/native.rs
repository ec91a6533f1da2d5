//! Our own kernels for the processor.

use std::path::Path;

use anyhow::ensure;
use models::gguf::Gguf;
use runtime_engine::native::{self, NativeConfig};
use runtime_engine::{Engine, MemoryEstimate};

use crate::loading::Loading;

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    ensure!(
        loading.engine.gpu_layers.is_none() && loading.engine.device.is_none(),
        "--gpu-layers and --device are for --engine llama or decoder; native computes on the \
         processor"
    );
    let threads = super::threads(loading);
    Ok(native::load(&NativeConfig { threads, ..config(path, loading) })?)
}

/// What a model with one adapter, or without, takes.
pub(super) fn estimate(
    gguf: &Gguf,
    path: &Path,
    loading: &Loading,
) -> anyhow::Result<MemoryEstimate> {
    Ok(native::estimate(gguf, &config(path, loading))?)
}

/// What a file is loaded with, on one thread.
fn config(path: &Path, loading: &Loading) -> NativeConfig {
    let mut config = NativeConfig::new(path);
    config.context_tokens = loading.context_tokens;
    config.sequences_max = loading.parallel;
    if let Some(board) = &loading.board {
        config.batch_tokens = board.micro_batch;
    }
    config
}

pub(super) fn devices() -> Vec<String> {
    vec![format!("cpu, {}, {} cores", native::instructions(), super::cores())]
}
