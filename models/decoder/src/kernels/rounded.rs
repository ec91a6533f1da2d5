//! Products of operands in bf16 with sums in f32, where the processor has instructions for them
//! (AVX-512 BF16): twice as many a cycle as in f32.
//!
//! A word holds two neighbours along the inner dimension. A panel is what a tile of a matrix gives to 32 columns of
//! the product: word behind word, 32 beside each other, so that one load serves sixteen columns.
//!
//! ```text
//! x      row 0   (0 1) (2 3) (4 5) …            panel   pair 0   column 0 (0 1) … column 31 (0 1)
//!        row 1   (0 1) (2 3) (4 5) …                    pair 1   column 0 (2 3) … column 31 (2 3)
//! ```
#![allow(unsafe_code, reason = "vector instructions; extents are checked here")]

use std::cell::RefCell;

use rayon::prelude::*;

use super::shared::{Target, Write, extent, written};
use crate::matrix::Operands;

#[cfg_attr(target_arch = "x86_64", path = "rounded/x86.rs")]
#[cfg_attr(not(target_arch = "x86_64"), path = "rounded/none.rs")]
mod vectors;

/// Columns of a panel.
const PANEL: usize = 32;

/// Numbers of a vector.
const LANES: usize = 16;

/// A thread rounds at least so many rows.
const ROWS_MIN: usize = 32;

/// A vector's words, as the cache holds them.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "all are read as words")] [u32; LANES]);

