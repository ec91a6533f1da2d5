//! Rotary position embeddings on the CPU.

use super::settings::{Direction, Pairing};
use super::vectors::in_rows;

/// Cosines and sines of the angles `[n, width]`.
#[derive(Clone, Copy)]
pub(super) struct Angles<'a> {
    pub(super) cos: &'a [f32],
    pub(super) sin: &'a [f32],
    /// Width of a head.
    pub(super) width: usize,
    pub(super) pairing: Pairing,
}

/// Rotates the heads of the rows `x [n, heads · width]` by the angles or back.
pub(super) fn rotate(x: &[f32], angles: Angles<'_>, direction: Direction) -> Vec<f32> {
    let Angles { cos, sin, width, pairing } = angles;
    let of_row = x.len() / (cos.len() / width).max(1);
    let turn = match direction {
        Direction::Forward => 1.0,
        Direction::Back => -1.0,
    };
    let [out] = in_rows(
        x.len() / of_row,
        [of_row],
        #[inline(always)]
        |first, [out]| {
            let rows = out.chunks_exact_mut(of_row).zip(x[first * of_row..].chunks_exact(of_row));
            let angles = cos[first * width..].chunks_exact(width);
            let angles = angles.zip(sin[first * width..].chunks_exact(width));
            for ((out, x), (cos, sin)) in rows.zip(angles) {
                for (out, x) in out.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    match pairing {
                        Pairing::Neighbours => neighbours(out, x, [cos, sin], turn),
                        Pairing::Halves => halves(out, x, [cos, sin], turn),
                    }
                }
            }
        },
    );
    out
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
fn neighbours(out: &mut [f32], x: &[f32], [cos, sin]: [&[f32]; 2], turn: f32) {
    let (out, x) = (out.as_chunks_mut::<2>().0.iter_mut(), x.as_chunks::<2>().0);
    let angles = cos.as_chunks::<2>().0.iter().zip(sin.as_chunks::<2>().0);
    for ((out, x), (cos, sin)) in out.zip(x).zip(angles) {
        *out = [x[0] * cos[0] - x[1] * turn * sin[0], x[1] * cos[1] + x[0] * turn * sin[1]];
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
fn halves(out: &mut [f32], x: &[f32], [cos, sin]: [&[f32]; 2], turn: f32) {
    let half = x.len() / 2;
    let ((low, high), (first, second)) = (out.split_at_mut(half), x.split_at(half));
    let angles = cos.iter().zip(sin);
    for (((low, high), (first, second)), (cos, sin)) in
        low.iter_mut().zip(high).zip(first.iter().zip(second)).zip(angles)
    {
        *low = first * cos - second * turn * sin;
        *high = second * cos + first * turn * sin;
    }
}
