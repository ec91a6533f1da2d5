//! Tensors of a file as the kernels want them.

use models::blocks::dequantize;
use models::gguf::{GgmlType, Gguf};

use crate::error::NativeError;
use crate::kernels::{LANES, Vector};
use crate::packed::Packed;
use crate::stored::Stored;

/// Rows that are packed before their bytes of the file are given back: whole groups.
const PIECE_ROWS: usize = 64 * LANES;

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

/// A matrix; what of the file has been packed need not stay in memory.
pub(crate) fn matrix(gguf: &Gguf, tensor: &str, size: [usize; 2]) -> Result<Packed, NativeError> {
    let stored = stored(gguf, tensor, size)?;
    let mut packed = Packed::with_room(stored.kind, size);
    let row_bytes = (stored.bytes.len() / size[0].max(1)).max(1);
    let mut released = 0;
    for bytes in stored.bytes.chunks(PIECE_ROWS * row_bytes) {
        let piece = Stored { bytes, size: [bytes.len() / row_bytes, size[1]], ..stored };
        packed.append(piece).map_err(|_| kind_error(gguf, tensor, stored.kind))?;
        let packed_bytes = released + bytes.len();
        gguf.release(tensor, released..packed_bytes);
        released = packed_bytes;
    }
    Ok(packed)
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
