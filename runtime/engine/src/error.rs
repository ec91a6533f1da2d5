//! Why a model file or an adapter cannot be used.

use std::path::PathBuf;

use models::gguf::GgufError;
use models::held::ChangedError;
use models::threads::ThreadsError;
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
        /// The engine's message.
        reason: String,
    },
    /// No such device.
    #[error("there is no device {name}: {reason}")]
    Device {
        /// The requested device.
        name: String,
        /// The devices that exist.
        reason: String,
    },
    /// The cache of recurrent and hybrid models cannot be rolled back.
    #[error("{path} is a recurrent model, whose cache cannot be rolled back", path = path.display())]
    Recurrent {
        /// The file.
        path: PathBuf,
    },
    /// The file is not an adapter of this model.
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
        /// Its value.
        found: u32,
        /// The least allowed value.
        least: u32,
    },
    /// A number of the configuration is larger than the model or the engine allows.
    #[error("{field} is {found}, it can be at most {most}")]
    TooLarge {
        /// The field of the configuration.
        field: &'static str,
        /// Its value.
        found: u32,
        /// The greatest allowed value.
        most: u32,
    },
    /// The file is no longer what it was when it was opened.
    #[error(transparent)]
    Changed(#[from] ChangedError),
    /// Another file lies at the path than the one that was hashed.
    #[error("{} was replaced while it was loaded; begin again", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// As many threads do not compute a model here.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The system could not start a thread or open a file.
    #[error("the system refused")]
    System(#[from] std::io::Error),
    /// The engine's thread has ended.
    #[error("the engine has stopped")]
    Stopped,
}

/// The error after the engine's thread has ended.
pub(crate) fn stopped() -> ModelError {
    ModelError::Engine("the engine has stopped".to_owned())
}
