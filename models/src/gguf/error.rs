//! Why bytes are not a GGUF file that can be trusted.

/// Why a GGUF file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The file cannot be opened, mapped or written.
    #[error("cannot use {file}")]
    Io {
        /// The file.
        file: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The first four bytes are not `GGUF`.
    #[error("{file} is {what}, not GGUF: it starts with {start}")]
    NotGguf {
        /// The file.
        file: String,
        /// What it looks like: a text file, a zip archive.
        what: &'static str,
        /// Its first bytes, as text where they are text.
        start: String,
    },
    /// A GGUF version that is not read here.
    #[error("{file}: version: expected 2 or 3 in little endian, found {found}")]
    Version {
        /// The file.
        file: String,
        /// The version it states.
        found: u32,
    },
    /// The file ends before something that it promises.
    #[error("{file} is truncated: {field} needs bytes {start}..{end}, the file has {file_bytes}")]
    Truncated {
        /// The file.
        file: String,
        /// What does not fit.
        field: String,
        /// Where it begins.
        start: u64,
        /// Where it would end; the largest number where that overflows.
        end: u64,
        /// The file's length.
        file_bytes: u64,
    },
    /// A field holds what it must not.
    #[error("{file}: {field}: expected {expected}, found {found}")]
    Invalid {
        /// The file.
        file: String,
        /// The field.
        field: String,
        /// The expected value.
        expected: String,
        /// The value found.
        found: String,
    },
}
