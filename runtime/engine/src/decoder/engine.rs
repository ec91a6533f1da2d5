//! Loading a model into the decoder.

use std::sync::Arc;

use models::held::HeldFile;
use models_decoder::decoder::Decoder;
use runtime_core::error::with_sources;

use super::config::DecoderConfig;
use super::weights::{AdaptedDecoder, DecoderWeights};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::transformer::TransformerRole;
use crate::worker::{CheckedAdapter, Weights};

/// Checks and loads a model.
#[tracing::instrument(skip_all, fields(path = %config.path.display()))]
pub fn load(config: &DecoderConfig) -> Result<Engine, EngineError> {
    let config = Arc::new(config.clone());
    let (path, context_tokens) = (config.path.clone(), config.context_tokens.get());
    Engine::start(&path, context_tokens, move |from| {
        let refused = |reason: String| EngineError::Load { path: config.path.clone(), reason };
        let gguf = Arc::new(from.file.gguf()?);
        let decoder =
            Decoder::load(gguf, &config.device).map_err(|error| refused(with_sources(&error)))?;
        crate::transformer::check_context(config.context_tokens, decoder.shape().context_tokens)?;
        let (rows, tokens) =
            (decoder.shape().vocabulary, from.vocabulary.tokenizer.vocabulary_len());
        if rows != tokens {
            return Err(refused(format!("it has {rows} rows of logits for {tokens} tokens")));
        }
        let (vocabulary, file) = (Arc::clone(&from.vocabulary), Arc::clone(&from.file));
        Ok(DecoderWeights { decoder, config, vocabulary, file })
    })
}

impl Weights for DecoderWeights {
    type Role<'weights> = TransformerRole<AdaptedDecoder<'weights>>;

    fn file(&self) -> &Arc<HeldFile> {
        &self.file
    }

    fn open(&self, file: Option<CheckedAdapter>) -> Result<Self::Role<'_>, EngineError> {
        let adapter = file.as_ref().map(|file| self.adapter(file)).transpose()?;
        let adapter = adapter.unwrap_or_default();
        let settings = self.queue_settings(file.as_ref());
        let role = AdaptedDecoder { decoder: &self.decoder, adapter };
        Ok(TransformerRole::new(role, settings, file))
    }
}
