//! Merges an adapter into its base model, as one file.
//!
//! ```text
//! base ─► rows ─► f32 ─► + s·B·A ─► rows of F16, Q8_0 or Q4_0 ─► merged
//!           └──────────── norms, biases: as they are ─────────────┘
//! ```
//!
//! Tensors go through some rows at a time: memory holds the adapter and a few
//! megabytes, whatever the base weighs. Metadata stays, but for the keys that name
//! the types of the weights, and `rebound.source.sha256` names the base where the adapter
//! does. A merged file forgets the adapter: it cannot be taken out again, and rounding to
//! few bits can cost what the adapter learned.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use super::{Adapter, AdapterError, FactorPair};
use crate::blocks::{self, BlockError};
use crate::gguf::{self, GgmlType, Gguf, GgufError, SOURCE_KEY, Tensor, TensorShape, Value};
use crate::replace::replace_with;

/// About how many values are in memory as `f32` at once.
const TILE_VALUES: usize = 1 << 18;
/// What llama.cpp calls the present layout of its blocks.
const QUANTIZATION_VERSION: u32 = 2;

/// The quantization of a merged file's matrices.
///
/// Matrices whose rows are not whole blocks become F16. Vectors stay as they are.
#[allow(non_camel_case_types, reason = "the names that every GGUF tool prints")]
#[allow(missing_docs, reason = "ggml's names say all there is to say")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergePrecision {
    F16,
    Q8_0,
    Q4_0,
}

/// Why a base and an adapter cannot become one file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The adapter does not fit the base.
    #[error("the adapter does not fit")]
    Adapter(#[from] AdapterError),
    /// The base stores a matrix in blocks that are not read here.
    #[error("{file}: tensor {tensor} cannot be merged")]
    Tensor {
        /// The base.
        file: String,
        /// The tensor.
        tensor: String,
        /// Its type.
        source: BlockError,
    },
    /// The merged file cannot be put together.
    #[error("the merged file cannot be written")]
    Gguf(#[from] GgufError),
    /// The merged file cannot be put in its place.
    #[error("{file} cannot be written")]
    Write {
        /// The path to write to.
        file: String,
        /// The error of the system.
        source: io::Error,
    },
}

impl MergePrecision {
    /// The number of `general.file_type`: what most weights are.
    fn file_type(self) -> u32 {
        match self {
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q8_0 => 7,
        }
    }

    /// How a tensor of the base is stored in the merged file.
    fn stored(self, tensor: &Tensor) -> GgmlType {
        let wanted = match self {
            Self::F16 => GgmlType::F16,
            Self::Q8_0 => GgmlType::Q8_0,
            Self::Q4_0 => GgmlType::Q4_0,
        };
        match tensor.ne.as_slice() {
            [] | [_] => tensor.kind,
            ne if wanted.tensor_bytes(ne).is_some() => wanted,
            _ => GgmlType::F16,
        }
    }
}

/// Puts `base` with the adapter in it in place of the file at `path`.
///
/// `progress` hears how many of the base's tensor bytes went through, and of how many.
pub fn merge(
    base: &Gguf,
    adapter: &Adapter,
    precision: MergePrecision,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), MergeError> {
    adapter.check_base(base, None)?;
    let pairs = adapter.pairs()?;
    let pairs = pairs.iter().map(|pair| (pair.target.name.as_str(), pair)).collect();
    let merging = Merging { base, adapter, pairs, precision };
    merging.check_types()?;
    let unwritten = |source| MergeError::Write { file: path.display().to_string(), source };
    replace_with(path, |out| merging.write(out, progress), unwritten)
}

/// A merge in progress.
struct Merging<'a> {
    base: &'a Gguf,
    adapter: &'a Adapter,
    /// The factors, by the tensor that they adapt.
    pairs: HashMap<&'a str, &'a FactorPair>,
    precision: MergePrecision,
}

