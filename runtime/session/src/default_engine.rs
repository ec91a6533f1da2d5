//! The engine of a run that names none, and what a stored run names.

use models::gguf::Gguf;
use models::manifest;
use runtime_store::run_folder::RunFolder;

use crate::endpoint;
use crate::files;
use crate::kind::RunKind;
use crate::loaded::script;
use crate::options::{RunOptions, file};
use crate::program::Surroundings;
use crate::settings::Settings;
use crate::tuning::{self, Choice, Tuned};

const NATIVE: &str = "native";

/// Names the engine in the options of a new run, so that it is kept with the run: that of the
/// run whose first trials are taken, else what was measured to be fastest for its actor on this
/// machine, else `native` where it computes all models of the run here; llama.cpp stays unnamed.
pub(crate) fn name_engine(
    options: RunOptions,
    kind: RunKind,
    surroundings: &Surroundings,
) -> anyhow::Result<RunOptions> {
    let asked = options.engine.is_some()
        || options.board.is_some()
        || options.device.is_some()
        || options.gpu_layers.is_some()
        || options.micro_batch.is_some()
        || options.cache.is_some();
    if asked {
        return Ok(options);
    }
    if let Some(folder) = &options.first_trials {
        let folder = RunFolder::new(folder);
        return Ok(as_in(&folder, options));
    }
    let settings = Settings::resolve(&options, kind)?;
    let is_here =
        |name: &&String| script(name).is_none() && endpoint::name(name, &settings.engine).is_none();
    let models = [&settings.actor, &settings.retrospective].into_iter().filter(is_here);
    let models: Vec<&String> = models.collect();
    let is_native = !models.is_empty() && models.into_iter().all(|name| computes(name));
    let tuned = tuned(&settings.actor)?.filter(|tuned| is_native || tuned.choice.engine != NATIVE);
    if let Some(tuned) = tuned {
        let at_once = format!("; most tokens were computed with --parallel {}", tuned.parallel);
        let at_once = if options.parallel.is_none() { at_once } else { String::new() };
        let Choice { engine, threads, micro_batch, cache } = tuned.choice.clone();
        let said = format!("{}, as measured {}{at_once}", tuned.choice.text(), tuned.measured);
        surroundings.note(&said);
        let threads = options.threads.or(Some(threads));
        return Ok(RunOptions { engine: Some(engine), threads, micro_batch, cache, ..options });
    }
    let engine = is_native.then(|| NATIVE.to_owned());
    Ok(RunOptions { engine, ..options })
}

/// What was measured for a model on this machine, if anything.
fn tuned(name: &str) -> anyhow::Result<Option<Tuned>> {
    if !tuning::exists() || script(name).is_some() {
        return Ok(None);
    }
    // What is not here is found out later.
    let file = files::models_folder().and_then(|folder| Ok(manifest::resolve(name, &folder)?));
    let sha256 = file.ok().and_then(|file| models::checksum::sha256_file(&file.path).ok());
    sha256.map_or(Ok(None), |sha256| tuning::of_model(&sha256))
}

/// The options with the engine that a stored run names, and what it is told.
pub(crate) fn as_in(folder: &RunFolder, options: RunOptions) -> RunOptions {
    let stored = file::read_stored(&folder.config()).ok();
    let stored = stored.and_then(|stored| stored.options.try_into::<RunOptions>().ok());
    let RunOptions { engine, micro_batch, cache, .. } = stored.unwrap_or_default();
    RunOptions { engine, micro_batch, cache, ..options }
}

/// The number of redraws that a stored run names.
pub(crate) fn redraws_of_run(folder: &RunFolder) -> Option<u32> {
    let stored = file::read_stored(&folder.config()).ok()?;
    stored.options.get("redraws")?.as_integer()?.try_into().ok()
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
