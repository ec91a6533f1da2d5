//! Writing of keys and values into pages.

use std::ops::Range;

use super::{Halves, Job, LANES, Simd, Vector};
use crate::cache::PAGE_VECTORS;

/// Writes the keys and values of tokens into a page.
pub(crate) struct Store<'a> {
    /// Keys and values of one head, `[head_width / 16][n]` each.
    pub(crate) from: [&'a [Vector]; 2],
    /// The row of the first token, and of all.
    pub(crate) rows: (usize, usize),
    /// Where the tokens stand in the page.
    pub(crate) slots: Range<usize>,
    /// The keys `[head_width][2]` and values `[32][head_width / 16]`.
    pub(crate) to: (&'a mut [Halves], &'a mut [Halves]),
}

impl Job for Store<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { from: [keys, values], rows: (first, n), slots, to } = self;
        let groups = keys.len() / n;
        for (index, slot) in slots.enumerate() {
            for group in 0..groups {
                let key = simd.narrow(simd.read(&keys[group * n + first + index]));
                for (lane, half) in key.into_iter().enumerate() {
                    let column = group * LANES + lane;
                    to.0[column * PAGE_VECTORS + slot / LANES][slot % LANES] = half;
                }
                let value = simd.narrow(simd.read(&values[group * n + first + index]));
                to.1[slot * groups + group] = value;
            }
        }
    }
}
