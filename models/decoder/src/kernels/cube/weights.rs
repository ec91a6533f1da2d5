//! One element of a quantized matrix on a device.
//!
//! The layouts and the order of operations are those of `models::blocks`; a
//! device may fuse a product and a sum, so the last bit may differ.

use cubecl::prelude::*;
use models::gguf::GgmlType;

use super::number;
use crate::matrix::Packing;

/// The element of a packed matrix at `row` and `column`.
#[cube]
pub(super) fn weight(
    words: &Tensor<u32>,
    row: u32,
    column: u32,
    #[comptime] packing: Packing,
) -> f32 {
    let row_bytes = comptime!(number(packing.row_bytes()));
    let elements = comptime!(number(packing.block()));
    let block_bytes = comptime!(number(packing.bytes(packing.block())));
    let block = row * row_bytes + column / elements * block_bytes;
    let index = column % elements;
    match comptime!(packing.kind) {
        GgmlType::F32 => f32::reinterpret(words[(block / 4) as usize]),
        GgmlType::F16 => half(words, block),
        GgmlType::BF16 => f32::reinterpret(two_bytes(words, block) << 16),
        GgmlType::Q4_0 => {
            let quant = nibble(words, block + 2, index);
            (f32::cast_from(quant) - 8.0) * half(words, block)
        }
        GgmlType::Q4_1 => {
            let quant = nibble(words, block + 4, index);
            f32::cast_from(quant) * half(words, block) + half(words, block + 2)
        }
        GgmlType::Q5_0 => {
            let quant = nibble(words, block + 6, index) | fifth_bit(words, block + 2, index);
            (f32::cast_from(quant) - 16.0) * half(words, block)
        }
        GgmlType::Q5_1 => {
            let quant = nibble(words, block + 8, index) | fifth_bit(words, block + 4, index);
            f32::cast_from(quant) * half(words, block) + half(words, block + 2)
        }
        GgmlType::Q8_0 => signed_byte(words, block + 2 + index) * half(words, block),
        GgmlType::Q2_K => q2_k(words, block, index),
        GgmlType::Q3_K => q3_k(words, block, index),
        GgmlType::Q4_K => {
            let eighth = index / 32;
            let quant = packed_nibble(words, block + 16, index);
            scaled(words, block, eighth, quant)
        }
        GgmlType::Q5_K => {
            let eighth = index / 32;
            let bit = (byte(words, block + 16 + index % 32) >> eighth) & 1;
            let quant = packed_nibble(words, block + 48, index) | (bit << 4);
            scaled(words, block, eighth, quant)
        }
        GgmlType::Q6_K => q6_k(words, block, index),
        // A matrix of another kind is refused when it is loaded.
        _ => 0.0f32.runtime(),
    }
}

#[cube]
fn byte(words: &Tensor<u32>, at: u32) -> u32 {
    (words[(at / 4) as usize] >> (at % 4 * 8)) & 255
}

/// Two bytes at an even place, the first one low.
#[cube]
fn two_bytes(words: &Tensor<u32>, at: u32) -> u32 {
    (words[(at / 4) as usize] >> (at % 4 * 8)) & 65535
}

#[cube]
fn signed_byte(words: &Tensor<u32>, at: u32) -> f32 {
    let value = f32::cast_from(byte(words, at));
    select(value > 127.0, value - 256.0, value)
}

/// A number of half precision at an even place.
///
/// Its bits are moved into a single's place; those below 2^-14, whose place would
/// be below what devices keep, are multiplied up instead.
#[cube]
fn half(words: &Tensor<u32>, at: u32) -> f32 {
    let bits = two_bytes(words, at);
    let exponent = (bits >> 10) & 31;
    let mantissa = bits & 1023;
    let normal = f32::reinterpret(((exponent + 112) << 23) | (mantissa << 13));
    let tiny = f32::cast_from(mantissa) * 5.960_464_5e-8;
    let value = select(exponent == 0, tiny, normal);
    select((bits >> 15) == 1, -value, value)
}

