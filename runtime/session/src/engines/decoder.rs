//! Our own decoder, on the devices of burn.

use std::path::Path;

use anyhow::{Context, ensure};
use runtime_engine::Engine;
use runtime_engine::decoder::{self, DecoderConfig, devices};

use crate::loading::Loading;

pub(super) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    ensure!(
        loading.engine.gpu_layers.is_none(),
        "--gpu-layers is for --engine llama; the decoder computes every layer on --device"
    );
    let device = loading.engine.device.as_deref().unwrap_or("flex");
    let device = devices::open(device).context("see `rebound devices`")?;
    models::threads::check_startable(super::threads(loading))?;
    // A second model of one program has the threads of the first.
    devices::use_threads(super::threads(loading).get() as usize);
    let mut config = DecoderConfig::new(path, device);
    config.context_tokens = loading.context_tokens;
    config.sequences_max = loading.parallel;
    config.deterministic = loading.deterministic;
    Ok(decoder::load(&config)?)
}

pub(super) fn devices() -> Vec<String> {
    devices::all().into_iter().map(|named| format!("{}, {}", named.name, named.about())).collect()
}
