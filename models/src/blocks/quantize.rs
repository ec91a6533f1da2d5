//! From values to blocks: rounding as llama.cpp's reference rounds.

use half::f16;

use super::{BlockError, check_lengths, floats};
use crate::gguf::GgmlType;

/// Stores `values` in `bytes`, as near as the type comes to them.
///
/// Both are whole blocks, of as many values.
pub fn quantize(ggml_type: GgmlType, values: &[f32], bytes: &mut [u8]) -> Result<(), BlockError> {
    let write: fn(&[f32], &mut [u8]) = match ggml_type {
        GgmlType::F32 => floats::write_f32,
        GgmlType::F16 => floats::write_f16,
        GgmlType::BF16 => floats::write_bf16,
        GgmlType::Q4_0 => |values, bytes| each(values, bytes, write_q4_0),
        GgmlType::Q8_0 => |values, bytes| each(values, bytes, write_q8_0),
        other => return Err(BlockError::NotQuantized(other)),
    };
    check_lengths(ggml_type, bytes.len(), values.len())?;
    write(values, bytes);
    Ok(())
}

fn each<const BYTES: usize>(
    values: &[f32],
    bytes: &mut [u8],
    write: impl Fn(&[f32; 32], &mut [u8; BYTES]),
) {
    let (values, _) = values.as_chunks();
    let (blocks, _) = bytes.as_chunks_mut();
    for (values, block) in values.iter().zip(blocks) {
        write(values, block);
    }
}

/// The value farthest from zero becomes -8 exactly; of several, the first.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.5 to 16.5")]
fn write_q4_0(values: &[f32; 32], block: &mut [u8; 18]) {
    let mut farthest = 0.0f32;
    for &value in values {
        if farthest.abs() < value.abs() {
            farthest = value;
        }
    }
    let scale = farthest / -8.0;
    let (low, high) = values.split_at(16);
    let inverse = inverse(scale);
    let quant = |value: f32| ((value * inverse + 8.5) as u8).min(15);
    let [d0, d1, nibbles @ ..] = block;
    [*d0, *d1] = f16::from_f32(scale).to_le_bytes();
    for (pair, (&low, &high)) in nibbles.iter_mut().zip(low.iter().zip(high)) {
        *pair = quant(low) | quant(high) << 4;
    }
}

/// Halves round away from zero.
#[allow(clippy::cast_possible_truncation, reason = "-127 to 127")]
fn write_q8_0(values: &[f32; 32], block: &mut [u8; 34]) {
    let farthest = values.iter().fold(0.0f32, |farthest, value| farthest.max(value.abs()));
    let scale = farthest / 127.0;
    let inverse = inverse(scale);
    let [d0, d1, quants @ ..] = block;
    [*d0, *d1] = f16::from_f32(scale).to_le_bytes();
    for (quant, value) in quants.iter_mut().zip(values) {
        *quant = ((value * inverse).round() as i8).cast_unsigned();
    }
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}
