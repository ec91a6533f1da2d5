//! Models behind an endpoint, asked as the options say.

use std::sync::Arc;

use anyhow::ensure;
use runtime_core::spending::Meter;
use runtime_engine::remote::{ClearText, Remote, RemoteConfig};
use runtime_evaluation::listener::{Listener as _, News};

use super::RemoteModel;
use super::address::endpoint;
use crate::approval::Allowed;
use crate::loading::Loading;

pub(super) fn open(name: &str, loading: &Loading) -> anyhow::Result<RemoteModel> {
    ensure!(!name.is_empty(), "the model behind the endpoint has no name: say remote:NAME");
    let endpoint = endpoint(clear_text(loading.allowed))?;
    let mut config = RemoteConfig::new(endpoint, name, loading.context_tokens);
    let waits = loading.waits;
    config.parallel = loading.parallel;
    config.stop = Arc::clone(&loading.surroundings.stop);
    config.patience.retries = waits.retries.unwrap_or(config.patience.retries);
    config.patience.first_wait = waits.first_wait.unwrap_or(config.patience.first_wait);
    config.time_limits.connect = waits.connect.unwrap_or(config.time_limits.connect);
    config.time_limits.first_byte = waits.first_byte.unwrap_or(config.time_limits.first_byte);
    config.time_limits.whole = waits.whole.unwrap_or(config.time_limits.whole);
    let surroundings = loading.surroundings.clone();
    let remote = Remote::new(config)
        .heard_by(Arc::new(move |retry: &_| surroundings.hear(News::Retry(retry))));
    let boxed = move |meter: Option<&Arc<dyn Meter>>| match meter {
        None => Box::new(remote.clone()) as _,
        Some(meter) => Box::new(remote.metered(Arc::clone(meter))) as _,
    };
    Ok(RemoteModel { name: name.into(), boxed: Arc::new(boxed) })
}

pub(super) fn known(allowed: Allowed) -> Vec<String> {
    let described = endpoint(clear_text(allowed)).map(|endpoint| {
        let key = if endpoint.has_key() { "with a key" } else { "without a key" };
        format!("{}, {key}", endpoint.base_url())
    });
    vec![described.unwrap_or_else(|error| format!("none: {error:#}"))]
}

fn clear_text(allowed: Allowed) -> ClearText {
    if allowed.allow_http { ClearText::Private } else { ClearText::Loopback }
}
