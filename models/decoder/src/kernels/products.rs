//! Products with quantized matrices on the CPU.
//!
//! Tiles of the matrix are dequantized into a buffer that stays in the cache,
//! and multiplied there. Each element is dequantized once, whatever the number
//! of threads: `product` shares out the rows, `product_transposed` the columns.

use std::cell::RefCell;

use models::blocks::dequantize;
use rayon::prelude::*;

use super::rounded::{Rounded, Tile};
use super::shared::{Target, View, Write, written};
use crate::matrix::Packing;

/// Elements of a tile.
const TILE_MAX: usize = 128 * 1024;

thread_local! {
    static TILE: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Narrow rows `[n, rank]` whose product with a factor is added to that with the matrix.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) narrow: &'a [f32],
    /// `[rows, rank]` beside the transposed matrix, `[rank, columns]` beside the matrix.
    pub(super) factor: &'a [f32],
    pub(super) rank: usize,
}

/// `x [n, columns]` times the transposed matrix, and what is beside it: `[n, rows]`.
pub(super) fn product(
    x: &[f32],
    bytes: &[u8],
    packing: Packing,
    side: Option<Side<'_>>,
) -> Vec<f32> {
    let Packing { rows, columns, .. } = packing;
    let n = x.len() / columns;
    let rounded = Rounded::by_threads(x, columns, packing.operands);
    let tile = tile_of(rows, TILE_MAX / columns);
    let row_bytes = packing.row_bytes();
    let each_tile = |target: Target| {
        (0..rows.div_ceil(tile)).into_par_iter().for_each(|index| {
            let first = index * tile;
            let count = tile.min(rows - first);
            with_tile(count * columns, |weights| {
                let stored = &bytes[first * row_bytes..][..count * row_bytes];
                dequantize_whole(packing, stored, weights);
                let place = (first, rows);
                // SAFETY: the target outlives the loop; tiles are different columns of it.
                #[allow(unsafe_code, reason = "threads write parts of one slice")]
                unsafe {
                    if let Some(x) = &rounded {
                        let weights = Tile::Rows(weights, [count, columns]);
                        target.write_rounded(place, (x, 0), weights, Write::Replace);
                    } else {
                        let x = View::rows(x, [n, columns], columns);
                        let weights = View::rows(weights, [count, columns], columns).transposed();
                        target.write(place, (x, weights), 1.0, Write::Replace);
                    }
                    if let Some(Side { narrow, factor, rank }) = side {
                        let narrow = View::rows(narrow, [n, rank], rank);
                        let factor = View::rows(&factor[first * rank..], [count, rank], rank);
                        target.write(place, (narrow, factor.transposed()), 1.0, Write::Add);
                    }
                }
            });
        });
    };
    // SAFETY: the tiles are all columns, and each is replaced.
    #[allow(unsafe_code, reason = "zeros would be written for nothing")]
    unsafe {
        written(n * rows, each_tile)
    }
}

/// `x [n, rows]` times the matrix, and what is beside it: `[n, columns]`.
pub(super) fn product_transposed(
    x: &[f32],
    bytes: &[u8],
    packing: Packing,
    side: Option<Side<'_>>,
) -> Vec<f32> {
    let Packing { rows, columns, .. } = packing;
    let n = x.len() / rows;
    let rounded = Rounded::by_threads(x, rows, packing.operands);
    let width = tile_of(columns / packing.block(), usize::MAX) * packing.block();
    let each_part = |target: Target| {
        (0..columns.div_ceil(width)).into_par_iter().for_each(|index| {
            let first = index * width;
            let width = width.min(columns - first);
            // An even number: rows are rounded in pairs.
            let tile = (TILE_MAX / width).clamp(2, rows.max(2)) / 2 * 2;
            with_tile(tile * width, |weights| {
                for row in (0..rows).step_by(tile) {
                    let count = tile.min(rows - row);
                    dequantize_part(
                        packing,
                        bytes,
                        (row, first, width),
                        &mut weights[..count * width],
                    );
                    let weights = &weights[..count * width];
                    let write = if row == 0 { Write::Replace } else { Write::Add };
                    // SAFETY: the target outlives the loop; parts are different columns of it.
                    #[allow(unsafe_code, reason = "threads write parts of one slice")]
                    unsafe {
                        if let Some(x) = &rounded {
                            let weights = Tile::Columns(weights, [count, width]);
                            target.write_rounded((first, columns), (x, row), weights, write);
                        } else {
                            let x = View::rows(&x[row..], [n, count], rows);
                            let weights = View::rows(weights, [count, width], width);
                            target.write((first, columns), (x, weights), 1.0, write);
                        }
                    }
                }
            });
            if let Some(Side { narrow, factor, rank }) = side {
                let narrow = View::rows(narrow, [n, rank], rank);
                let factor = View::rows(&factor[first..], [rank, width], columns);
                // SAFETY: as above.
                #[allow(unsafe_code, reason = "threads write parts of one slice")]
                unsafe {
                    target.write((first, columns), (narrow, factor), 1.0, Write::Add);
                }
            }
        });
    };
    // SAFETY: the parts are all columns, and each is replaced by the matrix's first rows.
    #[allow(unsafe_code, reason = "zeros would be written for nothing")]
    unsafe {
        written(n * columns, each_part)
    }
}

/// How many of `count` a tile has so that all threads get equally much and no
/// tile has more than `most`.
fn tile_of(count: usize, most: usize) -> usize {
    let threads = rayon::current_num_threads();
    let rounds = count.div_ceil(threads).div_ceil(most.max(1)).max(1);
    count.div_ceil(threads * rounds).max(1)
}

/// Gives `work` a buffer that belongs to this thread.
pub(super) fn with_tile<T>(length: usize, work: impl FnOnce(&mut [f32]) -> T) -> T {
    TILE.with_borrow_mut(|tile| {
        if tile.len() < length {
            tile.resize(length, 0.0);
        }
        work(&mut tile[..length])
    })
}

fn dequantize_whole(packing: Packing, stored: &[u8], values: &mut [f32]) {
    dequantize(packing.kind, stored, values).expect("a loaded matrix is whole blocks");
}

/// `width` elements from column `first` on of the rows from `row` on.
fn dequantize_part(
    packing: Packing,
    bytes: &[u8],
    (row, first, width): (usize, usize, usize),
    values: &mut [f32],
) {
    let (row_bytes, skipped, taken) =
        (packing.row_bytes(), packing.bytes(first), packing.bytes(width));
    for (index, values) in values.chunks_exact_mut(width).enumerate() {
        let start = (row + index) * row_bytes + skipped;
        dequantize_whole(packing, &bytes[start..start + taken], values);
    }
}
