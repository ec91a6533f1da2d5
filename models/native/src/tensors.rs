//! Tensors of a file as the kernels want them.

use models::blocks::dequantize;
use models::gguf::{GgmlType, Gguf};

use crate::error::NativeError;
use crate::kernels::{LANES, Vector};
use crate::packed::Packed;
use crate::stored::Stored;

/// Where the rows of a matrix lie in its file.
pub(crate) fn stored<'a>(
    gguf: &'a Gguf,
    tensor: &str,
    size: [usize; 2],
) -> Result<Stored<'a>, NativeError> {
    let [rows, columns] = size;
    let (kind, bytes) = find(gguf, tensor, vec![columns as u64, rows as u64])?;
    Ok(Stored { kind, bytes, size })
}

/// A matrix.
pub(crate) fn matrix(gguf: &Gguf, tensor: &str, size: [usize; 2]) -> Result<Packed, NativeError> {
    let stored = stored(gguf, tensor, size)?;
    Packed::pack(stored).map_err(|_| kind_error(gguf, tensor, stored.kind))
}

/// A vector of a multiple of sixteen numbers, such as a norm's weights.
pub(crate) fn vector(gguf: &Gguf, tensor: &str, length: usize) -> Result<Vec<Vector>, NativeError> {
    Ok(in_vectors(&numbers(gguf, tensor, length)?))
}

/// The numbers of a tensor of one dimension.
pub(crate) fn numbers(gguf: &Gguf, tensor: &str, length: usize) -> Result<Vec<f32>, NativeError> {
    let (kind, bytes) = find(gguf, tensor, vec![length as u64])?;
    let mut values = vec![0.0; length];
    dequantize(kind, bytes, &mut values).map_err(|_| kind_error(gguf, tensor, kind))?;
    Ok(values)
}

/// Numbers in vectors, zeros behind the last.
pub(crate) fn in_vectors(numbers: &[f32]) -> Vec<Vector> {
    let vectors = numbers.chunks(LANES).map(|chunk| {
        let mut vector = Vector::default();
        vector.0[..chunk.len()].copy_from_slice(chunk);
        vector
    });
    vectors.collect()
}

fn find<'a>(
    gguf: &'a Gguf,
    tensor: &str,
    expected: Vec<u64>,
) -> Result<(GgmlType, &'a [u8]), NativeError> {
    let file = || gguf.name().to_owned();
    let found = gguf.tensor(tensor).zip(gguf.tensor_bytes(tensor));
    let (found, bytes) =
        found.ok_or_else(|| NativeError::Missing { file: file(), tensor: tensor.into() })?;
    if found.ne != expected {
        let found = found.ne.clone();
        return Err(NativeError::Shape { file: file(), tensor: tensor.into(), expected, found });
    }
    Ok((found.kind, bytes))
}

pub(crate) fn kind_error(gguf: &Gguf, tensor: &str, kind: GgmlType) -> NativeError {
    NativeError::Kind { file: gguf.name().into(), tensor: tensor.into(), kind }
}
