//! What the decoder is loaded with.

use std::num::NonZeroU32;
use std::path::PathBuf;

use burn::tensor::Device;

use crate::error::EngineError;

/// How a model is loaded: its file, its device and what it may use.
#[derive(Clone, Debug)]
pub struct DecoderConfig {
    /// The GGUF file.
    pub path: PathBuf,
    /// Where it is computed.
    pub device: Device,
    /// How many tokens a prompt and its answer may have together.
    pub context_tokens: NonZeroU32,
    /// How many requests under one adapter are computed together; as many more are
    /// remembered when they have ended.
    pub sequences_max: NonZeroU32,
    /// How many tokens are computed in one go. A cancelled request is noticed
    /// between two of them.
    pub batch_tokens: NonZeroU32,
    /// One request at a time, each a function of its prompt, constraint and
    /// sampling to the bit, whatever was asked before.
    pub deterministic: bool,
}

impl DecoderConfig {
    /// A context of 2048 tokens for one sequence at a time.
    pub fn new(path: impl Into<PathBuf>, device: Device) -> Self {
        Self {
            path: path.into(),
            device,
            context_tokens: const { NonZeroU32::new(2048).expect("not zero") },
            sequences_max: const { NonZeroU32::new(1).expect("not zero") },
            batch_tokens: const { NonZeroU32::new(256).expect("not zero") },
            deterministic: false,
        }
    }

    /// Live sequences under one adapter.
    pub(crate) fn live_max(&self) -> u32 {
        if self.deterministic { 1 } else { self.sequences_max.get() }
    }

    /// Whether the numbers fit together; `trained_tokens` is the context that the
    /// model was made for.
    pub(crate) fn check(&self, trained_tokens: usize) -> Result<(), EngineError> {
        let (found, most) = (self.context_tokens.get(), u32::try_from(trained_tokens));
        match most {
            Ok(most) if found > most => {
                Err(EngineError::TooLarge { field: "context_tokens", found, most })
            }
            _ => Ok(()),
        }
    }
}
