//! Loops over slices for whatever vector instructions the processor has.
//!
//! The loops are plain Rust; `pulp` compiles them once for each level of instructions and
//! picks one at run time. Nothing is fused and sums keep their order, so that all levels
//! give the same bits.

use rayon::prelude::*;

use super::shared::Target;

/// Sums and greatest values are kept in so many lanes.
const LANES: usize = 16;

/// Numbers of a matrix that a thread writes at once: they stay in its nearest cache.
const PIECE: usize = 4 * 1024;

/// Does `work` with the best instructions. It and what it calls have to be inlined, always:
/// what is not is compiled for the least of processors.
#[inline]
pub(super) fn vectorized<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}

/// Matrices of `rows` rows and these widths. `work` writes them, some rows at once on each
/// thread: it is told the first, and finds zeros.
pub(super) fn in_rows<const N: usize>(
    rows: usize,
    widths: [usize; N],
    work: impl Fn(usize, [&mut [f32]; N]) + Sync,
) -> [Vec<f32>; N] {
    let piece = (PIECE / widths.into_iter().max().unwrap_or(1).max(1)).max(1);
    let mut out = widths.map(|width| Vec::with_capacity(rows * width));
    let targets = out.each_mut().map(Target::over_room);
    (0..rows.div_ceil(piece)).into_par_iter().for_each(|index| {
        let first = index * piece;
        let count = piece.min(rows - first);
        // SAFETY: the targets outlive the loop; pieces are different rows.
        #[allow(unsafe_code, reason = "threads write parts of one slice")]
        let parts = std::array::from_fn(|number| unsafe {
            targets[number].zeroed(first * widths[number], count * widths[number])
        });
        vectorized(
            #[inline(always)]
            || work(first, parts),
        );
    });
    for (out, width) in out.iter_mut().zip(widths) {
        // SAFETY: there is room for all rows, and in each piece zeros at least were written.
        #[allow(unsafe_code, reason = "zeros would be written twice")]
        unsafe {
            out.set_len(rows * width);
        }
    }
    out
}

/// The sum of products, in lanes.
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.into_iter().sum::<f32>() + rest
}

/// The sum, in lanes.
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
pub(super) fn sum(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for values in whole {
        for lane in 0..LANES {
            lanes[lane] += values[lane];
        }
    }
    lanes.into_iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// The greatest value; −∞ of none.
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
pub(super) fn greatest(values: &[f32]) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for values in whole {
        for lane in 0..LANES {
            // Not `max`, which has to look for what is no number.
            lanes[lane] = if values[lane] > lanes[lane] { values[lane] } else { lanes[lane] };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}
