//! Why a run cannot go on.

use std::path::PathBuf;

use models::adapter::AdapterError;
use models::gguf::GgufError;
use models::vocabulary::VocabularyError;
use models_decoder::DecoderError;

/// Why a run cannot be begun, or not go on. What was checkpointed stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file cannot be read.
    #[error("cannot read {file}")]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {file}; free some space or choose another --out, and go on with resume")]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something else than it should.
    #[error("{file}: {reason}")]
    Content {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A token that a method cannot learn from, which asks how likely the model's draws were.
    #[error(
        "{file}, task {task}, trial {trial}: expected drawn tokens with their log-probabilities, \
         found {found} as token {token} of the reflection; learn from it with supervised or \
         reward-weighted"
    )]
    Undrawn {
        /// The log.
        file: PathBuf,
        /// The task's place in it, from 0.
        task: usize,
        /// The trial that was reflected on.
        trial: u32,
        /// The token's place in the reflection, from 0.
        token: usize,
        /// Its origin, or what it lacks.
        found: &'static str,
    },
    /// The model's tokenizer or chat template cannot be used.
    #[error("the vocabulary of {file} cannot be used")]
    Vocabulary {
        /// The model's file.
        file: PathBuf,
        /// What is wrong with it.
        source: VocabularyError,
    },
    /// A setting makes no sense.
    #[error("{key} is {found}, expected {expected}")]
    Setting {
        /// The key in the run's file.
        key: &'static str,
        /// What it says.
        found: String,
        /// What would do.
        expected: &'static str,
    },
    /// Nothing is left to learn from.
    #[error("no sample is left to learn from: {0}")]
    Empty(String),
    /// The loss or a gradient is no number any more.
    #[error(
        "the loss or its gradient is no number at step {step}; lower optimizer.learning_rate or \
         look at the samples of this step: {samples}"
    )]
    NotANumber {
        /// The step, from 0.
        step: u64,
        /// Where its samples come from.
        samples: String,
    },
    /// The model cannot be computed.
    #[error(transparent)]
    Decoder(#[from] DecoderError),
    /// The model's or a checkpoint's file is wrong.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The adapter cannot be written.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
}

/// Refuses a setting that makes no sense.
pub(crate) fn require(
    holds: bool,
    key: &'static str,
    found: &dyn ToString,
    expected: &'static str,
) -> Result<(), TrainError> {
    if holds {
        Ok(())
    } else {
        Err(TrainError::Setting { key, found: found.to_string(), expected })
    }
}
