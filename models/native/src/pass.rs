//! One batch through the layers.

use models::target::Target;

use crate::adapter::{Adapter, Factors};
use crate::batch::{Layout, Part, TILE, Tile};
use crate::cache::{PAGE, Page};
use crate::kernels::attend::{Attend, Store};
use crate::kernels::low_rank::{Down, Up};
use crate::kernels::product::{Product, Quantize, Quantized};
use crate::kernels::rows::{Add, Gate, InverseRoots, Rotate, Scale};
use crate::kernels::{LANES, Vector};
use crate::layer::Linear;
use crate::packed::BLOCK;
use crate::transformer::Transformer;

/// Vectors of a piece of work that is worth another thread.
const PIECE: usize = 64;
/// Rows that a thread takes at once where it goes by rows.
const ROWS: usize = 8;

/// What the layers share while a batch passes through them.
pub(crate) struct Pass<'a> {
    transformer: &'a Transformer,
    adapter: &'a Adapter,
    layout: &'a Layout,
    n: usize,
    /// Of layers that see everything, and of those with a window.
    angles: [Vec<[Vector; 2]>; 2],
    /// `[width / 16][n]`.
    normed: Vec<Vector>,
    /// Of whatever is multiplied next, `[blocks][n]`.
    quantized: Vec<Quantized>,
    /// Queries, keys and values, `[heads · head_width / 16][n]`.
    heads: Vec<Vector>,
    /// What attention puts out, tile after tile.
    tiles: Vec<Vector>,
    /// The same as rows, `[heads · head_width / 16][n]`.
    attended: Vec<Vector>,
    /// Gates, then what goes up, `[feed_forward / 16][n]` each.
    inner: Vec<Vector>,
    /// What is added to the residual stream, `[width / 16][n]`.
    delta: Vec<Vector>,
}

/// Heads that are computed with one tile.
#[derive(Clone, Copy)]
struct HeadsEach {
    heads: usize,
    /// Pieces of a tile.
    pieces: usize,
}

impl<'a> Pass<'a> {
    /// Room for a batch.
    pub(crate) fn new(
        transformer: &'a Transformer,
        adapter: &'a Adapter,
        layout: &'a Layout,
    ) -> Self {
        let shape = &transformer.shape;
        let n = layout.rows();
        let vectors = |width: usize| vec![Vector::default(); width / LANES * n];
        let queries = shape.heads * shape.head_width;
        let widest = shape.width.max(shape.feed_forward).max(queries);
        let windowed = match shape.window_tokens {
            Some(_) => transformer.window.at(&layout.positions),
            None => Vec::new(),
        };
        let tiles = layout.tiles.len() * TILE * queries / LANES;
        Self {
            transformer,
            adapter,
            layout,
            n,
            angles: [transformer.global.at(&layout.positions), windowed],
            normed: vectors(shape.width),
            quantized: vec![Quantized::default(); widest / BLOCK * n],
            heads: vectors(queries + 2 * shape.kv_heads * shape.head_width),
            tiles: vec![Vector::default(); tiles],
            attended: vectors(queries),
            inner: vectors(2 * shape.feed_forward),
            delta: vectors(shape.width),
        }
    }

