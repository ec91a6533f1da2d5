//! Products of rows with a layer's matrices, and what adapters add to them.

use models::target::Target;

use crate::adapter::{Adapter, Factors};
use crate::kernels::Vector;
use crate::kernels::low_rank::{Down, Up};
use crate::kernels::product::{Product, Quantized};
use crate::kernels::rows::Add;
use crate::layer::Linear;
use crate::rows::ROWS;
use crate::weights::Weights;

/// Some of a layer's matrices, and the rows that they are multiplied by.
pub(crate) struct Products<'a> {
    /// The layer's number.
    pub(crate) layer: usize,
    /// Which matrices.
    pub(crate) targets: &'a [Target],
    /// `[blocks][n]`.
    pub(crate) rows: &'a [Quantized],
    /// The same rows before they were quantized, for adapters.
    pub(crate) x: &'a [Vector],
    /// Number of rows.
    pub(crate) n: usize,
}

/// A matrix, and what an adapter adds to its products.
struct Adapted<'a> {
    linear: &'a Linear,
    /// Its factors, and the rows multiplied by the first of them.
    low: Option<(&'a Factors, Vec<Vector>)>,
}

impl Products<'_> {
    /// The products, one matrix behind the other, `[rows / 16][n]`.
    pub(crate) fn compute(&self, weights: &Weights, adapter: &Adapter, out: &mut [Vector]) {
        let _span = tracing::trace_span!("products").entered();
        let Self { layer, targets, x, n, .. } = *self;
        let all = targets.iter().map(|&target| {
            let factors = adapter.at((layer, target));
            let low = factors.map(|factors| (factors, down(weights, factors, x, n)));
            Adapted { linear: weights.layers[layer].linear(target), low }
        });
        let all: Vec<Adapted<'_>> = all.collect();
        weights.pool.pieces(out, n, |piece, out| {
            let mut group = piece;
            for adapted in &all {
                match group.checked_sub(adapted.linear.weights.groups()) {
                    Some(left) => group = left,
                    None => return self.group(weights, adapted, group, out),
                }
            }
        });
    }

    /// The products of one group.
    fn group(&self, weights: &Weights, adapted: &Adapted<'_>, group: usize, out: &mut [Vector]) {
        let (instructions, matrix) = (weights.instructions, &adapted.linear.weights);
        let rows = &self.rows[..matrix.row_blocks() * self.n];
        instructions.run(Product { weights: matrix, group, rows, out });
        if let Some((factors, low)) = &adapted.low {
            let factor = &factors.up[group * factors.rank..][..factors.rank];
            instructions.run(Up { factor, low, to: out });
        }
        if let Some(bias) = &adapted.linear.bias {
            for out in out {
                instructions.run(Add { from: &bias[group..=group], to: std::slice::from_mut(out) });
            }
        }
    }
}

/// The narrow rows of an adapted matrix, `[n][ranks / 16]`.
fn down(weights: &Weights, factors: &Factors, x: &[Vector], n: usize) -> Vec<Vector> {
    let Factors { down: factor, ranks, .. } = factors;
    let ranks = *ranks;
    let mut low = vec![Vector::default(); n * ranks];
    weights.pool.pieces(&mut low, ROWS * ranks, |piece, to| {
        let first = piece * ROWS;
        weights.instructions.run(Down { factor, ranks, x, n, first, to });
    });
    low
}
