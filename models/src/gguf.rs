//! GGUF files, read and written: metadata, tensor table, tensor bytes.
//!
//! ```text
//! "GGUF" version tensors keys │ key type value … │ name dims type offset … │ pad │ data
//! ```
//!
//! Versions 2 and 3, little endian. Reading maps the file and checks every
//! count, length and offset against the bytes that are there, so that a
//! [`Gguf`] in hand is one whose tensors all lie inside its file. What a key
//! means is left to those who ask for it.

mod error;
mod ggml_type;
mod value;
mod cursor;
mod read;
mod head;
mod write;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

pub use error::GgufError;
pub use ggml_type::GgmlType;
pub use value::{Array, Value};
pub use write::{NewTensor, TensorShape, encode, write, write_each};

/// The SHA-256 of the file that one was made from, if known.
pub const SOURCE_KEY: &str = "rebound.source.sha256";
/// Tensors start at multiples of this many bytes where the file names no other.
pub const DEFAULT_ALIGNMENT_BYTES: u64 = 32;
/// A tensor's name is shorter than this many bytes, as in ggml.
pub const TENSOR_NAME_BYTES_MAX: usize = 64;
/// A tensor has at most this many dimensions.
pub const DIMENSIONS_MAX: usize = 4;

/// An open file: its metadata, its tensor table and its mapped data.
///
/// The fields are private because they agree with one another: every tensor's
/// range lies inside the bytes, and no name stands twice.
pub struct Gguf {
    name: String,
    version: u32,
    alignment: u64,
    metadata: Vec<(String, Value)>,
    keys: HashMap<String, usize>,
    tensors: Vec<Tensor>,
    tensor_names: HashMap<String, usize>,
    bytes: Bytes,
}

/// One row of the tensor table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// Its dimensions in ggml's order: the contiguous one first.
    pub ne: Vec<u64>,
    /// How its elements are stored.
    pub kind: GgmlType,
    /// Where its bytes lie in the file.
    pub range: Range<usize>,
}

impl Tensor {
    /// The number of elements.
    pub fn elements(&self) -> u64 {
        self.ne.iter().product()
    }
}

enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl Gguf {
    /// Maps and checks the file at `path`.
    pub fn open(path: &Path) -> Result<Self, GgufError> {
        let name = path.display().to_string();
        match crate::map::open(path) {
            Ok(map) => read::parse(name, Bytes::Mapped(map)),
            Err(source) => Err(GgufError::Io { file: name, source }),
        }
    }

    /// The same of an open file; `name` is its name in errors.
    pub(crate) fn of(file: &std::fs::File, name: String) -> Result<Self, GgufError> {
        match crate::map::of(file) {
            Ok(map) => read::parse(name, Bytes::Mapped(map)),
            Err(source) => Err(GgufError::Io { file: name, source }),
        }
    }

    /// Checks a file that is in memory; `name` is its name in errors.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, GgufError> {
        read::parse(name.to_owned(), Bytes::Owned(bytes))
    }

    /// What errors call this file: its path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format's version, 2 or 3.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Where tensors start: at multiples of this many bytes.
    pub fn alignment_bytes(&self) -> u64 {
        self.alignment
    }

    /// The file's length.
    pub fn file_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// All keys and values, in the file's order.
    pub fn metadata(&self) -> &[(String, Value)] {
        &self.metadata
    }

    /// All tensors, in the file's order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensor_names.get(name).map(|&index| &self.tensors[index])
    }

    /// The bytes of the tensor of that name, quantized as they lie in the file.
    pub fn tensor_bytes(&self, name: &str) -> Option<&[u8]> {
        self.tensor(name).map(|tensor| &self.bytes[tensor.range.clone()])
    }

    /// Gives back the memory of a part of a mapped tensor's bytes; they can be read again, from
    /// the file.
    ///
    /// # Panics
    ///
    /// If the tensor has no such part.
    pub fn release(&self, name: &str, part: Range<usize>) {
        if let (Some(tensor), Bytes::Mapped(map)) = (self.tensor(name), &self.bytes) {
            let Range { start, end } = tensor.range;
            assert!(part.start <= part.end && part.end <= end - start, "a part of {name}");
            crate::map::release(map, start + part.start..start + part.end);
        }
    }

    /// The same file without its keys and values, which may be large: it keeps its tensors.
    #[must_use]
    pub fn without_metadata(self) -> Self {
        if let Bytes::Mapped(map) = &self.bytes {
            crate::map::release(map, 0..map.len());
        }
        Self { metadata: Vec::new(), keys: HashMap::new(), ..self }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.keys.get(key).map(|&index| &self.metadata[index].1)
    }

    /// The text of a key; `None` if the key is missing or is no text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_text)
    }

    /// The whole number of a key; `None` if it is missing, negative or no number.
    pub fn unsigned(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_unsigned)
    }

    /// The fraction of a key; `None` if the key is missing or is no number.
    pub fn float(&self, key: &str) -> Option<f64> {
        self.get(key).and_then(Value::as_float)
    }

    /// The flag of a key; `None` if the key is missing or is no flag.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Value::as_flag)
    }

    /// As [`Gguf::text`]; its absence is an error that names the key.
    pub fn required_text(&self, key: &str) -> Result<&str, GgufError> {
        self.text(key).ok_or_else(|| self.lacks(key, "a string"))
    }

    /// As [`Gguf::unsigned`]; its absence is an error that names the key.
    pub fn required_unsigned(&self, key: &str) -> Result<u64, GgufError> {
        self.unsigned(key).ok_or_else(|| self.lacks(key, "a whole number"))
    }

    /// As [`Gguf::float`]; its absence is an error that names the key.
    pub fn required_float(&self, key: &str) -> Result<f64, GgufError> {
        self.float(key).ok_or_else(|| self.lacks(key, "a number"))
    }

    /// The strings of a key; their absence is an error that names the key.
    pub fn required_texts(&self, key: &str) -> Result<&[String], GgufError> {
        match self.get(key) {
            Some(Value::Array(Array::Text(texts))) => Ok(texts),
            _ => Err(self.lacks(key, "an array of strings")),
        }
    }

    /// The architecture, such as `llama`: the prefix of its hyperparameter keys.
    pub fn architecture(&self) -> Result<&str, GgufError> {
        self.required_text("general.architecture")
    }

    fn lacks(&self, key: &str, expected: &str) -> GgufError {
        let found = self.get(key).map_or("nothing", Value::kind_name);
        GgufError::Invalid {
            file: self.name.clone(),
            field: format!("key {key}"),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

impl std::fmt::Debug for Gguf {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, version, metadata, tensors, .. } = self;
        write!(formatter, "Gguf({name}, v{version}, ")?;
        write!(formatter, "{} keys, {} tensors)", metadata.len(), tensors.len())
    }
}