    /// The residual stream `[width / 16][n]` through a layer.
    pub(crate) fn layer(&mut self, number: usize, x: &mut [Vector], parts: &mut [Part<'_>]) {
        let Self { transformer, n, .. } = *self;
        let layer = &transformer.layers[number];
        self.norm(x, &layer.attention_norm);
        let targets = [Target::Query, Target::Key, Target::Value];
        let (rows, input) = (&self.quantized[..], &self.normed[..]);
        let products = Products { layer: number, targets: &targets, rows, x: input, n };
        products.compute(transformer, self.adapter, &mut self.heads);
        self.rotate(number);
        self.store(number, parts);
        let each = self.attend(number, parts);
        self.collect(each);
        let (rows, input) = (&self.quantized[..], &self.attended[..]);
        let products = Products { layer: number, targets: &[Target::Output], rows, x: input, n };
        products.compute(transformer, self.adapter, &mut self.delta);
        self.add(x, layer.after_attention.as_deref());

        self.norm(x, &layer.feed_forward_norm);
        let targets = [Target::Gate, Target::Up];
        let (rows, input) = (&self.quantized[..], &self.normed[..]);
        let products = Products { layer: number, targets: &targets, rows, x: input, n };
        products.compute(transformer, self.adapter, &mut self.inner);
        self.gate();
        let gated = &self.inner[..transformer.shape.feed_forward / LANES * n];
        let (rows, input) = (&self.quantized[..], gated);
        let products = Products { layer: number, targets: &[Target::Down], rows, x: input, n };
        products.compute(transformer, self.adapter, &mut self.delta);
        self.add(x, layer.after_feed_forward.as_deref());
    }

    fn norm(&mut self, x: &[Vector], weights: &[Vector]) {
        norm(self.transformer, x, self.n, weights, &mut self.normed);
        quantize(self.transformer, &self.normed, self.n, &mut self.quantized);
    }

    /// Norms and rotates queries and keys.
    fn rotate(&mut self, number: usize) {
        let Self { transformer, n, .. } = *self;
        let (shape, layer) = (&transformer.shape, &transformer.layers[number]);
        let groups = shape.head_width / LANES;
        let angles = &self.angles[usize::from(shape.window_of(number).is_some())];
        let rotated = (shape.heads + shape.kv_heads) * groups * n;
        transformer.pool.pieces(&mut self.heads[..rotated], groups * n, |head, vectors| {
            let norm = if head < shape.heads { &layer.query_norm } else { &layer.key_norm };
            let norm = norm.as_deref().map(|weights| (weights, shape.norm_epsilon));
            let neighbours = transformer.global.neighbours;
            let rotate = Rotate { head: vectors, groups, norm, angles, neighbours };
            transformer.instructions.run(rotate);
        });
    }

    /// Writes keys and values to the parts' pages.
    fn store(&mut self, number: usize, parts: &mut [Part<'_>]) {
        let Self { transformer, n, .. } = *self;
        let shape = &transformer.shape;
        let (heads, vectors) = (&self.heads, shape.head_width / LANES * n);
        let mut pages: Vec<(usize, std::ops::Range<usize>, &mut Page)> = Vec::new();
        for (part, &start) in parts.iter_mut().zip(&self.layout.starts) {
            let (before, tokens) = (part.cache.tokens(), part.tokens.len());
            pages.extend(part.cache.new_pages().map(|(first, page)| {
                let from = before.max(first);
                let to = (before + tokens).min(first + PAGE);
                (start + from - before, from - first..to - first, page)
            }));
        }
        transformer.pool.pieces(&mut pages, 1, |_, pages| {
            let (row, slots, page) = &mut pages[0];
            for kv_head in 0..shape.kv_heads {
                let of = |head: usize| &heads[head * vectors..][..vectors];
                let key = of(shape.heads + kv_head);
                let value = of(shape.heads + shape.kv_heads + kv_head);
                let to = page.head_mut(number, kv_head);
                let store = Store { from: [key, value], rows: (*row, n), slots: slots.clone(), to };
                transformer.instructions.run(store);
            }
        });
    }

    /// Attention, tile by tile.
    fn attend(&mut self, number: usize, parts: &[Part<'_>]) -> HeadsEach {
        let Self { transformer, layout, n, .. } = *self;
        let shape = &transformer.shape;
        let shared = shape.heads / shape.kv_heads;
        // With few tiles, a head of keys alone would leave threads without work.
        let few = layout.tiles.len() * shape.kv_heads < 4 * transformer.threads();
        let heads = if few { 1 } else { shared };
        let each = HeadsEach { heads, pieces: shape.heads / heads };
        let groups = shape.head_width / LANES;
        let window = shape.window_of(number).unwrap_or(usize::MAX);
        let from = &self.heads;
        transformer.pool.pieces(&mut self.tiles, TILE * heads * groups, |piece, out| {
            let tile = layout.tiles[piece / each.pieces];
            let first_head = piece % each.pieces * heads;
            let (mut queries, mut sees) = (Vec::new(), Vec::new());
            for head in first_head..first_head + heads {
                for row in tile.row..tile.row + tile.rows {
                    queries.extend((0..groups).map(|group| {
                        let vector = &from[(head * groups + group) * n + row];
                        Vector(vector.0.map(|number| number * shape.score_scale))
                    }));
                    let end = layout.positions[row] + 1;
                    sees.push(end.saturating_sub(window)..end);
                }
            }
            let attend = Attend {
                pages: parts[tile.part].cache.pages(),
                layer: number,
                kv_head: first_head / shared,
                out: &mut out[..queries.len()],
                queries: &queries,
                sees: &sees,
            };
            transformer.instructions.run(attend);
        });
        each
    }

    /// Brings what attention put out back into rows, and quantizes them.
    fn collect(&mut self, each: HeadsEach) {
        let Self { transformer, layout, n, .. } = *self;
        let groups = transformer.shape.head_width / LANES;
        let tiles = &self.tiles;
        transformer.pool.pieces(&mut self.attended, n, |group, out| {
            let (head, of_head) = (group / groups, group % groups);
            for (&(index, place), out) in layout.places.iter().zip(out) {
                let Tile { rows, .. } = layout.tiles[index];
                let piece = index * each.pieces + head / each.heads;
                let query = head % each.heads * rows + place;
                *out = tiles[(piece * TILE * each.heads + query) * groups + of_head];
            }
        });
        quantize(transformer, &self.attended, n, &mut self.quantized);
    }

    /// `activation(gate) · up`, in place of the gates.
    fn gate(&mut self) {
        let Self { transformer, n, .. } = *self;
        let (gates, ups) = self.inner.split_at_mut(transformer.shape.feed_forward / LANES * n);
        let size = (PIECE / n).max(1) * 2 * n;
        let rows = gates.len() / 2;
        let quantized = (&mut self.quantized[..rows], size / 2);
        let (instructions, activation) = (transformer.instructions, transformer.activation());
        transformer.pool.pairs((gates, size), quantized, |piece, gate, quantized| {
            let up = &ups[piece * size..][..gate.len()];
            instructions.run(Gate { x: gate, up, activation });
            for (pair, to) in gate.chunks_exact(2 * n).zip(quantized.chunks_exact_mut(n)) {
                instructions.run(Quantize { from: pair.split_at(n).into(), to });
            }
        });
    }

    /// Adds the delta to the residual stream, normed where a norm is given.
    fn add(&mut self, x: &mut [Vector], norm: Option<&[Vector]>) {
        let Self { transformer, n, .. } = *self;
        let size = (PIECE / n).max(1) * n;
        let (delta, instructions) = (&self.delta, transformer.instructions);
        let Some(weights) = norm else {
            return transformer.pool.pieces(x, size, |piece, to| {
                instructions.run(Add { from: &delta[piece * size..][..to.len()], to });
            });
        };
        let roots = inverse_roots(transformer, delta, n);
        transformer.pool.pieces(x, n, |group, to| {
            let x = &delta[group * n..][..n];
            instructions.run(Scale { x, roots: &roots, weight: &weights[group], to, adds: true });
        });
    }
}

/// Norms rows `[width / 16][n]`.
pub(crate) fn norm(
    transformer: &Transformer,
    x: &[Vector],
    n: usize,
    weights: &[Vector],
    to: &mut [Vector],
) {
    let roots = inverse_roots(transformer, x, n);
    let size = (PIECE / n).max(1) * n;
    transformer.pool.pieces(to, size, |piece, to| {
        for (index, to) in to.chunks_exact_mut(n).enumerate() {
            let group = piece * size / n + index;
            let (x, weight) = (&x[group * n..][..n], &weights[group]);
            let scale = Scale { x, roots: &roots, weight, to, adds: false };
            transformer.instructions.run(scale);
        }
    });
}

fn inverse_roots(transformer: &Transformer, x: &[Vector], n: usize) -> Vec<f32> {
    let epsilon = transformer.shape.norm_epsilon;
    let mut roots = vec![0.0; n];
    transformer.pool.pieces(&mut roots, ROWS, |piece, to| {
        transformer.instructions.run(InverseRoots { x, n, first: piece * ROWS, epsilon, to });
    });
    roots
}

/// Quantizes rows `[width / 16][n]` to `[width / 32][n]`.
pub(crate) fn quantize(transformer: &Transformer, x: &[Vector], n: usize, to: &mut [Quantized]) {
    let size = (PIECE / n).max(1) * n;
    let to = &mut to[..x.len() / 2];
    transformer.pool.pieces(to, size, |piece, to| {
        let x = &x[2 * piece * size..][..2 * to.len()];
        for (pair, to) in x.chunks_exact(2 * n).zip(to.chunks_exact_mut(n)) {
            transformer.instructions.run(Quantize { from: pair.split_at(n).into(), to });
        }
    });
}

/// Some of a layer's matrices, and the rows that they are multiplied by.
struct Products<'a> {
    layer: usize,
    targets: &'a [Target],
    /// `[blocks][n]`.
    rows: &'a [Quantized],
    /// The same rows before they were quantized, for adapters.
    x: &'a [Vector],
    n: usize,
}

/// A matrix, and what an adapter adds to its products.
struct Adapted<'a> {
    linear: &'a Linear,
    /// Its factors, and the rows multiplied by the first of them.
    low: Option<(&'a Factors, Vec<Vector>)>,
}

impl Products<'_> {
    /// The products, one matrix behind the other, `[rows / 16][n]`.
    fn compute(&self, transformer: &Transformer, adapter: &Adapter, out: &mut [Vector]) {
        let Self { layer, targets, x, n, .. } = *self;
        let all = targets.iter().map(|&target| {
            let factors = adapter.at((layer, target));
            let low = factors.map(|factors| (factors, down(transformer, factors, x, n)));
            Adapted { linear: transformer.layers[layer].linear(target), low }
        });
        let all: Vec<Adapted<'_>> = all.collect();
        transformer.pool.pieces(out, n, |piece, out| {
            let mut group = piece;
            for adapted in &all {
                match group.checked_sub(adapted.linear.weights.groups()) {
                    Some(left) => group = left,
                    None => return self.group(transformer, adapted, group, out),
                }
            }
        });
    }

    /// The products of one group.
    fn group(
        &self,
        transformer: &Transformer,
        adapted: &Adapted<'_>,
        group: usize,
        out: &mut [Vector],
    ) {
        let (instructions, weights) = (transformer.instructions, &adapted.linear.weights);
        let rows = &self.rows[..weights.row_blocks() * self.n];
        instructions.run(Product { weights, group, rows, out });
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
fn down(transformer: &Transformer, factors: &Factors, x: &[Vector], n: usize) -> Vec<Vector> {
    let Factors { down: factor, ranks, .. } = factors;
    let ranks = *ranks;
    let mut low = vec![Vector::default(); n * ranks];
    transformer.pool.pieces(&mut low, ROWS * ranks, |piece, to| {
        let first = piece * ROWS;
        transformer.instructions.run(Down { factor, ranks, x, n, first, to });
    });
    low
}
