//! Weights as the kernels read them: groups of sixteen rows, side by side.
//!
//! ```text
//! group (16 rows) ─► block (32 columns) ─► quad (4 columns) ─► row ─► 4 bytes
//! ```
//!
//! A number is `q · scale + min` with `q` from 0 to 15 or to 255. `Q4_0`, `Q4_1`, `Q5_0`,
//! `Q5_1` and `Q8_0` are brought into that form without loss; other types are quantized to
//! 8 bits between the least and the largest number of each 32.

use half::f16;
use models::blocks::{BlockError, dequantize};
use models::gguf::GgmlType;

use crate::kernels::{Halves, LANES, Simd};

/// Columns of a block.
pub(crate) const BLOCK: usize = 32;
/// Fours of columns in a block.
pub(crate) const QUADS: usize = BLOCK / 4;

/// Sixteen rows and 32 columns.
pub(crate) trait Block: Copy + Send + Sync {
    /// The quads `index` and `index + 4`, for an index below 4.
    fn quads<S: Simd>(&self, simd: S, index: usize) -> [S::Bytes; 2];
    /// Each row's scale.
    fn scale(&self) -> &Halves;
    /// Each row's least number.
    fn min(&self) -> &Halves;
}

/// Four bits a number.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Nibbles {
    /// Quads 0 to 3 in the lower halves of bytes, 4 to 7 in the upper ones.
    quads: [[u8; 4 * LANES]; QUADS / 2],
    scale: Halves,
    min: Halves,
}

/// Eight bits a number.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Bytes {
    quads: [[u8; 4 * LANES]; QUADS],
    scale: Halves,
    min: Halves,
}

impl Block for Nibbles {
    #[inline(always)]
    fn quads<S: Simd>(&self, simd: S, index: usize) -> [S::Bytes; 2] {
        let both = simd.read_bytes(&self.quads[index]);
        [simd.low(both), simd.high(both)]
    }

    #[inline(always)]
    fn scale(&self) -> &Halves {
        &self.scale
    }

    #[inline(always)]
    fn min(&self) -> &Halves {
        &self.min
    }
}

impl Block for Bytes {
    #[inline(always)]
    fn quads<S: Simd>(&self, simd: S, index: usize) -> [S::Bytes; 2] {
        [simd.read_bytes(&self.quads[index]), simd.read_bytes(&self.quads[index + QUADS / 2])]
    }

    #[inline(always)]
    fn scale(&self) -> &Halves {
        &self.scale
    }

    #[inline(always)]
    fn min(&self) -> &Halves {
        &self.min
    }
}

/// A matrix `[rows, columns]`; rows beyond the last are zeros.
#[derive(Clone)]
pub(crate) struct Packed {
    /// The rows that count.
    pub(crate) rows: usize,
    /// A multiple of [`BLOCK`].
    pub(crate) columns: usize,
    /// Group after group, of each its blocks.
    pub(crate) blocks: Blocks,
}

/// The blocks of a matrix, all of one size.
#[derive(Clone)]
pub(crate) enum Blocks {
    /// Four bits a number.
    Nibbles(Vec<Nibbles>),
    /// Eight bits a number.
    Bytes(Vec<Bytes>),
}

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
struct Row {
    quants: [u8; BLOCK],
    scale: f16,
    min: f16,
}

impl Packed {
    /// Groups of sixteen rows.
    pub(crate) fn groups(&self) -> usize {
        self.rows.div_ceil(LANES)
    }

    /// Blocks of a row.
    pub(crate) fn row_blocks(&self) -> usize {
        self.columns / BLOCK
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        match &self.blocks {
            Blocks::Nibbles(blocks) => size_of_val(blocks.as_slice()),
            Blocks::Bytes(blocks) => size_of_val(blocks.as_slice()),
        }
    }

    /// Brings a matrix into this form; its bytes are whole rows, and its columns whole blocks.
    pub(crate) fn pack(stored: Stored<'_>) -> Result<Self, BlockError> {
        let [rows, columns] = stored.size;
        let groups = rows.div_ceil(LANES);
        let (mut nibbles, mut bytes) = (Vec::new(), Vec::new());
        let is_nibbles = matches!(stored.kind, GgmlType::Q4_0 | GgmlType::Q4_1);
        for group in 0..groups {
            for block in 0..columns / BLOCK {
                let zeros = || Row { quants: [0; BLOCK], scale: f16::ZERO, min: f16::ZERO };
                let row = |lane: usize| match group * LANES + lane {
                    row if row < rows => stored.row(row, block),
                    _ => Ok(zeros()),
                };
                let mut of_lanes = [(); LANES].map(|()| zeros());
                for (lane, of_lane) in of_lanes.iter_mut().enumerate() {
                    *of_lane = row(lane)?;
                }
                if is_nibbles {
                    nibbles.push(Nibbles::of(&of_lanes));
                } else {
                    bytes.push(Bytes::of(&of_lanes));
                }
            }
        }
        let blocks = if is_nibbles { Blocks::Nibbles(nibbles) } else { Blocks::Bytes(bytes) };
        Ok(Self { rows, columns, blocks })
    }
}

impl Nibbles {
    fn of(rows: &[Row; LANES]) -> Self {
        let quads = std::array::from_fn(|quad| {
            std::array::from_fn(|byte| {
                let (quants, column) = (&rows[byte / 4].quants, 4 * quad + byte % 4);
                quants[column] | quants[column + BLOCK / 2] << 4
            })
        });
        Self { quads, scale: halves(rows, |row| row.scale), min: halves(rows, |row| row.min) }
    }
}

impl Bytes {
    fn of(rows: &[Row; LANES]) -> Self {
        let quads = std::array::from_fn(|quad| {
            std::array::from_fn(|byte| rows[byte / 4].quants[4 * quad + byte % 4])
        });
        Self { quads, scale: halves(rows, |row| row.scale), min: halves(rows, |row| row.min) }
    }
}

fn halves(rows: &[Row; LANES], of: impl Fn(&Row) -> f16) -> Halves {
    std::array::from_fn(|lane| of(&rows[lane]).to_bits())
}

impl Stored<'_> {
    /// A block of a row.
    fn row(&self, row: usize, block: usize) -> Result<Row, BlockError> {
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
