//! Numbers that stand alone: F32, F16, BF16.

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Halves that are widened at once, where the machine has instructions for it.
const HALVES: usize = 64;

pub(super) fn read_f32(bytes: &[u8], values: &mut [f32]) {
    let (words, _) = bytes.as_chunks();
    for (&word, value) in words.iter().zip(values) {
        *value = f32::from_le_bytes(word);
    }
}

pub(super) fn read_f16(bytes: &[u8], values: &mut [f32]) {
    let mut halves = [f16::ZERO; HALVES];
    for (bytes, values) in bytes.chunks(2 * HALVES).zip(values.chunks_mut(HALVES)) {
        let (words, _) = bytes.as_chunks();
        for (&word, half) in words.iter().zip(&mut halves) {
            *half = f16::from_le_bytes(word);
        }
        halves[..values.len()].convert_to_f32_slice(values);
    }
}

pub(super) fn read_bf16(bytes: &[u8], values: &mut [f32]) {
    let (words, _) = bytes.as_chunks();
    for (&word, value) in words.iter().zip(values) {
        *value = f32::from_bits(u32::from(u16::from_le_bytes(word)) << 16);
    }
}

pub(super) fn write_f32(values: &[f32], bytes: &mut [u8]) {
    let (words, _) = bytes.as_chunks_mut();
    for (value, word) in values.iter().zip(words) {
        *word = value.to_le_bytes();
    }
}

pub(super) fn write_f16(values: &[f32], bytes: &mut [u8]) {
    let mut halves = [f16::ZERO; HALVES];
    for (bytes, values) in bytes.chunks_mut(2 * HALVES).zip(values.chunks(HALVES)) {
        halves[..values.len()].convert_from_f32_slice(values);
        let (words, _) = bytes.as_chunks_mut();
        for (half, word) in halves.iter().zip(words) {
            *word = half.to_le_bytes();
        }
    }
}

pub(super) fn write_bf16(values: &[f32], bytes: &mut [u8]) {
    let (words, _) = bytes.as_chunks_mut();
    for (&value, word) in values.iter().zip(words) {
        *word = half::bf16::from_f32(value).to_le_bytes();
    }
}
