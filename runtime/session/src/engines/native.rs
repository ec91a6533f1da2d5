//! Our own kernels for the processor.

use std::path::Path;

use anyhow::ensure;
use runtime_engine::Engine;
use runtime_engine::native::{self, NativeConfig};

use crate::loading::Loading;

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    ensure!(
        loading.engine.gpu_layers.is_none() && loading.engine.device.is_none(),
        "--gpu-layers and --device are for --engine llama or decoder; native computes on the \
         processor"
    );
    let mut config = NativeConfig::new(path);
    config.threads = super::threads(loading);
    config.context_tokens = loading.context_tokens;
    config.sequences_max = loading.parallel;
    Ok(native::load(&config)?)
}

pub(super) fn devices() -> Vec<String> {
    vec![format!("cpu, {}, {} cores", native::instructions(), super::cores())]
}