thread_local! {
    static PANELS: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Rows of numbers in bf16.
pub(super) struct Rounded {
    words: Vec<u32>,
    rows: usize,
    pairs: usize,
}

/// A tile of a matrix whose inner dimension the product sums over.
#[derive(Clone, Copy)]
pub(super) enum Tile<'a> {
    /// Each row is a column of the product: `[columns, inner]`.
    Rows(&'a [f32], [usize; 2]),
    /// Each column is one: `[inner, columns]`.
    Columns(&'a [f32], [usize; 2]),
}

impl Tile<'_> {
    /// Columns of the product, and the inner dimension.
    fn sizes(&self) -> [usize; 2] {
        match *self {
            Self::Rows(values, [columns, inner]) | Self::Columns(values, [inner, columns]) => {
                assert!(
                    values.len() == columns * inner && !values.is_empty(),
                    "a tile leaves its slice"
                );
                [columns, inner]
            }
        }
    }
}

impl Rounded {
    /// Rows of `columns` numbers; a number alone at the end is beside a zero.
    ///
    /// `None` where operands are exact, or the processor does not multiply rounded ones.
    pub(super) fn new(values: &[f32], columns: usize, operands: Operands) -> Option<Self> {
        let mut rounded = Self::zeros(values, columns, operands)?;
        let words = rounded.words.chunks_exact_mut(rounded.pairs);
        values.chunks_exact(columns).zip(words).for_each(|(values, words)| round(values, words));
        Some(rounded)
    }

    /// The same by all threads. Not inside of a tile: a thread that waits takes up other work, such as another tile,
    /// while it has the buffer of this one.
    pub(super) fn by_threads(values: &[f32], columns: usize, operands: Operands) -> Option<Self> {
        let mut rounded = Self::zeros(values, columns, operands)?;
        let words = rounded.words.par_chunks_exact_mut(rounded.pairs).with_min_len(ROWS_MIN);
        let values = values.par_chunks_exact(columns);
        values.zip(words).for_each(|(values, words)| round(values, words));
        Some(rounded)
    }

    fn zeros(values: &[f32], columns: usize, operands: Operands) -> Option<Self> {
        if operands == Operands::Exact || !vectors::is_supported() {
            return None;
        }
        let (rows, pairs) = (values.len() / columns, columns.div_ceil(2));
        Some(Self { words: vec![0; rows * pairs], rows, pairs })
    }

    /// The product with a tile, row behind row.
    pub(super) fn times(&self, tile: Tile<'_>) -> Vec<f32> {
        let [columns, _] = tile.sizes();
        // SAFETY: the target is this vector alone, and all of it is replaced.
        unsafe {
            written(self.rows * columns, |target| {
                target.write_rounded((0, columns), (self, 0), tile, Write::Replace);
            })
        }
    }

    /// Adds the product with a tile to what is there, row behind row.
    pub(super) fn add_times(&self, tile: Tile<'_>, out: &mut [f32]) {
        let [columns, _] = tile.sizes();
        // SAFETY: the target is borrowed mutably for the whole call.
        unsafe {
            Target::new(out).write_rounded((0, columns), (self, 0), tile, Write::Add);
        }
    }
}

/// Rounds a row.
fn round(values: &[f32], words: &mut [u32]) {
    // SAFETY: rows are made only where the processor has the instructions.
    unsafe { vectors::round(values, words) }
}

impl Target {
    /// Computes `x · tile` into the part at `offset` whose rows lie `stride` elements apart, where the tile's inner
    /// dimension is that of `x` from `first` on, an even number; adds to what is there if `Write::Add`.
    ///
    /// # Safety
    ///
    /// As for [`Target::write`].
    pub(super) unsafe fn write_rounded(
        self,
        (offset, stride): (usize, usize),
        (x, first): (&Rounded, usize),
        tile: Tile<'_>,
        write: Write,
    ) {
        let [columns, inner] = tile.sizes();
        let pairs = inner.div_ceil(2);
        assert!(first.is_multiple_of(2) && first / 2 + pairs <= x.pairs, "a tile leaves the rows");
        let end = offset + extent([x.rows, columns], [stride, 1]);
        assert!(self.length >= end, "a part leaves the target");
        PANELS.with_borrow_mut(|panels| {
            let lines = columns.div_ceil(PANEL) * pairs * (PANEL / LANES);
            if panels.len() < lines {
                panels.resize(lines, Line([0; LANES]));
            }
            let panels = &mut panels[..lines];
            // SAFETY: lines are words without gaps. There are rounded rows, so the processor has the instructions. The
            // extents were checked above, and the caller vouches for the part.
            unsafe {
                let words = panels.as_mut_ptr().cast::<u32>();
                vectors::pack(tile, std::slice::from_raw_parts_mut(words, lines * LANES));
                let x = (x.words.as_ptr().add(first / 2), [x.rows, x.pairs]);
                let out = (self.pointer.add(offset), stride, write);
                vectors::multiply(x, (words, pairs), out, columns);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(count: usize, seed: f32) -> Vec<f32> {
        (0..count).map(|i| 2.0 * (i as f32 * 0.37 + seed).sin()).collect()
    }

    /// To the nearest number in bf16, of two the even one.
    fn bf16(value: f32) -> f32 {
        let bits = value.to_bits();
        f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    #[test]
    fn products_are_those_of_rounded_operands() {
        for (n, inner, columns) in [(1, 2, 1), (5, 7, 33), (13, 64, 48), (30, 101, 80)] {
            let (x, rows) = (wave(n * inner, 0.0), wave(columns * inner, 1.0));
            let at = |column: usize, place: usize| rows[column * inner + place];
            let by_place = (0..inner).flat_map(|place| (0..columns).map(move |c| at(c, place)));
            let by_place: Vec<f32> = by_place.collect();
            let Some(rounded) = Rounded::new(&x, inner, Operands::Rounded) else { return };

            // The second half is added to the first, as tiles of a large matrix are.
            let first = inner / 2 / 2 * 2;
            let halves = [(0, &by_place[..first * columns]), (first, &by_place[first * columns..])];
            let whole = rounded.times(Tile::Rows(&rows, [columns, inner]));
            // SAFETY: as above, by the first half.
            let by_halves = unsafe {
                written(n * columns, |target| {
                    for (first, half) in halves.into_iter().filter(|(_, half)| !half.is_empty()) {
                        let tile = Tile::Columns(half, [half.len() / columns, columns]);
                        let write = if first == 0 { Write::Replace } else { Write::Add };
                        target.write_rounded((0, columns), (&rounded, first), tile, write);
                    }
                })
            };

            for (index, (one, other)) in whole.iter().zip(&by_halves).enumerate() {
                let (row, column) = (index / columns, index % columns);
                let products = (0..inner).map(|place| {
                    f64::from(bf16(x[row * inner + place])) * f64::from(bf16(at(column, place)))
                });
                let expected: f64 = products.sum();
                for found in [one, other] {
                    assert!(
                        (f64::from(*found) - expected).abs() < 1e-4,
                        "{n}, {index}: {found} and {expected}"
                    );
                }
            }
        }
    }
}
