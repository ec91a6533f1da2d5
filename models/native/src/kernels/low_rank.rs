//! Adapters beside a product: `y += B · (A · x)`, in single precision.

use super::{Job, LANES, Simd, Vector};

/// `A · x` of some rows.
pub(crate) struct Down<'a> {
    /// `A` by columns: `[columns][ranks / 16]`.
    pub(crate) factor: &'a [Vector],
    /// Vectors of a column of `A`.
    pub(crate) ranks: usize,
    /// `[columns / 16][n]`.
    pub(crate) x: &'a [Vector],
    /// How many rows there are.
    pub(crate) n: usize,
    /// The first row that is asked for.
    pub(crate) first: usize,
    /// `[rows that are asked for][ranks / 16]`.
    pub(crate) to: &'a mut [Vector],
}

impl Job for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { factor, ranks, x, n, first, to } = self;
        for (index, to) in to.chunks_exact_mut(ranks).enumerate() {
            for (rank, to) in to.iter_mut().enumerate() {
                // Four sums, since each product waits for the one before it.
                let mut sums = [simd.splat(0.0); 4];
                let columns = x[first + index..].iter().step_by(n);
                for (x, factor) in columns.zip(factor.chunks_exact(LANES * ranks)) {
                    for (lane, &number) in x.0.iter().enumerate() {
                        let weights = simd.read(&factor[lane * ranks + rank]);
                        sums[lane % 4] = simd.fused(simd.splat(number), weights, sums[lane % 4]);
                    }
                }
                let [a, b, c, d] = sums;
                simd.write(simd.add(simd.add(a, b), simd.add(c, d)), to);
            }
        }
    }
}

/// `y += B · low` for sixteen of the product's numbers of all rows.
pub(crate) struct Up<'a> {
    /// `B` of these sixteen: `[rank]`, the scale in it.
    pub(crate) factor: &'a [Vector],
    /// `A · x`, `[n][ranks / 16]`.
    pub(crate) low: &'a [Vector],
    /// `[n]`.
    pub(crate) to: &'a mut [Vector],
}

impl Job for Up<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { factor, low, to } = self;
        let ranks = factor.len().div_ceil(LANES);
        for (low, to) in low.chunks_exact(ranks).zip(to) {
            let mut sums = [simd.read(to), simd.splat(0.0)];
            for (rank, weights) in factor.iter().enumerate() {
                let number = simd.splat(low[rank / LANES].0[rank % LANES]);
                sums[rank % 2] = simd.fused(number, simd.read(weights), sums[rank % 2]);
            }
            simd.write(simd.add(sums[0], sums[1]), to);
        }
    }
}
