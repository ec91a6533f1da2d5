//! Models behind an endpoint: which names mean one, and how long it is waited for.

#[cfg(feature = "remote")]
mod remote;
#[cfg(feature = "remote")]
mod address;
#[cfg(feature = "remote")]
mod dotenv;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use runtime_core::model::LanguageModel;
use runtime_core::spending::Meter;

use crate::approval::Allowed;
use crate::engines::{EngineOptions, Loading};
use crate::options::{Amount, RunOptions};

/// The engine that is an endpoint, and how a model's name says that it is behind one.
pub const REMOTE: &str = "remote";

/// How long an endpoint is waited for; `None` for what is usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waits {
    /// Attempts after the first.
    pub retries: Option<u32>,
    /// Before the second attempt.
    pub first_wait: Option<Duration>,
    /// For the connection.
    pub connect: Option<Duration>,
    /// For the answer's beginning.
    pub first_byte: Option<Duration>,
    /// For the whole answer.
    pub whole: Option<Duration>,
}

impl Waits {
    /// What the options say.
    pub(crate) fn resolve(options: &RunOptions) -> anyhow::Result<Self> {
        let duration = |key: &str, seconds: Option<Amount>| {
            let seconds = seconds.map(Amount::get);
            let duration = seconds.map(Duration::try_from_secs_f64).transpose();
            duration.with_context(|| format!("--{key} is no length of time"))
        };
        Ok(Self {
            retries: options.retries,
            first_wait: duration("retry-seconds", options.retry_seconds)?,
            connect: duration("connect-seconds", options.connect_seconds)?,
            first_byte: duration("first-byte-seconds", options.first_byte_seconds)?,
            whole: duration("request-seconds", options.request_seconds)?,
        })
    }
}

/// A model behind an endpoint.
#[derive(Clone)]
pub struct RemoteModel {
    /// Its provider's name for it, which prices go by.
    pub name: String,
    /// Makes one for a worker.
    pub boxed: Arc<MakeModel>,
}

type MakeModel = dyn Fn(Option<&Arc<dyn Meter>>) -> Box<dyn LanguageModel + Send> + Send + Sync;

/// Endpoints, where this build knows them.
struct Endpoints {
    open: fn(&str, &Loading) -> anyhow::Result<RemoteModel>,
    known: fn(Allowed) -> Vec<String>,
}

const ENDPOINTS: &[Endpoints] = &[
    #[cfg(feature = "remote")]
    Endpoints { open: remote::open, known: remote::known },
];

/// The provider's name of a model that is behind an endpoint: `remote:NAME`, or any
/// name where the engine is `remote`.
pub(crate) fn name<'a>(name: &'a str, engine: &EngineOptions) -> Option<&'a str> {
    let prefixed = name.strip_prefix(REMOTE).and_then(|rest| rest.strip_prefix(':'));
    let asked = engine.engine.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(REMOTE));
    prefixed.or(asked.then_some(name))
}

/// A model behind an endpoint, by its provider's name.
pub(crate) fn open(name: &str, loading: &Loading) -> anyhow::Result<RemoteModel> {
    let Some(endpoints) = ENDPOINTS.first() else {
        bail!("this build knows no endpoints; build it with `--features remote`")
    };
    let asked = [
        ("device", loading.engine.device.is_some()),
        ("gpu-layers", loading.engine.gpu_layers.is_some()),
    ];
    if let Some((option, _)) = asked.iter().find(|(_, asked)| *asked) {
        bail!("--{option} is for models on this machine; an endpoint computes where it is");
    }
    (endpoints.open)(name, loading)
}

/// The endpoint that is asked, in words; empty where this build knows none.
pub fn known(allowed: Allowed) -> Vec<String> {
    ENDPOINTS.iter().flat_map(|endpoints| (endpoints.known)(allowed)).collect()
}
