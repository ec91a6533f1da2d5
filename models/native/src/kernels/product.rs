//! Products of packed weights with quantized rows.
//!
//! For each block of 32 columns the dot product of bytes is exact; then
//! `sum += dot · (scale · row's scale)` and `sum += min · row's sum`, each rounded once,
//! block after block.

use super::{Job, LANES, Simd, Vector};
use crate::packed::{Block, Blocks, Packed, QUADS};
use crate::stored::BLOCK;

/// 32 numbers of a row in 8 bits each.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub(crate) struct Quantized {
    /// From −127 to 127.
    pub(crate) quads: [[i8; 4]; QUADS],
    /// What they are multiplied by.
    pub(crate) scale: f32,
    /// The sum of the numbers: of the quants, times the scale.
    pub(crate) sum: f32,
}

/// One group of a matrix times rows: `out[row] [16]`.
pub(crate) struct Product<'a> {
    /// The matrix.
    pub(crate) weights: &'a Packed,
    /// Which sixteen rows of it.
    pub(crate) group: usize,
    /// `[blocks][n]`.
    pub(crate) rows: &'a [Quantized],
    /// Where each row's sixteen numbers go, `[n]`.
    pub(crate) out: &'a mut [Vector],
}

impl Job for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { weights, group, rows, out } = self;
        let blocks = weights.row_blocks();
        let range = group * blocks..(group + 1) * blocks;
        match &weights.blocks {
            Blocks::Nibbles(of) => product(simd, &of[range], rows, out),
            Blocks::Bytes(of) => product(simd, &of[range], rows, out),
        }
    }
}

#[inline(always)]
fn product<S: Simd, B: Block>(simd: S, weights: &[B], rows: &[Quantized], out: &mut [Vector]) {
    let n = out.len();
    assert_eq!(rows.len(), weights.len() * n, "a block of each row for each of the weights'");
    let mut first = 0;
    while S::TILE >= 8 && first + 8 <= n {
        tile::<S, B, 8>(simd, weights, rows, (first, n), out);
        first += 8;
    }
    while first + 4 <= n {
        tile::<S, B, 4>(simd, weights, rows, (first, n), out);
        first += 4;
    }
    if first + 2 <= n {
        tile::<S, B, 2>(simd, weights, rows, (first, n), out);
        first += 2;
    }
    if first < n {
        tile::<S, B, 1>(simd, weights, rows, (first, n), out);
    }
}

/// `T` rows, from `first` on, of `n`.
#[inline(always)]
fn tile<S: Simd, B: Block, const T: usize>(
    simd: S,
    weights: &[B],
    rows: &[Quantized],
    (first, n): (usize, usize),
    out: &mut [Vector],
) {
    let mut sums = [simd.splat(0.0); T];
    for (block, of_rows) in weights.iter().zip(rows.chunks_exact(n)) {
        let of_rows: &[Quantized; T] = of_rows[first..].first_chunk().expect("T rows are left");
        let mut dots = [simd.zeros(); T];
        for index in 0..QUADS / 2 {
            let quads = block.quads(simd, index);
            for (quad, quad_index) in quads.into_iter().zip([index, index + QUADS / 2]) {
                for (dot, row) in dots.iter_mut().zip(of_rows) {
                    *dot = simd.dot(*dot, quad, row.quads[quad_index]);
                }
            }
        }
        let (scale, min) = (simd.widen(block.scale()), simd.widen(block.min()));
        for ((sum, dot), row) in sums.iter_mut().zip(dots).zip(of_rows) {
            let scale = simd.mul(scale, simd.splat(row.scale));
            let scaled = simd.fused(simd.to_floats(dot), scale, *sum);
            *sum = simd.fused(min, simd.splat(row.sum), scaled);
        }
    }
    for (sum, out) in sums.into_iter().zip(&mut out[first..]) {
        simd.write(sum, out);
    }
}

/// Quantizes 32 numbers of each of some rows.
pub(crate) struct Quantize<'a> {
    /// The lower and the upper sixteen, `[n]` each.
    pub(crate) from: [&'a [Vector]; 2],
    /// `[n]`.
    pub(crate) to: &'a mut [Quantized],
}

impl Job for Quantize<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let [low, high] = self.from;
        for ((low, high), to) in low.iter().zip(high).zip(self.to) {
            *to = quantize(simd, [simd.read(low), simd.read(high)]);
        }
    }
}

/// Eight bits for each of 32 numbers, the largest of which becomes ±127.
#[inline(always)]
pub(crate) fn quantize<S: Simd>(simd: S, numbers: [S::Floats; 2]) -> Quantized {
    let zero = simd.splat(0.0);
    let size = |a| simd.max(a, simd.sub(zero, a));
    let most = simd.largest(simd.max(size(numbers[0]), size(numbers[1])));
    if most == 0.0 || !most.is_finite() {
        // What is no number spoils the sum, and so what is computed with it.
        return Quantized { sum: if most == 0.0 { 0.0 } else { f32::NAN }, ..Quantized::default() };
    }
    let step = simd.splat(127.0 / most);
    let low = simd.round(simd.mul(numbers[0], step));
    let high = simd.round(simd.mul(numbers[1], step));
    let scale = most / 127.0;
    let (bytes_low, bytes_high) = (simd.to_bytes(low), simd.to_bytes(high));
    let mut quads = [[0; 4]; QUADS];
    for (index, quad) in quads.iter_mut().enumerate() {
        let half = if index < QUADS / 2 { &bytes_low } else { &bytes_high };
        quad.copy_from_slice(&half[4 * (index % (QUADS / 2))..][..4]);
    }
    Quantized { quads, scale, sum: simd.whole_sum(simd.add(low, high)) * scale }
}

const _: () = assert!(BLOCK == 2 * LANES);
