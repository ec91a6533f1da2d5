//! Errors of training runs.

use std::path::PathBuf;

use models::adapter::AdapterError;
use models::gguf::GgufError;
use models::held::ChangedError;
use models::vocabulary::VocabularyError;
use models_decoder::DecoderError;

/// Why a training run cannot start or continue. Its checkpoints stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file cannot be read.
    #[error("cannot read {file}")]
    Read {
        /// The file.
        file: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The base model is no longer what was hashed.
    #[error(transparent)]
    Changed(#[from] ChangedError),
    /// A file cannot be written.
    #[error("cannot write {file}; free some space or choose another --out, and go on with resume")]
    Write {
        /// The file.
        file: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A file has another content than expected.
    #[error("{file}: {reason}")]
    Content {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A token without the log-probability that a method needs.
    #[error(
        "{file}, task {task}, trial {trial}: expected drawn tokens with their log-probabilities, \
         found {found} as token {token} of the reflection; learn from it with supervised or \
         reward-weighted"
    )]
    Undrawn {
        /// The log.
        file: PathBuf,
        /// The task's index in it, from 0.
        task: usize,
        /// The trial that was reflected on.
        trial: u32,
        /// The token's index in the reflection, from 0.
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
    /// A setting is invalid.
    #[error("{key} is {found}, expected {expected}")]
    Setting {
        /// The key in the run's file.
        key: &'static str,
        /// The value found.
        found: String,
        /// The expected value.
        expected: &'static str,
    },
    /// No sample is left to train on.
    #[error("no sample is left to learn from: {0}")]
    Empty(String),
    /// The loss or a gradient is not a finite number.
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

/// An error unless a setting is valid.
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
