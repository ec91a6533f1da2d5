//! Loading a model into the native engine.

use std::sync::Arc;

use models::held::HeldFile;
use models_native::transformer::{Transformer, instructions};
use runtime_core::error::with_sources;

use super::config::NativeConfig;
use super::weights::{Adapted, NativeWeights};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::transformer::TransformerRole;
use crate::worker::{CheckedAdapter, Weights};

/// Checks and loads a model.
#[tracing::instrument(skip_all, fields(path = %config.path.display()))]
pub fn load(config: &NativeConfig) -> Result<Engine, EngineError> {
    let config = config.clone();
    let (path, context_tokens) = (config.path.clone(), config.context_tokens.get());
    Engine::start(&path, context_tokens, move |from| {
        let refused = |reason: String| EngineError::Load { path: config.path.clone(), reason };
        models::threads::check_startable(config.threads)?;
        let gguf = from.file.gguf()?;
        let threads = usize::try_from(config.threads.get()).unwrap_or(usize::MAX);
        let transformer =
            Transformer::load(gguf, threads).map_err(|error| refused(with_sources(&error)))?;
        let shape = transformer.shape();
        crate::transformer::check_context(config.context_tokens, shape.context_tokens)?;
        let (rows, tokens) = (shape.vocabulary, from.vocabulary.tokenizer.vocabulary_len());
        if rows != tokens {
            return Err(refused(format!("it has {rows} rows of logits for {tokens} tokens")));
        }
        let (vocabulary, file) = (Arc::clone(&from.vocabulary), Arc::clone(&from.file));
        Ok(NativeWeights { transformer, config, vocabulary, file })
    })
}

/// The version of the kernels, and the instructions that they use here.
pub fn build() -> String {
    format!("native of rebound {}, {}", env!("CARGO_PKG_VERSION"), instructions())
}

impl Weights for NativeWeights {
    type Role<'weights> = TransformerRole<Adapted<'weights>>;

    fn file(&self) -> &Arc<HeldFile> {
        &self.file
    }

    fn open(&self, file: Option<CheckedAdapter>) -> Result<Self::Role<'_>, EngineError> {
        let adapter = file.as_ref().map(|file| self.adapter(file)).transpose()?;
        let adapter = adapter.unwrap_or_default();
        let settings = self.queue_settings(file.as_ref());
        let role = Adapted { transformer: &self.transformer, adapter };
        Ok(TransformerRole::new(role, settings, file))
    }
}
