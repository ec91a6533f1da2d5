//! Blocks of quantized numbers, to `f32` and back, as llama.cpp's reference does it.
//!
//! ```text
//! bytes ─► dequantize ─► values     F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0, Q2_K to Q6_K
//! values ─► quantize ─► bytes       F32 F16 BF16 Q4_0 Q8_0
//! ```
//!
//! The float operations and their order are those of the reference, and none are
//! fused: the same bytes give the same bits on every machine. Which tensor has
//! which type is for [`crate::gguf`] to say; products with blocks are not here.

mod floats;
mod block32;
mod block256;
mod quantize;

use crate::gguf::GgmlType;

pub use block256::eighths;
pub use quantize::quantize;

/// Why bytes and values are not two forms of the same numbers.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The type's blocks are not read here.
    #[error("{0} cannot be dequantized")]
    NotDequantized(GgmlType),
    /// The type's blocks are not written here.
    #[error("{0} cannot be quantized to")]
    NotQuantized(GgmlType),
    /// The lengths do not belong together, or end within a block.
    #[error("{bytes} bytes of {ggml_type} are not whole blocks of {values} values")]
    Length {
        /// How the bytes are stored.
        ggml_type: GgmlType,
        /// Number of bytes.
        bytes: usize,
        /// Number of values.
        values: usize,
    },
}

/// Writes the numbers that `bytes` store into `values`.
///
/// Both are whole blocks, of as many values; a row, several rows or a tensor.
/// Any bytes are some numbers, of which a block with a bad scale has infinite
/// ones.
pub fn dequantize(ggml_type: GgmlType, bytes: &[u8], values: &mut [f32]) -> Result<(), BlockError> {
    let read: fn(&[u8], &mut [f32]) = match ggml_type {
        GgmlType::F32 => floats::read_f32,
        GgmlType::F16 => floats::read_f16,
        GgmlType::BF16 => floats::read_bf16,
        GgmlType::Q4_0 => |bytes, values| each(bytes, values, block32::read_q4_0),
        GgmlType::Q4_1 => |bytes, values| each(bytes, values, block32::read_q4_1),
        GgmlType::Q5_0 => |bytes, values| each(bytes, values, block32::read_q5_0),
        GgmlType::Q5_1 => |bytes, values| each(bytes, values, block32::read_q5_1),
        GgmlType::Q8_0 => |bytes, values| each(bytes, values, block32::read_q8_0),
        GgmlType::Q2_K => |bytes, values| each(bytes, values, block256::read_q2_k),
        GgmlType::Q3_K => |bytes, values| each(bytes, values, block256::read_q3_k),
        GgmlType::Q4_K => |bytes, values| each(bytes, values, block256::read_q4_k),
        GgmlType::Q5_K => |bytes, values| each(bytes, values, block256::read_q5_k),
        GgmlType::Q6_K => |bytes, values| each(bytes, values, block256::read_q6_k),
        other => return Err(BlockError::NotDequantized(other)),
    };
    check_lengths(ggml_type, bytes.len(), values.len())?;
    read(bytes, values);
    Ok(())
}

fn check_lengths(ggml_type: GgmlType, bytes: usize, values: usize) -> Result<(), BlockError> {
    if ggml_type.tensor_bytes(&[values as u64]) == Some(bytes as u64) {
        return Ok(());
    }
    Err(BlockError::Length { ggml_type, bytes, values })
}

/// Reads block after block; the lengths have been checked.
#[inline]
fn each<const BYTES: usize, const VALUES: usize>(
    bytes: &[u8],
    values: &mut [f32],
    read: impl Fn(&[u8; BYTES], &mut [f32; VALUES]),
) {
    let (blocks, _) = bytes.as_chunks();
    let (values, _) = values.as_chunks_mut();
    for (block, values) in blocks.iter().zip(values) {
        read(block, values);
    }
}
