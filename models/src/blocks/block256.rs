//! Blocks of 256 values with scales that are quantized themselves: `Q2_K` to `Q6_K`.
//!
//! | type | bytes | value |
//! | --- | --- | --- |
//! | `Q2_K` | 16 scales and mins of 4 bits, 64 of 2 bits, `d`, `m` | `(d·scale)·q - m·min` |
//! | `Q3_K` | 32 of third bits, 64 of 2 bits, 12 of scales, `d` | `(d·(scale - 32))·(q - 4)` |
//! | `Q4_K` | `d`, `m`, 12 of scales and mins, 128 of nibbles | `(d·scale)·q - m·min` |
//! | `Q5_K` | `d`, `m`, 12 of scales and mins, 32 of fifth bits, 128 of nibbles | as `Q4_K` |
//! | `Q6_K` | 128 of nibbles, 64 of 2 high bits, 16 scales, `d` | `(d·scale)·(q - 32)` |
//!
//! `d` and `m` are f16. A scale serves 16 values, in `Q4_K` and `Q5_K` 32.

use super::block32::half;

#[inline]
pub(super) fn read_q2_k(block: &[u8; 84], values: &mut [f32; 256]) {
    let [rest @ .., d0, d1, m0, m1] = block;
    let (d, m) = (half(*d0, *d1), half(*m0, *m1));
    let (scales, quants) = split::<16, 64, 80>(rest);
    let (quants, _) = quants.as_chunks::<16>();
    let (values, _) = values.as_chunks_mut::<16>();
    for (sixteenth, (values, packed)) in values.iter_mut().zip(scales).enumerate() {
        let scale = d * f32::from(packed & 15);
        let min = m * f32::from(packed >> 4);
        let shift = sixteenth % 8 / 2 * 2;
        let quants = &quants[sixteenth / 8 * 2 + sixteenth % 2];
        for (value, quant) in values.iter_mut().zip(quants) {
            *value = scale * f32::from(quant >> shift & 3) - min;
        }
    }
}

#[inline]
pub(super) fn read_q3_k(block: &[u8; 110], values: &mut [f32; 256]) {
    let [rest @ .., d0, d1] = block;
    let d = half(*d0, *d1);
    let (third_bits, rest) = split::<32, 76, 108>(rest);
    let (quants, scales) = split::<64, 12, 76>(rest);
    let (third_bits, _) = third_bits.as_chunks::<16>();
    let (quants, _) = quants.as_chunks::<16>();
    let (values, _) = values.as_chunks_mut::<16>();
    for (sixteenth, (values, scale)) in values.iter_mut().zip(scales_q3_k(scales)).enumerate() {
        let scale = d * f32::from(i16::from(scale) - 32);
        let shift = sixteenth % 8 / 2 * 2;
        let quants = &quants[sixteenth / 8 * 2 + sixteenth % 2];
        let third_bits = &third_bits[sixteenth % 2];
        for ((value, quant), third_bits) in values.iter_mut().zip(quants).zip(third_bits) {
            let quant = (quant >> shift & 3) | (third_bits >> (sixteenth / 2) & 1) << 2;
            *value = scale * f32::from(i16::from(quant) - 4);
        }
    }
}

/// Scales of six bits: four low ones in the first eight bytes, two high ones in the
/// last four.
#[inline]
fn scales_q3_k(packed: &[u8; 12]) -> [u8; 16] {
    let mut scales = [0; 16];
    for j in 0..4 {
        let high = packed[j + 8];
        scales[j] = packed[j] & 15 | (high & 3) << 4;
        scales[j + 4] = packed[j + 4] & 15 | (high >> 2 & 3) << 4;
        scales[j + 8] = packed[j] >> 4 | (high >> 4 & 3) << 4;
        scales[j + 12] = packed[j + 4] >> 4 | (high >> 6) << 4;
    }
    scales
}

