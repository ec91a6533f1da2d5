//! Blocks of 32 numbers of a file, on an even grid: `q · scale + min` with `q` of a byte.
//!
//! `Q4_0`, `Q4_1`, `Q5_0`, `Q5_1` and `Q8_0` are such grids. So are `Q4_K` and `Q5_K`, whose
//! scales are products of an f16 and six bits: they are rounded to f16, by half a thousandth
//! at most, or to its greatest number where they lie beyond. Other types are quantized to
//! 8 bits between the least and the largest number.

use half::f16;
use models::blocks::{BlockError, dequantize, eighths};
use models::gguf::GgmlType;

/// Columns of a block.
pub(crate) const BLOCK: usize = 32;

/// Where the rows of a matrix lie as they are in a file.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    /// How blocks are stored.
    pub(crate) kind: GgmlType,
    /// Row after row.
    pub(crate) bytes: &'a [u8],
    /// Rows and columns.
    pub(crate) size: [usize; 2],
}

/// One row's share of a block.
pub(crate) struct Row {
    pub(crate) quants: [u8; BLOCK],
    pub(crate) scale: f16,
    pub(crate) min: f16,
}

/// Whether four bits tell a number that is stored so from the others of its 32.
pub(crate) fn is_nibbles(kind: GgmlType) -> bool {
    matches!(kind, GgmlType::Q4_0 | GgmlType::Q4_1 | GgmlType::Q4_K)
}

impl Stored<'_> {
    /// A block of a row.
    pub(crate) fn row(&self, row: usize, block: usize) -> Result<Row, BlockError> {
        let row_bytes = self.bytes.len() / self.size[0];
        let of_row = &self.bytes[row * row_bytes..][..row_bytes];
        let own = |bytes: usize| &of_row[block * bytes..][..bytes];
        let half = |bytes: &[u8]| f16::from_le_bytes([bytes[0], bytes[1]]);
        let negative = |scale: f16, times: f32| f16::from_f32(-times * scale.to_f32());
        Ok(match self.kind {
            GgmlType::Q4_0 => {
                let bytes = own(18);
                let scale = half(bytes);
                Row { quants: nibbles(&bytes[2..]), scale, min: negative(scale, 8.0) }
            }
            GgmlType::Q4_1 => {
                let bytes = own(20);
                Row { quants: nibbles(&bytes[4..]), scale: half(bytes), min: half(&bytes[2..]) }
            }
            GgmlType::Q5_0 => {
                let bytes = own(22);
                let (scale, quants) = (half(bytes), fifth_bits(&bytes[2..6], &bytes[6..]));
                Row { quants, scale, min: negative(scale, 16.0) }
            }
            GgmlType::Q5_1 => {
                let bytes = own(24);
                let quants = fifth_bits(&bytes[4..8], &bytes[8..]);
                Row { quants, scale: half(bytes), min: half(&bytes[2..]) }
            }
            GgmlType::Q8_0 if f16::MAX.to_f32() / 128.0 > half(own(34)).to_f32().abs() => {
                let bytes = own(34);
                let (scale, quants) = (half(bytes), |index: usize| bytes[2 + index] ^ 128);
                Row { quants: std::array::from_fn(quants), scale, min: negative(scale, 128.0) }
            }
            GgmlType::Q4_K => eighth(of_row, block, 144),
            GgmlType::Q5_K => eighth(of_row, block, 176),
            _ => self.quantized(of_row, block)?,
        })
    }

    /// A block of a row of some other type, in 8 bits.
    fn quantized(&self, of_row: &[u8], block: usize) -> Result<Row, BlockError> {
        let elements = to_usize(self.kind.block_elements());
        let block_bytes = to_usize(self.kind.block_bytes());
        let (first, count) = (block * BLOCK / elements, BLOCK.div_ceil(elements));
        let mut values = vec![0.0; count * elements];
        let stored = &of_row[first * block_bytes..][..count * block_bytes];
        dequantize(self.kind, stored, &mut values)?;
        Ok(quantized(&values[block * BLOCK % elements..][..BLOCK]))
    }
}

