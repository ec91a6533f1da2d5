//! A model's weights on a device, and loading of adapters.

use std::sync::Arc;

use models::vocabulary::Vocabulary;
use models_decoder::adapter::Adapter;
use models_decoder::decoder::Decoder;
use runtime_core::error::with_sources;

use super::config::DecoderConfig;
use crate::error::EngineError;
use crate::worker::CheckedAdapter;

/// A model's weights on a device.
pub(crate) struct DecoderWeights {
    /// The weights.
    pub(crate) decoder: Decoder,
    /// The configuration.
    pub(crate) config: Arc<DecoderConfig>,
    /// The file's vocabulary.
    pub(crate) vocabulary: Arc<Vocabulary>,
}

impl DecoderWeights {
    /// The adapter of a file, loaded onto the device.
    pub(crate) fn adapter(&self, file: &CheckedAdapter) -> Result<Adapter, EngineError> {
        let refused = |error: &dyn std::error::Error| EngineError::Adapter {
            path: file.path.clone(),
            reason: with_sources(error),
        };
        let read = models::adapter::Adapter::open(&file.path).map_err(|error| refused(&error))?;
        let mut adapter = Adapter::load(&read, &self.decoder).map_err(|error| refused(&error))?;
        adapter.scale *= file.scale;
        Ok(adapter)
    }
}