impl Merging<'_> {
    /// Checks that all tensors can be read, before anything is written.
    fn check_types(&self) -> Result<(), MergeError> {
        for tensor in self.base.tensors() {
            if self.is_copied(tensor) {
                continue;
            }
            blocks::dequantize(tensor.kind, &[], &mut []).map_err(|source| MergeError::Tensor {
                file: self.base.name().to_owned(),
                tensor: tensor.name.clone(),
                source,
            })?;
        }
        Ok(())
    }

    fn is_copied(&self, tensor: &Tensor) -> bool {
        let same = self.precision.stored(tensor) == tensor.kind;
        same && !self.pairs.contains_key(tensor.name.as_str())
    }

    fn write(
        &self,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), MergeError> {
        let tensors = self.base.tensors();
        let shape = |tensor: &Tensor| TensorShape {
            name: tensor.name.clone(),
            ne: tensor.ne.clone(),
            kind: self.precision.stored(tensor),
        };
        let shapes: Vec<TensorShape> = tensors.iter().map(shape).collect();
        let bytes_total = tensors.iter().map(|tensor| tensor.range.len() as u64).sum();
        let mut bytes_done = 0;
        gguf::write_each(out, &self.metadata(), &shapes, &mut |index, out| {
            self.put(&tensors[index], out, &mut |bytes| {
                bytes_done += bytes as u64;
                progress(bytes_done, bytes_total);
            })
        })?;
        Ok(())
    }

    /// The base's keys, of which those change that name the types of the weights.
    fn metadata(&self) -> Vec<(String, Value)> {
        let mut metadata = self.base.metadata().to_vec();
        // The base may name a source of its own.
        metadata.retain(|(key, _)| key != SOURCE_KEY);
        let mut set =
            |key: &str, value: Value| match metadata.iter_mut().find(|(name, _)| name == key) {
                Some((_, old)) => *old = value,
                None => metadata.push((key.to_owned(), value)),
            };
        set("general.file_type", Value::U32(self.precision.file_type()));
        if self.precision != MergePrecision::F16 {
            set("general.quantization_version", Value::U32(QUANTIZATION_VERSION));
        }
        if let Some(source) = &self.adapter.base_sha256 {
            set(SOURCE_KEY, source.as_str().into());
        }
        metadata
    }

    /// Writes a tensor, some rows at a time; `passed` hears the base's bytes.
    fn put(
        &self,
        tensor: &Tensor,
        out: &mut dyn Write,
        passed: &mut dyn FnMut(usize),
    ) -> io::Result<()> {
        let bytes = self.base.tensor_bytes(&tensor.name).expect("it is one of the base's");
        if self.is_copied(tensor) {
            out.write_all(bytes)?;
            passed(bytes.len());
            return Ok(());
        }
        let size = |count: u64| usize::try_from(count).expect("it lies in the mapped file");
        let stored = self.precision.stored(tensor);
        let row = [tensor.ne.first().copied().unwrap_or(1)];
        let row_values = size(row[0]);
        let row_bytes = |kind: GgmlType| size(kind.tensor_bytes(&row).expect("whole blocks"));
        let tile_rows = (TILE_VALUES / row_values).max(1);
        let mut addition = self.pairs.get(tensor.name.as_str()).map(|pair| self.addition(pair));
        let mut values = vec![0.0; tile_rows * row_values];
        let mut encoded = vec![0; tile_rows * row_bytes(stored)];
        for tile in bytes.chunks(tile_rows * row_bytes(tensor.kind)) {
            let rows = tile.len() / row_bytes(tensor.kind);
            let values = &mut values[..rows * row_values];
            let encoded = &mut encoded[..rows * row_bytes(stored)];
            blocks::dequantize(tensor.kind, tile, values).map_err(io::Error::other)?;
            if let Some(addition) = &mut addition {
                values.chunks_exact_mut(row_values).for_each(|row| addition.add_to_next(row));
            }
            blocks::quantize(stored, values, encoded).map_err(io::Error::other)?;
            out.write_all(encoded)?;
            passed(tile.len());
        }
        Ok(())
    }

    fn addition<'a>(&self, pair: &'a FactorPair) -> Addition<'a> {
        let FactorPair { target, a, b } = pair;
        let size = |count: u64| usize::try_from(count).expect("the factors are in memory");
        let (inputs, rank) = (size(target.inputs), size(target.rank));
        let scale = self.adapter.scale(target.rank);
        Addition { a, b: b.chunks_exact(rank), scale, sum: vec![0.0; inputs] }
    }
}

/// The rows of `s·B·A`, one after the other.
struct Addition<'a> {
    a: &'a [f32],
    b: std::slice::ChunksExact<'a, f32>,
    scale: f32,
    sum: Vec<f32>,
}

impl Addition<'_> {
    /// Adds the next row of the change to the next row of the weights.
    fn add_to_next(&mut self, row: &mut [f32]) {
        let b = self.b.next().expect("B has a row for each of the weights");
        self.sum.fill(0.0);
        for (factor, a) in b.iter().zip(self.a.chunks_exact(row.len())) {
            for (sum, value) in self.sum.iter_mut().zip(a) {
                *sum += factor * value;
            }
        }
        for (weight, sum) in row.iter_mut().zip(&self.sum) {
            *weight += self.scale * sum;
        }
    }
}
