//! The folders of the program's files: models, data, adapters, approvals.

use std::path::PathBuf;

use anyhow::Context;

/// Folder of model files: `REBOUND_MODELS`, else `rebound/models` in the user's
/// cache.
pub fn models_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("REBOUND_MODELS") {
        return Ok(folder.into());
    }
    let cache = dirs::cache_dir();
    let cache = cache.context("there is no cache folder; set REBOUND_MODELS to a folder")?;
    Ok(cache.join("rebound").join("models"))
}

/// Folder of installed adapters: `REBOUND_ADAPTERS`, else `rebound/adapters` in
/// the user's data.
pub fn adapters_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("REBOUND_ADAPTERS") {
        return Ok(folder.into());
    }
    let data = dirs::data_dir();
    let data = data.context("there is no data folder; set REBOUND_ADAPTERS to a folder")?;
    Ok(data.join("rebound").join("adapters"))
}

/// Folder of the adapters that were installed for a model, by its sha256.
pub fn slots_folder(model_sha256: &str) -> anyhow::Result<PathBuf> {
    Ok(adapters_folder()?.join(model_sha256))
}

/// The commands that may be started on this machine: `REBOUND_APPROVALS`, else
/// `rebound/approved-commands` in the user's data.
pub fn approvals_file() -> anyhow::Result<PathBuf> {
    if let Some(file) = std::env::var_os("REBOUND_APPROVALS") {
        return Ok(file.into());
    }
    let data = dirs::data_dir();
    let data = data.context("there is no data folder; set REBOUND_APPROVALS to a file")?;
    Ok(data.join("rebound").join("approved-commands"))
}

/// What `rebound doctor --tune` measured: `REBOUND_TUNING`, else `rebound/tuning.toml` in the
/// user's data.
pub fn tuning_file() -> anyhow::Result<PathBuf> {
    if let Some(file) = std::env::var_os("REBOUND_TUNING") {
        return Ok(file.into());
    }
    let data = dirs::data_dir().context("there is no data folder; set REBOUND_TUNING to a file")?;
    Ok(data.join("rebound").join("tuning.toml"))
}

/// Folder of what the demo plays: `rebound/demo` in the user's cache.
pub fn demo_folder() -> anyhow::Result<PathBuf> {
    let cache = dirs::cache_dir().context("there is no cache folder; set XDG_CACHE_HOME to one")?;
    Ok(cache.join("rebound").join("demo"))
}

/// Folder of data sets: what was asked for, else `REBOUND_DATA`, else `rebound/data` in the user's
/// data, where the user has one.
pub fn data_folder(asked: Option<PathBuf>) -> Option<PathBuf> {
    let named = || std::env::var_os("REBOUND_DATA").map(PathBuf::from);
    asked.or_else(named).or_else(|| Some(dirs::data_dir()?.join("rebound").join("data")))
}
