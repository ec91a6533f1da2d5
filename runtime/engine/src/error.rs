//! Why a model file or an adapter cannot be used.

use std::path::PathBuf;

use models::gguf::GgufError;
use models::vocabulary::VocabularyError;
use runtime_core::model::ModelError;

/// Why a model or an adapter cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The file is missing, truncated or not GGUF.
    #[error("the file cannot be used")]
    File(#[from] GgufError),
    /// The file's tokenizer or chat template cannot be used.
    #[error("the vocabulary of {path} cannot be used", path = path.display())]
    Vocabulary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: VocabularyError,
    },
    /// The engine refused a file that is GGUF; its log may say why.
    #[error("the engine cannot load {path}: {reason}", path = path.display())]
    Load {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// No such device.
    #[error("there is no device {name}: {reason}")]
    Device {
        /// What was asked for.
        name: String,
        /// What there is.
        reason: String,
    },
    /// Recurrent and hybrid models cannot take back a token.
    #[error("{path} is a recurrent model, whose cache cannot be rolled back", path = path.display())]
    Recurrent {
        /// The file.
        path: PathBuf,
    },
    /// The adapter was made for another model, or is none.
    #[error("the adapter {path} does not fit: {reason}", path = path.display())]
    Adapter {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A number of the configuration is too small for the others.
    #[error("{field} is {found}, it must be at least {least}")]
    TooSmall {
        /// The field of the configuration.
        field: &'static str,
        /// What it holds.
        found: u32,
        /// What it must hold at least.
        least: u32,
    },
    /// A number of the configuration is larger than the model or the engine allow.
    #[error("{field} is {found}, it can be at most {most}")]
    TooLarge {
        /// The field of the configuration.
        field: &'static str,
        /// What it holds.
        found: u32,
        /// What it may hold at most.
        most: u32,
    },
    /// The system gave no thread or file.
    #[error("the system refused")]
    System(#[from] std::io::Error),
    /// The engine's thread is gone.
    #[error("the engine has stopped")]
    Stopped,
}

/// What is said where the engine's thread is gone.
pub(crate) fn stopped() -> ModelError {
    ModelError::Engine("the engine has stopped".to_owned())
}
