//! One batch through the layers.

use models::target::Target;

use crate::adapter::Adapter;
use crate::attention::Attention;
use crate::batch::{Layout, Part};
use crate::kernels::product::{Quantize, Quantized};
use crate::kernels::rows::{Add, Gate, Scale};
use crate::kernels::{LANES, Vector};
use crate::products::Products;
use crate::rows::{PIECE, inverse_roots, norm, quantize};
use crate::stored::BLOCK;
use crate::weights::Weights;

/// What the layers share while a batch passes through them.
pub(crate) struct Pass<'a> {
    weights: &'a Weights,
    adapter: &'a Adapter,
    n: usize,
    attention: Attention<'a>,
    /// `[width / 16][n]`.
    normed: Vec<Vector>,
    /// Of whatever is multiplied next, `[blocks][n]`.
    quantized: Vec<Quantized>,
    /// Gates, then what goes up, `[feed_forward / 16][n]` each.
    inner: Vec<Vector>,
    /// What is added to the residual stream, `[width / 16][n]`.
    delta: Vec<Vector>,
}

impl<'a> Pass<'a> {
    /// Room for a batch.
    pub(crate) fn new(weights: &'a Weights, adapter: &'a Adapter, layout: &'a Layout) -> Self {
        let shape = &weights.shape;
        let n = layout.rows();
        let vectors = |width: usize| vec![Vector::default(); width / LANES * n];
        let queries = shape.heads * shape.head_width;
        let widest = shape.width.max(shape.feed_forward).max(queries);
        Self {
            weights,
            adapter,
            n,
            attention: Attention::new(weights, layout),
            normed: vectors(shape.width),
            quantized: vec![Quantized::default(); widest / BLOCK * n],
            inner: vectors(2 * shape.feed_forward),
            delta: vectors(shape.width),
        }
    }

    /// The residual stream `[width / 16][n]` through a layer.
    pub(crate) fn layer(&mut self, number: usize, x: &mut [Vector], parts: &mut [Part<'_>]) {
        let Self { weights, n, .. } = *self;
        let layer = &weights.layers[number];
        self.norm(x, &layer.attention_norm);
        let targets = [Target::Query, Target::Key, Target::Value];
        let (rows, input) = (&self.quantized[..], &self.normed[..]);
        let products = Products { layer: number, targets: &targets, rows, x: input, n };
        products.compute(weights, self.adapter, &mut self.attention.heads);
        self.attention.compute(number, parts);
        quantize(weights, &self.attention.attended, n, &mut self.quantized);
        let (rows, input) = (&self.quantized[..], &self.attention.attended[..]);
        let products = Products { layer: number, targets: &[Target::Output], rows, x: input, n };
        products.compute(weights, self.adapter, &mut self.delta);
        self.add(x, layer.after_attention.as_deref());

        self.norm(x, &layer.feed_forward_norm);
        let targets = [Target::Gate, Target::Up];
        let (rows, input) = (&self.quantized[..], &self.normed[..]);
        let products = Products { layer: number, targets: &targets, rows, x: input, n };
        products.compute(weights, self.adapter, &mut self.inner);
        self.gate();
        let gated = &self.inner[..weights.shape.feed_forward / LANES * n];
        let (rows, input) = (&self.quantized[..], gated);
        let products = Products { layer: number, targets: &[Target::Down], rows, x: input, n };
        products.compute(weights, self.adapter, &mut self.delta);
        self.add(x, layer.after_feed_forward.as_deref());
    }

    fn norm(&mut self, x: &[Vector], of_layer: &[Vector]) {
        norm(self.weights, x, self.n, of_layer, &mut self.normed);
        quantize(self.weights, &self.normed, self.n, &mut self.quantized);
    }

    /// `activation(gate) · up`, in place of the gates.
    fn gate(&mut self) {
        let Self { weights, n, .. } = *self;
        let (gates, ups) = self.inner.split_at_mut(weights.shape.feed_forward / LANES * n);
        let size = (PIECE / n).max(1) * 2 * n;
        let rows = gates.len() / 2;
        let quantized = (&mut self.quantized[..rows], size / 2);
        let (instructions, activation) = (weights.instructions, weights.activation());
        weights.pool.pairs((gates, size), quantized, |piece, gate, quantized| {
            let up = &ups[piece * size..][..gate.len()];
            instructions.run(Gate { x: gate, up, activation });
            for (pair, to) in gate.chunks_exact(2 * n).zip(quantized.chunks_exact_mut(n)) {
                instructions.run(Quantize { from: pair.split_at(n).into(), to });
            }
        });
    }

    /// Adds the delta to the residual stream, normed where a norm is given.
    fn add(&mut self, x: &mut [Vector], norm: Option<&[Vector]>) {
        let Self { weights, n, .. } = *self;
        let size = (PIECE / n).max(1) * n;
        let (delta, instructions) = (&self.delta, weights.instructions);
        let Some(norm) = norm else {
            return weights.pool.pieces(x, size, |piece, to| {
                instructions.run(Add { from: &delta[piece * size..][..to.len()], to });
            });
        };
        let roots = inverse_roots(weights, delta, n);
        weights.pool.pieces(x, n, |group, to| {
            let x = &delta[group * n..][..n];
            instructions.run(Scale { x, roots: &roots, weight: &norm[group], to, adds: true });
        });
    }
}
