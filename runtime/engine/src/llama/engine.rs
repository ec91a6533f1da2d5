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
use crate::shared::ModelFile;
use crate::worker::{CheckedAdapter, Weights};
use models::held::HeldFile;
use models::vocabulary::Vocabulary;

/// Checks and loads a model.
#[tracing::instrument(skip_all, fields(path = %config.path.display()))]
pub fn load(config: &LlamaConfig) -> Result<Engine, EngineError> {
    let config = Arc::new(config.clone());
    let (path, context_tokens) = (config.path.clone(), config.context_tokens.get());
    Engine::start(&path, context_tokens, move |from| {
        let model = RawModel::new(load_model(&config, from)?);
        let ModelFile { vocabulary, file } = from;
        let (vocabulary, file) = (Arc::clone(vocabulary), Arc::clone(file));
        Ok(LlamaWeights { model, config, vocabulary, file })
    })
}

/// A model in llama.cpp.
struct LlamaWeights {
    model: RawModel,
    config: Arc<LlamaConfig>,
    vocabulary: Arc<Vocabulary>,
    file: Arc<HeldFile>,
}

impl Weights for LlamaWeights {
    type Role<'weights> = LlamaRole<'weights>;

    fn file(&self) -> &Arc<HeldFile> {
        &self.file
    }

    fn open(&self, adapter: Option<CheckedAdapter>) -> Result<LlamaRole<'_>, EngineError> {
        let (vocabulary, file) = (Arc::clone(&self.vocabulary), Arc::clone(&self.file));
        let from = ModelFile { vocabulary, file };
        LlamaRole::open(&self.model, Arc::clone(&self.config), from, adapter)
    }
}

fn load_model(config: &LlamaConfig, from: &ModelFile) -> Result<LlamaModel, EngineError> {
    models::threads::check_startable(config.threads)?;
    let path = config.path.clone();
    if !devices::devices().iter().any(|device| device.is_cpu) {
        let reason = "no kernels for this processor; the folder `lib/kernels` of the release \
                      belongs beside the program";
        return Err(EngineError::Load { path, reason: reason.to_owned() });
    }
    check_cache(&from.file.gguf()?, config.cache_type)
        .map_err(|reason| EngineError::Load { path: path.clone(), reason })?;
    let model = LlamaModel::load_from_file(backend(), from.file.place(), &devices::params(config)?)
        .map_err(|error| EngineError::Load { path: path.clone(), reason: error.to_string() })?;
    if model.is_recurrent() || model.is_hybrid() {
        return Err(EngineError::Recurrent { path });
    }
    let tokens = usize::try_from(model.n_vocab()).unwrap_or(0);
    let tokenizer = &from.vocabulary.tokenizer;
    if tokens != tokenizer.vocabulary_len() {
        let found = tokenizer.vocabulary_len();
        let reason = format!("it has {tokens} rows of logits for {found} tokens");
        return Err(EngineError::Load { path, reason });
    }
    config.check(model.n_ctx_train())?;
    Ok(model)
}