#[inline]
pub(super) fn read_q4_k(block: &[u8; 144], values: &mut [f32; 256]) {
    let (head, quants) = split::<16, 128, 144>(block);
    let (quants, _) = quants.as_chunks::<32>();
    let (values, _) = values.as_chunks_mut::<32>();
    for (eighth, (values, (scale, min))) in values.iter_mut().zip(eighths(head)).enumerate() {
        let shift = eighth % 2 * 4;
        for (value, quant) in values.iter_mut().zip(&quants[eighth / 2]) {
            *value = scale * f32::from(quant >> shift & 15) - min;
        }
    }
}

#[inline]
pub(super) fn read_q5_k(block: &[u8; 176], values: &mut [f32; 256]) {
    let (head, rest) = split::<16, 160, 176>(block);
    let (fifth_bits, quants) = split::<32, 128, 160>(rest);
    let (quants, _) = quants.as_chunks::<32>();
    let (values, _) = values.as_chunks_mut::<32>();
    for (eighth, (values, (scale, min))) in values.iter_mut().zip(eighths(head)).enumerate() {
        let shift = eighth % 2 * 4;
        for ((value, quant), bits) in values.iter_mut().zip(&quants[eighth / 2]).zip(fifth_bits) {
            let quant = quant >> shift & 15 | (bits >> eighth & 1) << 4;
            *value = scale * f32::from(quant) - min;
        }
    }
}

/// The scale and the min of each eighth of a `Q4_K` or `Q5_K` block, from its first 16 bytes:
/// `d`, `m` and twice eight numbers of six bits. A number is `scale · q - min`.
///
/// The first four of each stand in a byte's low bits, of the others four bits
/// stand in the last bytes and two in those high bits.
#[inline]
pub fn eighths(head: &[u8; 16]) -> [(f32, f32); 8] {
    let [d0, d1, m0, m1, packed @ ..] = head;
    let (d, m) = (half(*d0, *d1), half(*m0, *m1));
    let mut scales = [(0.0, 0.0); 8];
    for j in 0..4 {
        let (scale, min, low) = (packed[j], packed[j + 4], packed[j + 8]);
        scales[j] = (d * f32::from(scale & 63), m * f32::from(min & 63));
        let (scale, min) = (low & 15 | scale >> 6 << 4, low >> 4 | min >> 6 << 4);
        scales[j + 4] = (d * f32::from(scale), m * f32::from(min));
    }
    scales
}

#[inline]
pub(super) fn read_q6_k(block: &[u8; 210], values: &mut [f32; 256]) {
    let [rest @ .., d0, d1] = block;
    let d = half(*d0, *d1);
    let (nibbles, rest) = split::<128, 80, 208>(rest);
    let (high_bits, scales) = split::<64, 16, 80>(rest);
    let (nibbles, _) = nibbles.as_chunks::<16>();
    let (high_bits, _) = high_bits.as_chunks::<16>();
    let (values, _) = values.as_chunks_mut::<16>();
    for (sixteenth, (values, scale)) in values.iter_mut().zip(scales).enumerate() {
        let scale = d * f32::from(scale.cast_signed());
        // A half of the block has 64 nibble bytes, passed twice: low, then high.
        let (half, in_half) = (sixteenth / 8, sixteenth % 8);
        let nibbles = &nibbles[half * 4 + in_half % 4];
        let high_bits = &high_bits[half * 2 + in_half % 2];
        let (shift, high_shift) = (in_half / 4 * 4, in_half / 2 * 2);
        for ((value, nibble), bits) in values.iter_mut().zip(nibbles).zip(high_bits) {
            let quant = nibble >> shift & 15 | (bits >> high_shift & 3) << 4;
            *value = scale * f32::from(i16::from(quant) - 32);
        }
    }
}

/// Splits an array after its first `A` bytes, which leaves `B`.
#[inline]
fn split<const A: usize, const B: usize, const BOTH: usize>(
    bytes: &[u8; BOTH],
) -> (&[u8; A], &[u8; B]) {
    const { assert!(A + B == BOTH) };
    let parts = bytes.split_first_chunk().zip(bytes.last_chunk());
    let ((first, _), last) = parts.expect("the lengths add up");
    (first, last)
}
