//! Models behind an endpoint, as the environment or a `.env` file names it.
//!
//! The file is read and never loaded into the environment, where a key would be
//! inherited by whatever is started.

use std::env::VarError;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use runtime_core::spending::Meter;
use runtime_engine::remote::{ApiKey, Endpoint, Remote, RemoteConfig};

use super::RemoteModel;
use crate::engines::Loading;

const KEY: &str = "OPENAI_API_KEY";
const BASE_URL: &str = "OPENAI_BASE_URL";
const OPENAI: &str = "https://api.openai.com/v1";

pub(super) fn open(name: &str, loading: &Loading) -> anyhow::Result<RemoteModel> {
    ensure!(!name.is_empty(), "the model behind the endpoint has no name: say remote:NAME");
    let mut config = RemoteConfig::new(endpoint()?, name, loading.context_tokens);
    let waits = loading.waits;
    config.parallel = loading.parallel;
    config.patience.retries = waits.retries.unwrap_or(config.patience.retries);
    config.patience.first_wait = waits.first_wait.unwrap_or(config.patience.first_wait);
    config.time_limits.connect = waits.connect.unwrap_or(config.time_limits.connect);
    config.time_limits.first_byte = waits.first_byte.unwrap_or(config.time_limits.first_byte);
    config.time_limits.whole = waits.whole.unwrap_or(config.time_limits.whole);
    let remote = Remote::new(config);
    let boxed = move |meter: Option<&Arc<dyn Meter>>| match meter {
        None => Box::new(remote.clone()) as _,
        Some(meter) => Box::new(remote.metered(Arc::clone(meter))) as _,
    };
    Ok(RemoteModel { name: name.into(), boxed: Arc::new(boxed) })
}

pub(super) fn known() -> Vec<String> {
    let described = endpoint().map(|endpoint| {
        let key = if endpoint.has_key() { "with a key" } else { "without a key" };
        format!("{}, {key}", endpoint.host())
    });
    vec![described.unwrap_or_else(|error| format!("none: {error:#}"))]
}

fn endpoint() -> anyhow::Result<Endpoint> {
    let key = setting(KEY)?.as_deref().and_then(ApiKey::new);
    let base_url = setting(BASE_URL)?.filter(|base_url| !base_url.trim().is_empty());
    if key.is_none() && base_url.is_none() {
        bail!("set {KEY}, or {BASE_URL} for an endpoint that needs no key; a file .env will do");
    }
    let base_url = base_url.unwrap_or_else(|| OPENAI.into());
    Endpoint::new(&base_url, key).with_context(|| format!("{BASE_URL} or {KEY} cannot be used"))
}

/// A variable of the environment, or else of the nearest `.env` file. Errors do
/// not repeat what they are about.
fn setting(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => return Ok(Some(value)),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not text"),
        Err(VarError::NotPresent) => {}
    }
    let lines = match dotenvy::dotenv_iter() {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(None),
        Err(_) => bail!("the file .env cannot be read"),
    };
    for (index, line) in lines.enumerate() {
        match line {
            Ok((found, value)) if found == name => return Ok(Some(value)),
            Ok(_) => {}
            Err(_) => bail!("the file .env has no NAME=VALUE as its entry {}", index + 1),
        }
    }
    Ok(None)
}
