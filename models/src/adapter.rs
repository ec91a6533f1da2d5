//! LoRA adapters as GGUF files: one of the two formats that cross machines.
//!
//! # Layout, version 1
//!
//! A GGUF file as llama.cpp reads adapters, with these keys, in this order:
//!
//! | key | value |
//! | --- | --- |
//! | `general.type` | `adapter` |
//! | `general.architecture` | that of the base |
//! | `adapter.type` | `lora` |
//! | `adapter.lora.alpha` | f32; 0 means that nothing is scaled by alpha over rank |
//! | `rebound.adapter.version` | u32, 1 |
//! | `rebound.base.sha256` | the base file's SHA-256, if known |
//! | `rebound.adapter.reward_row` | f32 array, a reward model's row over hidden states; absent elsewhere |
//! | `rebound.adapter.prompts_sha256` | text array, the SHA-256 of each set of prompts that it learned under; absent if none is known |
//! | others | whatever the writer wants to keep: rank, seed, parent |
//!
//! and for each adapted tensor `<name>` of the base, in this order, F32:
//!
//! | tensor | ne |
//! | --- | --- |
//! | `<name>.lora_a` | `[inputs, rank]` |
//! | `<name>.lora_b` | `[rank, outputs]` |
//!
//! `y = W·x + s·B·(A·x)` with `s = alpha / rank`, or 1 where alpha is 0. Ranks
//! may differ between tensors. Files without a version are adapters that other
//! tools made; files with another version are refused.

mod check;
mod write;
mod random;
mod merge;
pub mod peft;

use std::path::Path;

use crate::blocks;
use crate::gguf::{Array, Gguf, GgufError, Value};

pub use merge::{MergeError, MergePrecision, merge};
pub use random::random;
pub use write::{FactorPair, NewAdapter, encode, write};

/// The version that is written, and the only one that is read.
pub const VERSION: u64 = 1;

pub(crate) const VERSION_KEY: &str = "rebound.adapter.version";
pub(crate) const BASE_KEY: &str = "rebound.base.sha256";
/// A reward model's row, f32 array.
pub const REWARD_ROW_KEY: &str = "rebound.adapter.reward_row";
/// The SHA-256 of each set of prompts that an adapter learned under, text array.
pub const PROMPTS_KEY: &str = "rebound.adapter.prompts_sha256";

/// A LoRA adapter file with matching factors.
#[derive(Debug)]
pub struct Adapter {
    /// The file, with all its keys.
    pub gguf: Gguf,
    /// The architecture of the base.
    pub architecture: String,
    /// Scales by alpha over rank; 0.0 means that nothing is scaled.
    pub alpha: f32,
    /// The SHA-256 of the base, where the file names it.
    pub base_sha256: Option<String>,
    /// The adapted tensors, in the file's order.
    pub targets: Vec<AdaptedTensor>,
}

/// A tensor of the base, and the shape of its change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdaptedTensor {
    /// The base's tensor, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// Width of what goes in.
    pub inputs: u64,
    /// Width of what comes out.
    pub outputs: u64,
    /// Width in between.
    pub rank: u64,
}

/// Why a file is not an adapter, or not one for this base.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// The file is no GGUF file, or lacks a key.
    #[error("the adapter cannot be read")]
    Gguf(#[from] GgufError),
    /// The adapter cannot be written.
    #[error("the adapter {file} cannot be written")]
    Write {
        /// The path to write to.
        file: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The layout's version is another one.
    #[error("{file}: {VERSION_KEY}: expected {VERSION}, found {found}")]
    Version {
        /// The file.
        file: String,
        /// The value found.
        found: String,
    },
    /// A key has another value than an adapter needs.
    #[error("{file}: {key}: expected {expected}, found {found}")]
    Key {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// The expected value.
        expected: String,
        /// The value found.
        found: String,
    },
    /// A tensor is not half of a pair, or does not fit its other half or the base.
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
    /// The adapter was made for another file.
    #[error("the adapter was trained on the base {expected}, this base is {found}")]
    Base {
        /// The SHA-256 that the adapter names.
        expected: String,
        /// The SHA-256 of the base at hand.
        found: String,
    },
}

impl Adapter {
    /// Opens an adapter and checks its keys and factors.
    pub fn open(path: &Path) -> Result<Self, AdapterError> {
        Self::from_gguf(Gguf::open(path)?)
    }

    /// Checks that the file is an adapter whose parts fit one another.
    pub fn from_gguf(gguf: Gguf) -> Result<Self, AdapterError> {
        check::adapter(gguf)
    }

    /// Checks that the adapter fits `base`, whose SHA-256 may be known.
    ///
    /// An adapter that names its base is only good for that file, to the bit. One
    /// that names none is taken for any base of its shape.
    pub fn check_base(&self, base: &Gguf, base_sha256: Option<&str>) -> Result<(), AdapterError> {
        check::base(self, base, base_sha256)
    }

    /// The factors as numbers, in the file's order.
    ///
    /// Other tools also write types other than F32, of which those count that
    /// [`blocks::dequantize`] knows.
    pub fn pairs(&self) -> Result<Vec<FactorPair>, AdapterError> {
        self.targets
            .iter()
            .map(|target| {
                let a = self.values(&format!("{}.lora_a", target.name))?;
                let b = self.values(&format!("{}.lora_b", target.name))?;
                Ok(FactorPair { target: target.clone(), a, b })
            })
            .collect()
    }

    /// The scale of the product of factors of this rank.
    pub fn scale(&self, rank: u64) -> f32 {
        if self.alpha == 0.0 { 1.0 } else { self.alpha / rank as f32 }
    }

    /// A reward model's row over the hidden state that an answer's last token was
    /// predicted from, `[width]`; `None` if the adapter is of another kind.
    pub fn reward_row(&self) -> Option<&[f32]> {
        match self.gguf.get(REWARD_ROW_KEY) {
            Some(Value::Array(Array::F32(row))) => Some(row),
            _ => None,
        }
    }

    /// The SHA-256 of each set of prompts that it learned under; empty if none is known.
    pub fn prompts_sha256(&self) -> &[String] {
        match self.gguf.get(PROMPTS_KEY) {
            Some(Value::Array(Array::Text(prompts))) => prompts,
            _ => &[],
        }
    }

    /// The bytes of all factors.
    pub fn factor_bytes(&self) -> usize {
        self.gguf.tensors().iter().map(|tensor| tensor.range.len()).sum()
    }

    fn values(&self, name: &str) -> Result<Vec<f32>, AdapterError> {
        let tensor = self.gguf.tensor(name).zip(self.gguf.tensor_bytes(name));
        let (tensor, bytes) = tensor.expect("the file was checked to have both factors");
        let elements = usize::try_from(tensor.elements()).expect("it lies in the mapped file");
        let mut values = vec![0.0; elements];
        match blocks::dequantize(tensor.kind, bytes, &mut values) {
            Ok(()) => Ok(values),
            Err(_) => Err(AdapterError::Tensor {
                file: self.gguf.name().to_owned(),
                tensor: name.to_owned(),
                expected: "F32 or blocks that are read here".to_owned(),
                found: tensor.kind.to_string(),
            }),
        }
    }
}
