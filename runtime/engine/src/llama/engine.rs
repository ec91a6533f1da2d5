//! Loading a model into llama.cpp.

use std::sync::{Arc, LazyLock};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

use super::config::{CacheType, LlamaConfig};
use super::devices;
use super::raw::Model;
use super::role::LlamaRole;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::worker::{AdapterFile, Weights};
use models::vocabulary::Vocabulary;

/// Values that `q8_0` stores with one scale.
const Q8_0_BLOCK: u32 = 32;

/// Checks and loads a model.
#[tracing::instrument(skip_all, fields(path = %config.path.display()))]
pub fn load(config: &LlamaConfig) -> Result<Engine, EngineError> {
    let config = Arc::new(config.clone());
    let (path, context_tokens) = (config.path.clone(), config.context_tokens.get());
    Engine::start(&path, context_tokens, move |vocabulary| {
        let model = Model::new(load_model(&config, vocabulary)?);
        Ok(LlamaWeights { model, config, vocabulary: Arc::clone(vocabulary) })
    })
}

/// A model in llama.cpp.
struct LlamaWeights {
    model: Model,
    config: Arc<LlamaConfig>,
    vocabulary: Arc<Vocabulary>,
}

impl Weights for LlamaWeights {
    type Role<'weights> = LlamaRole<'weights>;

    fn open(&self, adapter: Option<AdapterFile>) -> Result<LlamaRole<'_>, EngineError> {
        let (config, vocabulary) = (Arc::clone(&self.config), Arc::clone(&self.vocabulary));
        LlamaRole::open(&self.model, config, vocabulary, adapter)
    }
}

fn load_model(config: &LlamaConfig, vocabulary: &Vocabulary) -> Result<LlamaModel, EngineError> {
    let path = config.path.clone();
    if !devices::devices().iter().any(|device| device.is_cpu) {
        let reason = "no kernels for this processor; the folder `lib/kernels` of the release \
                      belongs beside the program";
        return Err(EngineError::Load { path, reason: reason.to_owned() });
    }
    let model = LlamaModel::load_from_file(backend(), &path, &devices::params(config)?)
        .map_err(|error| EngineError::Load { path: path.clone(), reason: error.to_string() })?;
    if model.is_recurrent() || model.is_hybrid() {
        return Err(EngineError::Recurrent { path });
    }
    let tokens = usize::try_from(model.n_vocab()).unwrap_or(0);
    if tokens != vocabulary.tokenizer.vocabulary_len() {
        let found = vocabulary.tokenizer.vocabulary_len();
        let reason = format!("it has {tokens} rows of logits for {found} tokens");
        return Err(EngineError::Load { path, reason });
    }
    config.check(model.n_ctx_train())?;
    check_cache(config, &model)?;
    Ok(model)
}

/// Refuses a cache in blocks that a head's keys or values do not fill.
fn check_cache(config: &LlamaConfig, model: &LlamaModel) -> Result<(), EngineError> {
    if config.cache_type != CacheType::Q8_0 {
        return Ok(());
    }
    let family = model.meta_val_str("general.architecture").unwrap_or_default();
    let even = u32::try_from(model.n_embd()).unwrap_or(0) / model.n_head().max(1);
    for name in ["key_length", "value_length"] {
        let said = model.meta_val_str(&format!("{family}.attention.{name}"));
        let width: u32 = said.ok().and_then(|text| text.parse().ok()).unwrap_or(even);
        if !width.is_multiple_of(Q8_0_BLOCK) {
            let reason = format!(
                "its heads are {width} values wide, and a cache of q8_0 holds blocks of \
                 {Q8_0_BLOCK}; choose f16, which is `cache = \"f16\"` in a board's file"
            );
            return Err(EngineError::Load { path: config.path.clone(), reason });
        }
    }
    Ok(())
}

/// llama.cpp, made ready once a process. Its log goes to `tracing`.
pub(crate) fn backend() -> &'static LlamaBackend {
    static BACKEND: LazyLock<LlamaBackend> = LazyLock::new(|| {
        send_logs_to_tracing(LogOptions::default());
        #[cfg(feature = "llama-dynamic")]
        super::kernels::load();
        // Where something else in this process has made it ready, the proof is
        // all that is missing.
        LlamaBackend::init().unwrap_or_else(|_| LlamaBackend {})
    });
    &BACKEND
}
