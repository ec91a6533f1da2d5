//! Products with quantized matrices on a device.
//!
//! Few rows are multiplied by reading the matrix once for each of them, with the
//! columns shared out over a cube's units. More rows go through tiles in shared
//! memory, each element of the matrix dequantized once a tile.

use cubecl::prelude::*;

use super::number;
use super::weights::weight;
use crate::matrix::Packing;

/// Units that share a row of the matrix in [`matrix_vector`].
pub(super) const LANES: u32 = 32;
/// Rows of the matrix that a cube of [`matrix_vector`] multiplies.
pub(super) const VECTOR_ROWS: u32 = 4;
/// Rows and columns of a tile of the output in [`matrix_matrix`].
pub(super) const TILE: u32 = 32;
/// Inner elements of a tile.
const DEPTH: u32 = 16;
/// Rows and columns of the output that one unit computes.
const OWN: u32 = 2;
/// Units along each side of a tile.
pub(super) const SIDE: u32 = TILE / OWN;

/// `out [n, count] = x [n, columns] · W[first .. first + count]ᵀ`: cube (rows of W
/// by four, row of x).
#[cube(launch)]
pub(super) fn matrix_vector(
    x: &Tensor<f32>,
    words: &Tensor<u32>,
    out: &mut Tensor<f32>,
    first: u32,
    count: u32,
    #[comptime] packing: Packing,
) {
    let mut sums = Shared::new_slice(comptime!((LANES * VECTOR_ROWS) as usize));
    let columns = comptime!(number(packing.columns));
    let row = CUBE_POS_X * VECTOR_ROWS + UNIT_POS_Y;
    let n = CUBE_POS_Y;
    let mut sum = 0.0f32;
    if row < count {
        let mut column = UNIT_POS_X;
        while column < columns {
            let value = x[(n * columns + column) as usize];
            sum += value * weight(words, first + row, column, packing);
            column += LANES;
        }
    }
    let place = (UNIT_POS_Y * LANES + UNIT_POS_X) as usize;
    sums[place] = sum;
    sync_cube();
    if UNIT_POS_X == 0 && row < count {
        let mut total = 0.0f32;
        for lane in 0..LANES {
            total += sums[(UNIT_POS_Y * LANES + lane) as usize];
        }
        out[(n * count + row) as usize] = total;
    }
}

/// Tiles of `x · Wᵀ`, or of `x · W` where `transposed`; `first` is the row of the
/// matrix that counts as its first, `sizes` are rows of x, inner elements, and
/// columns of the output.
#[cube(launch)]
pub(super) fn matrix_matrix(
    x: &Tensor<f32>,
    words: &Tensor<u32>,
    out: &mut Tensor<f32>,
    first: u32,
    n: u32,
    inner: u32,
    count: u32,
    #[comptime] packing: Packing,
    #[comptime] transposed: bool,
) {
    let mut left = Shared::new_slice(comptime!((TILE * DEPTH) as usize));
    let mut right = Shared::new_slice(comptime!((TILE * DEPTH) as usize));
    let (rows, columns) = (CUBE_POS_Y * TILE, CUBE_POS_X * TILE);
    let unit = UNIT_POS_Y * SIDE + UNIT_POS_X;
    let mut s00 = 0.0f32;
    let mut s01 = 0.0f32;
    let mut s10 = 0.0f32;
    let mut s11 = 0.0f32;
    let mut base = 0u32;
    while base < inner {
        let mut place = unit;
        while place < TILE * DEPTH {
            let (line, depth) = (place / DEPTH, base + place % DEPTH);
            let row = rows + line;
            let mut value = 0.0f32;
            if row < n && depth < inner {
                value = x[(row * inner + depth) as usize];
            }
            left[place as usize] = value;
            // Neighbouring units read neighbouring columns of the matrix.
            let mut value = 0.0f32;
            if comptime!(transposed) {
                let (line, depth) = (place % TILE, base + place / TILE);
                if columns + line < count && depth < inner {
                    value = weight(words, first + depth, columns + line, packing);
                }
                right[(line * DEPTH + place / TILE) as usize] = value;
            } else {
                if columns + line < count && depth < inner {
                    value = weight(words, first + columns + line, depth, packing);
                }
                right[place as usize] = value;
            }
            place += SIDE * SIDE;
        }
        sync_cube();
        for depth in 0..DEPTH {
            let a0 = left[(UNIT_POS_Y * OWN * DEPTH + depth) as usize];
            let a1 = left[((UNIT_POS_Y * OWN + 1) * DEPTH + depth) as usize];
            let b0 = right[(UNIT_POS_X * OWN * DEPTH + depth) as usize];
            let b1 = right[((UNIT_POS_X * OWN + 1) * DEPTH + depth) as usize];
            s00 += a0 * b0;
            s01 += a0 * b1;
            s10 += a1 * b0;
            s11 += a1 * b1;
        }
        sync_cube();
        base += DEPTH;
    }
    let (row, column) = (rows + UNIT_POS_Y * OWN, columns + UNIT_POS_X * OWN);
    store(out, row, column, n, count, s00);
    store(out, row, column + 1, n, count, s01);
    store(out, row + 1, column, n, count, s10);
    store(out, row + 1, column + 1, n, count, s11);
}

#[cube]
fn store(out: &mut Tensor<f32>, row: u32, column: u32, n: u32, count: u32, value: f32) {
    if row < n && column < count {
        out[(row * count + column) as usize] = value;
    }
}
