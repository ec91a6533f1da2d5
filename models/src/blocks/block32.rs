//! Blocks of 32 values under one scale: `Q4_0`, `Q4_1`, `Q5_0`, `Q5_1`, `Q8_0`.
//!
//! | type | bytes | value |
//! | --- | --- | --- |
//! | `Q4_0` | `d` f16, 16 of nibbles | `(q - 8) · d` |
//! | `Q4_1` | `d` f16, `m` f16, 16 of nibbles | `q · d + m` |
//! | `Q5_0` | `d` f16, 4 of fifth bits, 16 of nibbles | `(q - 16) · d` |
//! | `Q5_1` | `d` f16, `m` f16, 4 of fifth bits, 16 of nibbles | `q · d + m` |
//! | `Q8_0` | `d` f16, 32 signed | `q · d` |
//!
//! Byte `j` of the nibbles holds value `j` in its low half, `j + 16` in its high
//! half; bit `j` of the fifth bits belongs to value `j`.

use half::f16;

/// The number that a little-endian half stands for.
#[inline]
pub(super) fn half(low: u8, high: u8) -> f32 {
    f16::from_le_bytes([low, high]).to_f32()
}

#[inline]
pub(super) fn read_q4_0(block: &[u8; 18], values: &mut [f32; 32]) {
    let [d0, d1, nibbles @ ..] = block;
    let scale = half(*d0, *d1);
    for (j, &pair) in nibbles.iter().enumerate() {
        values[j] = f32::from(i16::from(pair & 15) - 8) * scale;
        values[j + 16] = f32::from(i16::from(pair >> 4) - 8) * scale;
    }
}

#[inline]
pub(super) fn read_q4_1(block: &[u8; 20], values: &mut [f32; 32]) {
    let [d0, d1, m0, m1, nibbles @ ..] = block;
    let (scale, min) = (half(*d0, *d1), half(*m0, *m1));
    for (j, &pair) in nibbles.iter().enumerate() {
        values[j] = f32::from(pair & 15) * scale + min;
        values[j + 16] = f32::from(pair >> 4) * scale + min;
    }
}

#[inline]
pub(super) fn read_q5_0(block: &[u8; 22], values: &mut [f32; 32]) {
    let [d0, d1, h0, h1, h2, h3, nibbles @ ..] = block;
    let scale = half(*d0, *d1);
    let quants = with_fifth_bits(nibbles, u32::from_le_bytes([*h0, *h1, *h2, *h3]));
    for (value, quant) in values.iter_mut().zip(quants) {
        *value = f32::from(i16::from(quant) - 16) * scale;
    }
}

#[inline]
pub(super) fn read_q5_1(block: &[u8; 24], values: &mut [f32; 32]) {
    let [d0, d1, m0, m1, h0, h1, h2, h3, nibbles @ ..] = block;
    let (scale, min) = (half(*d0, *d1), half(*m0, *m1));
    let quants = with_fifth_bits(nibbles, u32::from_le_bytes([*h0, *h1, *h2, *h3]));
    for (value, quant) in values.iter_mut().zip(quants) {
        *value = f32::from(quant) * scale + min;
    }
}

#[inline]
pub(super) fn read_q8_0(block: &[u8; 34], values: &mut [f32; 32]) {
    let [d0, d1, quants @ ..] = block;
    let scale = half(*d0, *d1);
    for (value, &quant) in values.iter_mut().zip(quants) {
        *value = f32::from(quant.cast_signed()) * scale;
    }
}

/// Numbers of five bits, from 0 to 31.
#[inline]
fn with_fifth_bits(nibbles: &[u8; 16], bits: u32) -> [u8; 32] {
    let mut quants = [0; 32];
    for (j, &pair) in nibbles.iter().enumerate() {
        quants[j] = pair & 15;
        quants[j + 16] = pair >> 4;
    }
    for (j, quant) in quants.iter_mut().enumerate() {
        *quant |= u8::from(bits >> j & 1 == 1) << 4;
    }
    quants
}