/// Blocks of 32: the first half in the low bits of 16 bytes, the other in the high.
#[cube]
fn nibble(words: &Tensor<u32>, at: u32, index: u32) -> u32 {
    (byte(words, at + index % 16) >> (index / 16 * 4)) & 15
}

/// The bit of an index in four bytes, as the fifth of a number.
#[cube]
fn fifth_bit(words: &Tensor<u32>, at: u32, index: u32) -> u32 {
    ((byte(words, at + index / 8) >> (index % 8)) & 1) << 4
}

/// Blocks of 256: 32 in the low bits of 32 bytes, the next 32 in the high ones.
#[cube]
fn packed_nibble(words: &Tensor<u32>, at: u32, index: u32) -> u32 {
    let eighth = index / 32;
    (byte(words, at + eighth / 2 * 32 + index % 32) >> (eighth % 2 * 4)) & 15
}

/// A number of an eighth of `Q4_K` and `Q5_K`: scale and min of six bits each.
#[cube]
fn scaled(words: &Tensor<u32>, block: u32, eighth: u32, quant: u32) -> f32 {
    let packed = block + 4;
    let low = eighth % 4;
    let (first, second) = (byte(words, packed + low), byte(words, packed + low + 4));
    let last = byte(words, packed + low + 8);
    let late = eighth >= 4;
    let scale = select(late, (last & 15) | ((first >> 6) << 4), first & 63);
    let min = select(late, (last >> 4) | ((second >> 6) << 4), second & 63);
    let scale = half(words, block) * f32::cast_from(scale);
    scale * f32::cast_from(quant) - half(words, block + 2) * f32::cast_from(min)
}

/// Two bits of a block's 64 bytes: 32 of a half four times over.
#[cube]
fn two_bits(words: &Tensor<u32>, at: u32, index: u32) -> u32 {
    let sixteenth = index / 16;
    let place = (sixteenth / 8 * 2 + sixteenth % 2) * 16 + index % 16;
    (byte(words, at + place) >> (sixteenth % 8 / 2 * 2)) & 3
}

#[cube]
fn q2_k(words: &Tensor<u32>, block: u32, index: u32) -> f32 {
    let packed = byte(words, block + index / 16);
    let quant = two_bits(words, block + 16, index);
    let scale = half(words, block + 80) * f32::cast_from(packed & 15);
    scale * f32::cast_from(quant) - half(words, block + 82) * f32::cast_from(packed >> 4)
}

#[cube]
fn q3_k(words: &Tensor<u32>, block: u32, index: u32) -> f32 {
    let sixteenth = index / 16;
    let low = byte(words, block + 96 + sixteenth % 8) >> (sixteenth / 8 * 4);
    let high = byte(words, block + 104 + sixteenth % 4) >> (sixteenth / 4 * 2);
    let scale = (low & 15) | ((high & 3) << 4);
    let third = byte(words, block + sixteenth % 2 * 16 + index % 16) >> (sixteenth / 2);
    let quant = two_bits(words, block + 32, index) | ((third & 1) << 2);
    let scale = half(words, block + 108) * (f32::cast_from(scale) - 32.0);
    scale * (f32::cast_from(quant) - 4.0)
}

#[cube]
fn q6_k(words: &Tensor<u32>, block: u32, index: u32) -> f32 {
    let sixteenth = index / 16;
    let (part, inside) = (sixteenth / 8, sixteenth % 8);
    let place = (part * 4 + inside % 4) * 16 + index % 16;
    let low = (byte(words, block + place) >> (inside / 4 * 4)) & 15;
    let place = (part * 2 + inside % 2) * 16 + index % 16;
    let high = (byte(words, block + 128 + place) >> (inside / 2 * 2)) & 3;
    let scale = half(words, block + 208) * signed_byte(words, block + 192 + sixteenth);
    scale * (f32::cast_from(low | (high << 4)) - 32.0)
}
