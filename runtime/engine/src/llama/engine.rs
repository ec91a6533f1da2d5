//! Loading a model into llama.cpp.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;

use super::backend::backend;
use super::config::LlamaConfig;
use super::devices;
use super::memory::check_cache;
use super::raw::RawModel;
use super::role::LlamaRole;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::worker::{CheckedAdapter, Weights};
use models::gguf::Gguf;
use models::vocabulary::Vocabulary;

/// Checks and loads a model.
#[tracing::instrument(skip_all, fields(path = %config.path.display()))]
pub fn load(config: &LlamaConfig) -> Result<Engine, EngineError> {
    let config = Arc::new(config.clone());
    let (path, context_tokens) = (config.path.clone(), config.context_tokens.get());
    Engine::start(&path, context_tokens, move |vocabulary| {
        let model = RawModel::new(load_model(&config, vocabulary)?);
        Ok(LlamaWeights { model, config, vocabulary: Arc::clone(vocabulary) })
    })
}

/// A model in llama.cpp.
struct LlamaWeights {
    model: RawModel,
    config: Arc<LlamaConfig>,
    vocabulary: Arc<Vocabulary>,
}

impl Weights for LlamaWeights {
    type Role<'weights> = LlamaRole<'weights>;

    fn open(&self, adapter: Option<CheckedAdapter>) -> Result<LlamaRole<'_>, EngineError> {
        let (config, vocabulary) = (Arc::clone(&self.config), Arc::clone(&self.vocabulary));
        LlamaRole::open(&self.model, config, vocabulary, adapter)
    }
}

fn load_model(config: &LlamaConfig, vocabulary: &Vocabulary) -> Result<LlamaModel, EngineError> {
    models::threads::check_startable(config.threads)?;
    let path = config.path.clone();
    if !devices::devices().iter().any(|device| device.is_cpu) {
        let reason = "no kernels for this processor; the folder `lib/kernels` of the release \
                      belongs beside the program";
        return Err(EngineError::Load { path, reason: reason.to_owned() });
    }
    check_cache(&Gguf::open(&config.path)?, config.cache_type)
        .map_err(|reason| EngineError::Load { path: path.clone(), reason })?;
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
    Ok(model)
}
