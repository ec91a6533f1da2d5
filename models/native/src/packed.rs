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
use models::gguf::GgmlType;

use crate::kernels::{Halves, LANES, Simd};
use crate::stored::{BLOCK, Row, Stored, is_nibbles};

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

    /// Bytes of a matrix of this size that is stored so.
    pub(crate) fn bytes_of(kind: GgmlType, [rows, columns]: [usize; 2]) -> usize {
        let blocks = rows.div_ceil(LANES) * columns.div_ceil(BLOCK);
        blocks * if is_nibbles(kind) { size_of::<Nibbles>() } else { size_of::<Bytes>() }
    }

    /// Brings a matrix into this form; its bytes are whole rows, and its columns whole blocks.
    #[cfg(test)]
    pub(crate) fn pack(stored: Stored<'_>) -> Result<Self, BlockError> {
        let mut packed = Self::with_room(stored.kind, stored.size);
        packed.append(stored)?;
        Ok(packed)
    }

    /// Room for a matrix of this size, without rows.
    pub(crate) fn with_room(kind: GgmlType, [rows, columns]: [usize; 2]) -> Self {
        let blocks = rows.div_ceil(LANES) * (columns / BLOCK);
        let blocks = if is_nibbles(kind) {
            Blocks::Nibbles(Vec::with_capacity(blocks))
        } else {
            Blocks::Bytes(Vec::with_capacity(blocks))
        };
        Self { rows: 0, columns, blocks }
    }

    /// Appends rows of the kind that there is room for; those before them are whole groups.
    pub(crate) fn append(&mut self, stored: Stored<'_>) -> Result<(), BlockError> {
        let [rows, columns] = stored.size;
        let zeros = || Row { quants: [0; BLOCK], scale: f16::ZERO, min: f16::ZERO };
        for group in 0..rows.div_ceil(LANES) {
            for block in 0..columns / BLOCK {
                let mut of_lanes = [(); LANES].map(|()| zeros());
                for (row, of_lane) in (group * LANES..rows).zip(&mut of_lanes) {
                    *of_lane = stored.row(row, block)?;
                }
                match &mut self.blocks {
                    Blocks::Nibbles(blocks) => blocks.push(Nibbles::of(&of_lanes)),
                    Blocks::Bytes(blocks) => blocks.push(Bytes::of(&of_lanes)),
                }
            }
        }
        self.rows += rows;
        Ok(())
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
