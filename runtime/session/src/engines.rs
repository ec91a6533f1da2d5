//! The engines of this build by name, and how each loads a model.

#[cfg(feature = "llama")]
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
use models::manifest::Manifest;
use runtime_engine::Engine;

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
    /// The bytes of a part beside those already taken.
    reserve: fn(&Path, &Loading, MemoryPart, u64) -> anyhow::Result<u64>,
}

/// The engines of this build, the default first.
const KINDS: &[Kind] = &[
    #[cfg(feature = "llama")]
    Kind {
        name: "llama",
        build: runtime_engine::llama::build,
        load: llama::load,
        devices: llama::devices,
        reserve: fit::reserve,
    },
    #[cfg(feature = "native")]
    Kind {
        name: "native",
        build: runtime_engine::native::build,
        load: native::load,
        devices: native::devices,
        // Its memory cannot be estimated.
        reserve: |_, _, _, _| Ok(0),
    },
    #[cfg(feature = "decoder")]
    Kind {
        name: "decoder",
        build: || concat!("decoder of rebound ", env!("CARGO_PKG_VERSION")).to_owned(),
        load: decoder::load,
        devices: decoder::devices,
        // Its memory cannot be estimated.
        reserve: |_, _, _, _| Ok(0),
    },
];

/// Loads a model according to the options.
pub(crate) fn load(path: &Path, loading: &Loading) -> anyhow::Result<Engine> {
    (kind(loading)?.load)(path, loading).with_context(|| format!("cannot load {}", path.display()))
}

/// Version, build and device of the engine.
pub(crate) fn build(loading: &Loading) -> anyhow::Result<String> {
    let build = (kind(loading)?.build)();
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
    (kind(loading)?.reserve)(path, loading, part, taken)
}

/// What a model with one context takes on a board.
#[cfg(feature = "llama")]
pub use fit::on_board;

/// What a model with one context takes on a board.
#[cfg(not(feature = "llama"))]
pub fn on_board(_path: &Path, _board: &crate::board::Board) -> anyhow::Result<u64> {
    anyhow::bail!("the estimate is of the engine llama, which this build lacks")
}

/// What a listed model takes as a run loads it where nothing else is said; its file need
/// not be here.
#[cfg(feature = "llama")]
pub fn of_listed(manifest: &Manifest) -> Option<u64> {
    Some(fit::of_listed(manifest))
}

/// What a listed model takes as a run loads it where nothing else is said.
#[cfg(not(feature = "llama"))]
pub fn of_listed(_manifest: &Manifest) -> Option<u64> {
    None
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
