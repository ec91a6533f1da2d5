//! A model's weights in memory, and loading of adapters.

use std::sync::Arc;

use models::held::HeldFile;
use models::vocabulary::Vocabulary;
use models_native::adapter::Adapter;
use models_native::batch::{Part, Wanted};
use models_native::cache::Cache;
use models_native::error::NativeError;
use models_native::transformer::Transformer;
use runtime_core::error::with_sources;
use runtime_core::model::ModelError;

use super::config::NativeConfig;
use crate::error::EngineError;
use crate::queue::{Extension, QueueSettings};
use crate::transformer;
use crate::worker::CheckedAdapter;

/// A model's weights.
pub(crate) struct NativeWeights {
    /// The weights.
    pub(crate) transformer: Transformer,
    /// The configuration.
    pub(crate) config: NativeConfig,
    /// The file's vocabulary.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// The file.
    pub(crate) file: Arc<HeldFile>,
}

impl NativeWeights {
    /// The adapter of a file.
    pub(crate) fn adapter(&self, file: &CheckedAdapter) -> Result<Adapter, EngineError> {
        let refused = |error: &dyn std::error::Error| EngineError::Adapter {
            path: file.file.path().to_owned(),
            reason: with_sources(error),
        };
        let gguf = file.file.gguf().map_err(|error| refused(&error))?;
        let read = models::adapter::Adapter::from_gguf(gguf).map_err(|error| refused(&error))?;
        Adapter::load(&read, file.scale, self.transformer.shape()).map_err(|error| refused(&error))
    }

    /// The settings of a queue of requests under an adapter.
    pub(crate) fn queue_settings(&self, file: Option<&CheckedAdapter>) -> QueueSettings {
        QueueSettings {
            vocabulary: Arc::clone(&self.vocabulary),
            adapter_sha256: file.map(|file| file.sha256.clone()),
            context_tokens: self.config.context_tokens.get(),
            live_max: self.config.sequences_max.get(),
            batch_tokens: self.config.batch_tokens.get(),
            // Each request's bits depend on nothing else, however many are computed at once.
            deterministic: false,
            file: Some(Arc::clone(&self.file)),
        }
    }
}

/// The weights under one adapter.
pub(crate) struct Adapted<'weights> {
    /// The weights.
    pub(crate) transformer: &'weights Transformer,
    /// The adapter, which may adapt nothing.
    pub(crate) adapter: Adapter,
}

impl transformer::Transformer for Adapted<'_> {
    type Cache = Cache;

    fn truncate(cache: &mut Cache, tokens: usize) {
        cache.truncate(tokens);
    }

    fn vocabulary(&self) -> usize {
        self.transformer.shape().vocabulary
    }

    fn extend(&self, parts: &[Extension<'_>], caches: &mut [Cache]) -> Result<Vec<f32>, String> {
        let parts = parts.iter().zip(caches).map(|(part, cache)| {
            let wanted = if part.wants_logits { Wanted::Last } else { Wanted::Nothing };
            Part { tokens: part.tokens, cache, wanted }
        });
        let mut parts: Vec<Part<'_>> = parts.collect();
        let hidden = self.transformer.forward(&mut parts, &self.adapter);
        let hidden = hidden.map_err(|error| with_sources(&error))?;
        Ok(self.transformer.logits(&hidden))
    }

    fn score(&self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        self.transformer.score(ids, &self.adapter).map_err(|error| failed(&error))
    }

    fn state(&self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let mut cache = Cache::default();
        let mut parts = [Part { tokens: ids, cache: &mut cache, wanted: Wanted::Last }];
        let hidden = self.transformer.forward(&mut parts, &self.adapter);
        Ok(hidden.map_err(|error| failed(&error))?.row(0))
    }
}

fn failed(error: &NativeError) -> ModelError {
    ModelError::Engine(with_sources(error))
}
