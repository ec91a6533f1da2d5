//! The engine of a run that names none.

use models::gguf::Gguf;
use models::manifest;
use runtime_store::run_folder::RunFolder;

use crate::endpoint;
use crate::files;
use crate::kind::RunKind;
use crate::loaded::SCRIPTED;
use crate::options::{RunOptions, file};
use crate::settings::Settings;

const NATIVE: &str = "native";

/// Names the engine in the options of a new run, so that it is kept with the run: that of the
/// run whose first trials are taken, else `native` where it computes all models of the run
/// here; llama.cpp stays unnamed.
pub(crate) fn name_engine(options: RunOptions, kind: RunKind) -> anyhow::Result<RunOptions> {
    let asked = options.engine.is_some()
        || options.board.is_some()
        || options.device.is_some()
        || options.gpu_layers.is_some();
    if asked {
        return Ok(options);
    }
    if let Some(folder) = &options.first_trials {
        let engine = of_run(&RunFolder::new(folder));
        return Ok(RunOptions { engine, ..options });
    }
    let settings = Settings::resolve(&options, kind)?;
    let is_here = |name: &&String| {
        !name.eq_ignore_ascii_case(SCRIPTED) && endpoint::name(name, &settings.engine).is_none()
    };
    let models = [&settings.actor, &settings.retrospective].into_iter().filter(is_here);
    let models: Vec<&String> = models.collect();
    let is_native = !models.is_empty() && models.into_iter().all(|name| computes(name));
    let engine = is_native.then(|| NATIVE.to_owned());
    Ok(RunOptions { engine, ..options })
}

/// The engine that a stored run names.
pub(crate) fn of_run(folder: &RunFolder) -> Option<String> {
    let stored = file::read_stored(&folder.config()).ok()?;
    Some(stored.options.get("engine")?.as_str()?.to_owned())
}

/// Whether our own kernels compute a model faster than llama.cpp: where they have vector
/// instructions, and it is of a family that they know. What is not here is found out later.
#[cfg(feature = "native")]
fn computes(name: &str) -> bool {
    use runtime_engine::native;

    let file = files::models_folder().and_then(|folder| Ok(manifest::resolve(name, &folder)?));
    let gguf = file.ok().and_then(|resolved| Gguf::open(&resolved.path).ok());
    native::is_vectorized() && gguf.is_some_and(|gguf| native::supports(&gguf).is_ok())
}

#[cfg(not(feature = "native"))]
fn computes(_name: &str) -> bool {
    false
}
