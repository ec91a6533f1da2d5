//! Norms and quantization of rows, shared out to threads.

use crate::kernels::Vector;
use crate::kernels::product::{Quantize, Quantized};
use crate::kernels::rows::{InverseRoots, Scale};
use crate::weights::Weights;

/// Vectors of a piece of work that is worth another thread.
pub(crate) const PIECE: usize = 64;
/// Rows that a thread takes at once where it goes by rows.
pub(crate) const ROWS: usize = 8;

/// Norms rows `[width / 16][n]`.
pub(crate) fn norm(weights: &Weights, x: &[Vector], n: usize, norm: &[Vector], to: &mut [Vector]) {
    let roots = inverse_roots(weights, x, n);
    let size = (PIECE / n).max(1) * n;
    weights.pool.pieces(to, size, |piece, to| {
        for (index, to) in to.chunks_exact_mut(n).enumerate() {
            let group = piece * size / n + index;
            let (x, weight) = (&x[group * n..][..n], &norm[group]);
            let scale = Scale { x, roots: &roots, weight, to, adds: false };
            weights.instructions.run(scale);
        }
    });
}

/// The inverse of the root of each row's mean square.
pub(crate) fn inverse_roots(weights: &Weights, x: &[Vector], n: usize) -> Vec<f32> {
    let epsilon = weights.shape.norm_epsilon;
    let mut roots = vec![0.0; n];
    weights.pool.pieces(&mut roots, ROWS, |piece, to| {
        weights.instructions.run(InverseRoots { x, n, first: piece * ROWS, epsilon, to });
    });
    roots
}

/// Quantizes rows `[width / 16][n]` to `[width / 32][n]`.
pub(crate) fn quantize(weights: &Weights, x: &[Vector], n: usize, to: &mut [Quantized]) {
    let size = (PIECE / n).max(1) * n;
    let to = &mut to[..x.len() / 2];
    weights.pool.pieces(to, size, |piece, to| {
        let x = &x[2 * piece * size..][..2 * to.len()];
        for (pair, to) in x.chunks_exact(2 * n).zip(to.chunks_exact_mut(n)) {
            weights.instructions.run(Quantize { from: pair.split_at(n).into(), to });
        }
    });
}
