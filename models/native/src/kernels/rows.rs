//! Norms, rotations and activations of rows.
//!
//! Rows lie side by side: `[width / 16][n]` vectors, so that sixteen numbers of one row are
//! one cache line and the same sixteen of the next row come after it.

use super::{Job, Simd, Vector};

/// The inverse of the root of each row's mean square (Zhang and Sennrich, 2019, equation 4).
pub(crate) struct InverseRoots<'a> {
    /// `[width / 16][n]`.
    pub(crate) x: &'a [Vector],
    /// How many rows there are.
    pub(crate) n: usize,
    /// The first row that is asked for.
    pub(crate) first: usize,
    /// Added to the mean square.
    pub(crate) epsilon: f32,
    /// One number for each row that is asked for.
    pub(crate) to: &'a mut [f32],
}

impl Job for InverseRoots<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { x, n, first, epsilon, to } = self;
        let width = x.len() / n * super::LANES;
        for (index, to) in to.iter_mut().enumerate() {
            let row = x[first + index..].iter().step_by(n);
            let squares = row.fold(simd.splat(0.0), |sum, x| {
                let x = simd.read(x);
                simd.fused(x, x, sum)
            });
            *to = 1.0 / (simd.sum(squares) / width as f32 + epsilon).sqrt();
        }
    }
}

/// `x · roots · weight` for sixteen columns of all rows.
pub(crate) struct Scale<'a> {
    /// `[n]`.
    pub(crate) x: &'a [Vector],
    /// One number a row.
    pub(crate) roots: &'a [f32],
    /// The norm's weights of these columns.
    pub(crate) weight: &'a Vector,
    /// `[n]`.
    pub(crate) to: &'a mut [Vector],
    /// Whether it is added to what stands there.
    pub(crate) adds: bool,
}

impl Job for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let weight = simd.read(self.weight);
        for ((x, &root), to) in self.x.iter().zip(self.roots).zip(self.to) {
            let scaled = simd.mul(simd.mul(simd.read(x), simd.splat(root)), weight);
            let sum = if self.adds { simd.add(simd.read(to), scaled) } else { scaled };
            simd.write(sum, to);
        }
    }
}

/// Norms and rotates one head of all rows, in place.
pub(crate) struct Rotate<'a> {
    /// `[head_width / 16][n]`.
    pub(crate) head: &'a mut [Vector],
    /// Vectors of a head.
    pub(crate) groups: usize,
    /// The weights of a norm of the head and its epsilon, if there is one.
    pub(crate) norm: Option<(&'a [Vector], f32)>,
    /// Cosines and sines `[n][head_width / 16]`; the sine is negative for the first of each
    /// pair.
    pub(crate) angles: &'a [[Vector; 2]],
    /// Whether neighbours are pairs, or the halves of a head.
    pub(crate) neighbours: bool,
}

impl Job for Rotate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { head, groups, norm, angles, neighbours } = self;
        let n = head.len() / groups;
        let mut row = vec![Vector::default(); groups];
        for (index, angles) in angles.chunks_exact(groups).enumerate() {
            for (group, of_row) in row.iter_mut().enumerate() {
                *of_row = head[group * n + index];
            }
            if let Some((weights, epsilon)) = norm {
                norm_row(simd, &mut row, weights, epsilon);
            }
            for (group, [cosine, sine]) in angles.iter().enumerate() {
                let x = simd.read(&row[group]);
                let partner = if neighbours {
                    simd.swap_neighbours(x)
                } else {
                    simd.read(&row[(group + groups / 2) % groups])
                };
                let turned = simd.mul(partner, simd.read(sine));
                let sum = simd.fused(x, simd.read(cosine), turned);
                simd.write(sum, &mut head[group * n + index]);
            }
        }
    }
}

#[inline(always)]
fn norm_row<S: Simd>(simd: S, row: &mut [Vector], weights: &[Vector], epsilon: f32) {
    let squares = row.iter().fold(simd.splat(0.0), |sum, x| {
        let x = simd.read(x);
        simd.fused(x, x, sum)
    });
    let width = (row.len() * super::LANES) as f32;
    let root = simd.splat(1.0 / (simd.sum(squares) / width + epsilon).sqrt());
    for (x, weight) in row.iter_mut().zip(weights) {
        let normed = simd.mul(simd.mul(simd.read(x), root), simd.read(weight));
        simd.write(normed, x);
    }
}

/// What gates the feed-forward block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `x · σ(x)`.
    Silu,
    /// The Gaussian error linear unit by hyperbolic tangent (Hendrycks and Gimpel, 2016).
    Gelu,
}

/// `activation(gate) · up`, in place of the gate.
pub(crate) struct Gate<'a> {
    /// `[n]`.
    pub(crate) x: &'a mut [Vector],
    /// `[n]`.
    pub(crate) up: &'a [Vector],
    /// Of the gate.
    pub(crate) activation: Activation,
}

impl Job for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (to, up) in self.x.iter_mut().zip(self.up) {
            let x = simd.read(to);
            let active = match self.activation {
                Activation::Silu => silu(simd, x),
                Activation::Gelu => gelu(simd, x),
            };
            simd.write(simd.mul(active, simd.read(up)), to);
        }
    }
}

#[inline(always)]
fn silu<S: Simd>(simd: S, x: S::Floats) -> S::Floats {
    let one = simd.splat(1.0);
    // Beyond 87 the exponential of −x is that of −87, and of 87 for x below −87.
    let exp = simd.exp(simd.sub(simd.splat(0.0), simd.max(x, simd.splat(-87.0))));
    simd.div(x, simd.add(one, exp))
}

#[inline(always)]
fn gelu<S: Simd>(simd: S, x: S::Floats) -> S::Floats {
    const ROOT: f32 = 0.797_884_6; // √(2 / π)
    let one = simd.splat(1.0);
    let cube = simd.mul(simd.mul(x, x), x);
    let inner = simd.mul(simd.fused(cube, simd.splat(0.044_715), x), simd.splat(ROOT));
    // tanh(y) = 1 − 2 / (e^2y + 1); beyond 40 it is 1 to the last bit.
    let doubled = simd.add(inner, inner);
    let bounded =
        simd.sub(simd.splat(0.0), simd.max(simd.sub(simd.splat(0.0), doubled), simd.splat(-80.0)));
    let tanh = simd.sub(one, simd.div(simd.splat(2.0), simd.add(simd.exp(bounded), one)));
    simd.mul(simd.mul(x, simd.splat(0.5)), simd.add(one, tanh))
}

/// Adds to each row, `[n]`.
pub(crate) struct Add<'a> {
    /// What is added, sixteen columns of each row.
    pub(crate) from: &'a [Vector],
    /// What it is added to.
    pub(crate) to: &'a mut [Vector],
}

impl Job for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (from, to) in self.from.iter().zip(self.to) {
            simd.write(simd.add(simd.read(to), simd.read(from)), to);
        }
    }
}