/// An eighth of a block of so many bytes, `Q4_K` or, with fifth bits, `Q5_K`.
fn eighth(of_row: &[u8], block: usize, bytes: usize) -> Row {
    let (own, eighth) = (&of_row[block / 8 * bytes..][..bytes], block % 8);
    let (head, rest) = own.split_first_chunk().expect("a block has 144 bytes or 176");
    let (fifth_bits, quants) = rest.split_at(rest.len() - 128);
    let (scale, min) = eighths(head)[eighth];
    let quant = |index: usize| {
        let high = fifth_bits.get(index).map_or(0, |bits| bits >> eighth & 1);
        quants[eighth / 2 * BLOCK + index] >> (eighth % 2 * 4) & 15 | high << 4
    };
    let near = |number: f32| f16::from_f32(number.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()));
    Row { quants: std::array::from_fn(quant), scale: near(scale), min: near(-min) }
}

fn to_usize(value: u64) -> usize {
    usize::try_from(value).expect("a block is small")
}

/// 32 numbers in 8 bits each, between the least and the largest of them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 255")]
fn quantized(values: &[f32]) -> Row {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (min, scale) = (f16::from_f32(least), f16::from_f32((most - least) / 255.0));
    let step = if scale == f16::ZERO { 0.0 } else { 1.0 / scale.to_f32() };
    let quant =
        |value: f32| ((value - min.to_f32()) * step).round_ties_even().clamp(0.0, 255.0) as u8;
    Row { quants: std::array::from_fn(|index| quant(values[index])), scale, min }
}

fn nibbles(bytes: &[u8]) -> [u8; BLOCK] {
    std::array::from_fn(|index| {
        let byte = bytes[index % (BLOCK / 2)];
        if index < BLOCK / 2 { byte & 15 } else { byte >> 4 }
    })
}

fn fifth_bits(bits: &[u8], bytes: &[u8]) -> [u8; BLOCK] {
    let mut quants = nibbles(bytes);
    for (index, quant) in quants.iter_mut().enumerate() {
        *quant |= (bits[index / 8] >> (index % 8) & 1) << 4;
    }
    quants
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks, and after them what llama.cpp reads in them.
    fn check_grid(kind: GgmlType, recorded: &[u8], most: u8) {
        let block_bytes = to_usize(kind.block_bytes());
        let blocks = recorded.len() / (block_bytes + 256 * size_of::<f32>());
        let (bytes, values) = recorded.split_at(blocks * block_bytes);
        let stored = Stored { kind, bytes, size: [1, 256 * blocks] };
        let (values, _) = values.as_chunks();
        for (block, values) in values.chunks_exact(BLOCK).enumerate() {
            let Row { quants, scale, min } = stored.row(0, block).unwrap();
            assert!(scale.is_finite() && min.is_finite());
            if [f16::MAX, f16::MIN].contains(&scale) {
                continue;
            }
            for (quant, value) in quants.iter().zip(values) {
                let exact = f32::from_le_bytes(*value);
                let steps = scale.to_f32() * f32::from(*quant);
                // Half a unit in the last of f16's eleven bits, of each of the two terms.
                let rounded = (steps.abs() + min.to_f32().abs()) / 2048.0;
                let found = steps + min.to_f32();
                assert!(
                    (found - exact).abs() <= rounded * 1.01,
                    "{found} for {exact}, {scale}, {min}"
                );
                assert!(*quant <= most);
            }
        }
    }

    #[test]
    fn four_and_five_bits_of_256_with_scales_of_six_are_grids_of_their_eighths() {
        check_grid(GgmlType::Q4_K, include_bytes!("../../tests/blocks/q4_k.bin"), 15);
        check_grid(GgmlType::Q5_K, include_bytes!("../../tests/blocks/q5_k.bin"), 31);
    }
}
