//! Weights as the kernels read them: groups of sixteen rows, side by side.
//!
//! ```text
//! group (16 rows) ─► block (32 columns) ─► quad (4 columns) ─► row ─► 4 bytes
//! ```
//!
//! A number is `q · scale + min` with `q` from 0 to 15 or to 255; [`crate::stored`] says
//! which types of a file come into that form without loss.

use half::f16;
use models::blocks::BlockError;

use crate::kernels::{Halves, LANES, Simd};
use crate::stored::{BLOCK, Row, Stored};

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
        let is_nibbles = stored.is_nibbles();
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
