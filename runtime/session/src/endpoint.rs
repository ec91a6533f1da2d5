//! Models behind an endpoint, and which names mean one.

#[cfg(feature = "remote")]
mod remote;
#[cfg(feature = "remote")]
mod address;
#[cfg(feature = "remote")]
mod dotenv;

use std::sync::Arc;

use anyhow::bail;
use runtime_core::model::LanguageModel;
use runtime_core::spending::Meter;

use crate::approval::Allowed;
use crate::loading::Loading;
use crate::options::EngineOptions;

pub use crate::options::REMOTE;

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

/// The endpoint that is asked, in words; empty if this build knows none.
pub fn known(allowed: Allowed) -> Vec<String> {
    ENDPOINTS.iter().flat_map(|endpoints| (endpoints.known)(allowed)).collect()
}
