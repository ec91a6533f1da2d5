//! A layer's attention, shared out to threads by heads and by tiles of rows.

use std::ops::Range;

use crate::batch::{Layout, Part, TILE, Tile};
use crate::cache::{PAGE, Page};
use crate::kernels::attend::Attend;
use crate::kernels::rows::Rotate;
use crate::kernels::store::Store;
use crate::kernels::{LANES, Vector};
use crate::weights::Weights;

/// Room for a batch's attention.
pub(crate) struct Attention<'a> {
    weights: &'a Weights,
    layout: &'a Layout,
    n: usize,
    /// Of layers that see everything, and of those with a window.
    angles: [Vec<[Vector; 2]>; 2],
    /// Queries, keys and values, `[heads · head_width / 16][n]`.
    pub(crate) heads: Vec<Vector>,
    /// What attention puts out, tile after tile.
    tiles: Vec<Vector>,
    /// The same as rows, `[heads · head_width / 16][n]`.
    pub(crate) attended: Vec<Vector>,
}

impl<'a> Attention<'a> {
    /// Room for a batch.
    pub(crate) fn new(weights: &'a Weights, layout: &'a Layout) -> Self {
        let (shape, n) = (&weights.shape, layout.rows());
        let vectors = |width: usize| vec![Vector::default(); width / LANES * n];
        let queries = shape.heads * shape.head_width;
        let windowed = match shape.window_tokens {
            Some(_) => weights.window.at(&layout.positions),
            None => Vec::new(),
        };
        Self {
            weights,
            layout,
            n,
            angles: [weights.global.at(&layout.positions), windowed],
            heads: vectors(queries + 2 * shape.kv_heads * shape.head_width),
            tiles: vec![Vector::default(); layout.tiles.len() * TILE * queries / LANES],
            attended: vectors(queries),
        }
    }

    /// From the heads of a layer to what it attends to; the parts' caches get its keys and
    /// values.
    pub(crate) fn compute(&mut self, layer: usize, parts: &mut [Part<'_>]) {
        let _span = tracing::trace_span!("attention").entered();
        self.rotate(layer);
        self.store(layer, parts);
        let heads = self.attend(layer, parts);
        self.collect(heads);
    }

    /// Norms and rotates queries and keys.
    fn rotate(&mut self, number: usize) {
        let Self { weights, n, .. } = *self;
        let (shape, layer) = (&weights.shape, &weights.layers[number]);
        let groups = shape.head_width / LANES;
        let angles = &self.angles[usize::from(shape.window_of(number).is_some())];
        let rotated = (shape.heads + shape.kv_heads) * groups * n;
        weights.pool.pieces(&mut self.heads[..rotated], groups * n, |head, vectors| {
            let norm = if head < shape.heads { &layer.query_norm } else { &layer.key_norm };
            let norm = norm.as_deref().map(|norm| (norm, shape.norm_epsilon));
            let neighbours = weights.global.neighbours;
            let rotate = Rotate { head: vectors, groups, norm, angles, neighbours };
            weights.instructions.run(rotate);
        });
    }

    /// Writes keys and values to the parts' pages.
    fn store(&mut self, number: usize, parts: &mut [Part<'_>]) {
        let Self { weights, n, .. } = *self;
        let shape = &weights.shape;
        let (heads, vectors) = (&self.heads, shape.head_width / LANES * n);
        let mut pages: Vec<(usize, Range<usize>, &mut Page)> = Vec::new();
        for (part, &start) in parts.iter_mut().zip(&self.layout.starts) {
            let (before, tokens) = (part.cache.tokens(), part.tokens.len());
            pages.extend(part.cache.new_pages().map(|(first, page)| {
                let from = before.max(first);
                let to = (before + tokens).min(first + PAGE);
                (start + from - before, from - first..to - first, page)
            }));
        }
        weights.pool.pieces(&mut pages, 1, |_, pages| {
            let (row, slots, page) = &mut pages[0];
            for kv_head in 0..shape.kv_heads {
                let of = |head: usize| &heads[head * vectors..][..vectors];
                let key = of(shape.heads + kv_head);
                let value = of(shape.heads + shape.kv_heads + kv_head);
                let to = page.head_mut(number, kv_head);
                let store = Store { from: [key, value], rows: (*row, n), slots: slots.clone(), to };
                weights.instructions.run(store);
            }
        });
    }

    /// Attention, tile by tile; how many heads are computed with one is returned.
    fn attend(&mut self, number: usize, parts: &[Part<'_>]) -> usize {
        let Self { weights, layout, n, .. } = *self;
        let shape = &weights.shape;
        let shared = shape.heads / shape.kv_heads;
        // With few tiles, a head of keys alone would leave threads without work.
        let few = layout.tiles.len() * shape.kv_heads < 4 * weights.pool.threads();
        let heads = if few { 1 } else { shared };
        let groups = shape.head_width / LANES;
        let window = shape.window_of(number).unwrap_or(usize::MAX);
        let from = &self.heads;
        weights.pool.pieces(&mut self.tiles, TILE * heads * groups, |piece, out| {
            // Tiles of a sequence read the same keys and values one after another.
            let tile = layout.tiles[piece % layout.tiles.len()];
            let first_head = piece / layout.tiles.len() * heads;
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
            weights.instructions.run(attend);
        });
        heads
    }

    /// Brings what attention put out back into rows.
    fn collect(&mut self, heads: usize) {
        let Self { weights, layout, n, .. } = *self;
        let groups = weights.shape.head_width / LANES;
        let tiles = &self.tiles;
        weights.pool.pieces(&mut self.attended, n, |group, out| {
            let (head, of_head) = (group / groups, group % groups);
            for (&(index, place), out) in layout.places.iter().zip(out) {
                let Tile { rows, .. } = layout.tiles[index];
                let piece = head / heads * layout.tiles.len() + index;
                let query = head % heads * rows + place;
                *out = tiles[(piece * TILE * heads + query) * groups + of_head];
            }
        });
    }
}
