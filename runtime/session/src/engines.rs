//! The engines of this build by name, and how each loads a model.

mod fit;
#[cfg(feature = "llama")]
mod llama;
#[cfg(feature = "native")]
mod native;
#[cfg(feature = "decoder")]
mod decoder;
mod threads;

use std::path::Path;

use anyhow::Context;
use models::gguf::Gguf;
use models::manifest::Manifest;
use runtime_engine::{Engine, MemoryEstimate};

use crate::board::Board;
use crate::loading::Loading;
use crate::wrong::Wrong;

/// A part of a model's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryPart {
    /// The weights and a first context.
    Model,
    /// A further context for an adapter.
    Adapter,
}

/// An engine: its name, how it loads a file, and its devices.
struct Kind {
    name: &'static str,
    /// Its version and build.
    build: fn() -> String,
    load: fn(&Path, &Loading) -> anyhow::Result<Engine>,
    devices: fn() -> Vec<String>,
    /// What a model takes of memory; `None` where that cannot be estimated.
    estimate: Option<Estimate>,
    /// How a child loads a file; `None` where the engine is ours, whose failures are errors.
    foreign: Option<Foreign>,
}

/// An engine that ends the program where a file is not what it takes it for.
#[derive(Clone, Copy)]
pub(crate) struct Foreign {
    /// What a file is loaded with, as text, but for what does not matter to whether it loads.
    pub(crate) settings: fn(&Path, &Loading) -> String,
    /// Loads a file with these settings, on the processor.
    pub(crate) load: fn(&Path, &str) -> anyhow::Result<Engine>,
}

/// What a model takes of memory as it would be loaded.
type Estimate = fn(&Gguf, &Path, &Loading) -> anyhow::Result<MemoryEstimate>;

/// The engines of this build, the default first.
const KINDS: &[Kind] = &[
    #[cfg(feature = "llama")]
    Kind {
        name: "llama",
        build: runtime_engine::llama::build,
        load: llama::load,
        devices: llama::devices,
        estimate: Some(llama::estimate),
        foreign: Some(Foreign { settings: llama::settings, load: llama::load_as_told }),
    },
    #[cfg(feature = "native")]
    Kind {
        name: "native",
        build: runtime_engine::native::build,
        load: native::load,
        devices: native::devices,
        estimate: Some(native::estimate),
        foreign: None,
    },
    #[cfg(feature = "decoder")]
    Kind {
        name: "decoder",
        build: || concat!("decoder of rebound ", env!("CARGO_PKG_VERSION")).to_owned(),
        load: decoder::load,
        devices: decoder::devices,
        estimate: None,
        foreign: None,
    },
];

/// Loads a model according to the options.
pub(crate) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    (kind(loading)?.load)(path, loading).with_context(|| format!("cannot load {}", path.display()))
}

/// How a child loads a file with the engine of these options, if that is foreign code.
pub(crate) fn foreign(loading: &Loading) -> anyhow::Result<Option<Foreign>> {
    Ok(kind(loading)?.foreign)
}

/// The engines of this build that are foreign code.
pub(crate) fn all_foreign() -> impl Iterator<Item = (&'static str, Foreign)> {
    KINDS.iter().filter_map(|kind| Some((kind.name, kind.foreign?)))
}

/// Version and build of the engine.
pub(crate) fn build_of(loading: &Loading) -> anyhow::Result<String> {
    Ok((kind(loading)?.build)())
}

/// The name of the engine of these options.
pub(crate) fn name(loading: &Loading) -> anyhow::Result<&'static str> {
    Ok(kind(loading)?.name)
}

/// Version, build and device of the engine.
pub(crate) fn build(loading: &Loading) -> anyhow::Result<String> {
    let build = build_of(loading)?;
    let device = loading.engine.device.as_ref().map(|device| format!(", on {device}"));
    Ok(build + &device.unwrap_or_default())
}

/// The number of threads of an engine.
pub(crate) use threads::of as threads;

/// The cores that this program may use, with the second threads of each.
pub(crate) use models::threads::threads_allowed as cores;

/// The bytes that a part of a model takes beside `taken` others; refused where the
/// board does not give them, 0 where no board was named.
pub(crate) fn reserve(
    path: &Path,
    loading: &Loading,
    part: MemoryPart,
    taken: u64,
) -> anyhow::Result<u64> {
    match kind(loading)?.estimate {
        Some(estimate) => fit::reserve(estimate, path, loading, part, taken),
        None => Ok(0),
    }
}

/// The bytes that a part of a model takes; `None` where that cannot be estimated.
pub(crate) fn estimated(path: &Path, loading: &Loading, part: MemoryPart) -> Option<u64> {
    let estimate = kind(loading).ok()?.estimate?;
    let memory = estimate(&Gguf::open(path).ok()?, path, loading).ok()?;
    Some(fit::of_part(memory, part))
}

/// What a model with one context takes on a board.
pub fn on_board(path: &Path, board: &Board) -> anyhow::Result<u64> {
    let loading = Loading::on_board(board.clone());
    let kind = kind(&loading)?;
    let estimate = kind.estimate.with_context(|| format!("{} has no estimate", kind.name))?;
    Ok(estimate(&Gguf::open(path)?, path, &loading)?.total())
}

/// What a listed model takes as llama.cpp loads it where nothing else is said; its file need
/// not be here.
pub fn of_listed(manifest: &Manifest) -> Option<u64> {
    #[cfg(feature = "llama")]
    return Some(llama::of_listed(manifest));
    #[cfg(not(feature = "llama"))]
    {
        let _ = manifest;
        None
    }
}

fn kind(loading: &Loading) -> anyhow::Result<&'static Kind> {
    let kind = match &loading.engine.engine {
        None => KINDS.first(),
        Some(name) => KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(name)),
    };
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let found = loading.engine.engine.as_deref().unwrap_or_default();
    let names = names.join(", ");
    kind.with_context(|| {
        Wrong(format!(
            "there is no engine `{found}`; this build has {names}, others come with --features of \
             cargo"
        ))
    })
}

/// Each engine's name, and its version and kernels.
pub fn builds() -> Vec<(&'static str, String)> {
    KINDS.iter().map(|kind| (kind.name, (kind.build)())).collect()
}

/// Each engine's name and devices.
pub fn devices() -> Vec<(&'static str, Vec<String>)> {
    KINDS.iter().map(|kind| (kind.name, (kind.devices)())).collect()
}
