//! A model's weights on a device, and loading of adapters.

use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use models::held::HeldFile;
use models::vocabulary::Vocabulary;
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::cache::Cache;
use models_decoder::decoder::Decoder;
use models_decoder::score::numbers;
use runtime_core::error::with_sources;
use runtime_core::model::ModelError;

use super::config::DecoderConfig;
use crate::error::EngineError;
use crate::queue::{Extension, QueueSettings};
use crate::transformer::Transformer;
use crate::worker::CheckedAdapter;

/// A model's weights on a device.
pub(crate) struct DecoderWeights {
    /// The weights.
    pub(crate) decoder: Decoder,
    /// The configuration.
    pub(crate) config: Arc<DecoderConfig>,
    /// The file's vocabulary.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// The file.
    pub(crate) file: Arc<HeldFile>,
}

impl DecoderWeights {
    /// The adapter of a file, loaded onto the device.
    pub(crate) fn adapter(&self, file: &CheckedAdapter) -> Result<Adapter, EngineError> {
        let refused = |error: &dyn std::error::Error| EngineError::Adapter {
            path: file.file.path().to_owned(),
            reason: with_sources(error),
        };
        let gguf = file.file.gguf().map_err(|error| refused(&error))?;
        let read = models::adapter::Adapter::from_gguf(gguf).map_err(|error| refused(&error))?;
        let mut adapter = Adapter::load(&read, &self.decoder).map_err(|error| refused(&error))?;
        adapter.scale *= file.scale;
        Ok(adapter)
    }

    /// The settings of a queue of requests under an adapter.
    pub(crate) fn queue_settings(&self, file: Option<&CheckedAdapter>) -> QueueSettings {
        QueueSettings {
            vocabulary: Arc::clone(&self.vocabulary),
            adapter_sha256: file.map(|file| file.sha256.clone()),
            context_tokens: self.config.context_tokens.get(),
            live_max: self.config.live_max(),
            batch_tokens: self.config.batch_tokens.get(),
            deterministic: self.config.deterministic,
            file: Some(Arc::clone(&self.file)),
        }
    }
}

/// The decoder under one adapter.
pub(crate) struct AdaptedDecoder<'weights> {
    /// The decoder.
    pub(crate) decoder: &'weights Decoder,
    /// The adapter, which may adapt nothing.
    pub(crate) adapter: Adapter,
}

impl Transformer for AdaptedDecoder<'_> {
    type Cache = Cache;

    fn truncate(cache: &mut Cache, tokens: usize) {
        cache.truncate(tokens);
    }

    fn vocabulary(&self) -> usize {
        self.decoder.shape().vocabulary
    }

    fn extend(&self, parts: &[Extension<'_>], caches: &mut [Cache]) -> Result<Vec<f32>, String> {
        let mut batch = Batch::default();
        let mut wanted = Vec::new();
        for part in parts {
            batch.tokens.extend_from_slice(part.tokens);
            batch.lengths.push(part.tokens.len());
            if part.wants_logits {
                wanted.extend(i32::try_from(batch.tokens.len() - 1));
            }
        }
        let rows = self.decoder.forward(&batch, &self.adapter, Some(caches));
        let rows = rows.map_err(|error| with_sources(&error))?;
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = TensorData::new(wanted.clone(), [wanted.len()]);
        let wanted = Tensor::<1, Int>::from_data(wanted, self.decoder.device());
        Ok(numbers(&self.decoder.logits(rows.select(0, wanted))))
    }

    fn score(&self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        self.decoder.score(ids, &self.adapter).map_err(|error| failed(&error))
    }

    fn state(&self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let rows = self.decoder.forward(&Batch::new([ids]), &self.adapter, None);
        let rows = rows.map_err(|error| failed(&error))?;
        Ok(numbers(&rows.narrow(0, ids.len() - 1, 1)))
    }
}

fn failed(error: &dyn std::error::Error) -> ModelError {
    ModelError::Engine(with_sources(error))
}
