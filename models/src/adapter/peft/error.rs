//! Why an adapter cannot cross between PEFT and GGUF.

use crate::adapter::AdapterError;
use crate::gguf::GgufError;

/// Why a PEFT folder cannot be read as an adapter, or written from one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeftError {
    /// A file of the folder cannot be read or written.
    #[error("cannot use {file}")]
    Io {
        /// The file.
        file: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The weights are a pickle, which runs code when it is read.
    #[error("{file} is a pickle; save the adapter again with safe_serialization=True")]
    Pickle {
        /// The file.
        file: String,
    },
    /// The configuration is not JSON, or a setting has the wrong type.
    #[error("{file} cannot be read")]
    Config {
        /// The file.
        file: String,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// A setting says something that a GGUF adapter cannot.
    #[error("{file}: {setting}: expected {expected}, found {found}")]
    Setting {
        /// The file.
        file: String,
        /// The setting.
        setting: String,
        /// The expected value.
        expected: String,
        /// The value found.
        found: String,
    },
    /// The weights are no safetensors file.
    #[error("{file} is not a whole safetensors file")]
    Safetensors {
        /// The file.
        file: String,
        /// What is wrong.
        source: safetensors::SafeTensorError,
    },
    /// A tensor is none that goes across, or not the half of a pair.
    #[error("{file}: tensor {tensor}: expected {expected}, found {found}")]
    Tensor {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// The expected form.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The adapter acts only after certain tokens.
    #[error("{file} acts only after its invocation tokens, which is not exported")]
    Invoked {
        /// The file.
        file: String,
    },
    /// The names of this architecture's modules are not known here.
    #[error("adapters of {found} are not converted, only of {}", super::names::ARCHITECTURES.join(", "))]
    Architecture {
        /// The base's architecture.
        found: String,
    },
    /// The base lacks a key.
    #[error("the base cannot be read")]
    Base(#[source] GgufError),
    /// The adapter does not fit the base.
    #[error("the adapter does not fit")]
    Adapter(#[from] AdapterError),
}
