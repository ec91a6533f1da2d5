//! Attention of queries over the pages of their sequence (Vaswani et al., 2017, equation 1).
//!
//! Scores of a page's 32 keys at once, then weights, then the sum of values: a page is read once for
//! all queries that are computed together. Each query is computed
//! alike whatever others are computed beside it: keys that it does not see have the weight 0.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use super::{Halves, Job, LANES, Simd, Vector};
use crate::cache::{PAGE, PAGE_VECTORS, Page};

/// One head of keys and values, and queries to it.
pub(crate) struct Attend<'a> {
    /// The sequence's.
    pub(crate) pages: &'a [Arc<Page>],
    /// Which layer.
    pub(crate) layer: usize,
    /// Which head of keys and values.
    pub(crate) kv_head: usize,
    /// Query after query, `[head_width / 16]` each, multiplied by the scale of scores.
    pub(crate) queries: &'a [Vector],
    /// The keys that each query sees; at least one.
    pub(crate) sees: &'a [Range<usize>],
    /// Where the sums of values go, as `queries` lie.
    pub(crate) out: &'a mut [Vector],
}

impl Job for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { pages, layer, kv_head, queries, sees, out } = self;
        let (n, groups) = (sees.len(), queries.len() / sees.len());
        let first = sees.iter().map(|seen| seen.start).min().unwrap_or(0) / PAGE;
        let end = sees.iter().map(|seen| seen.end).max().unwrap_or(0).div_ceil(PAGE);
        let pages = &pages[first..end];
        let (mut wide, mut scores) = (WIDE.take(), SCORES.take());
        let width = pages.len() * PAGE_VECTORS;
        grow(&mut wide, PAGE * groups);
        grow(&mut scores, n * width);
        for (index, page) in pages.iter().enumerate() {
            let next = pages.get(index + 1).map(|page| page.head(layer, kv_head).0);
            widen(simd, page.head(layer, kv_head).0, &mut wide, next);
            let scores = (scores.as_mut_slice(), width, index * PAGE_VECTORS);
            in_tiles(simd, n, &mut Score { keys: &wide[..PAGE * groups], queries, groups, scores });
        }
        let mut inverses = vec![0.0; n];
        let rows = scores.chunks_exact_mut(width);
        for ((scores, seen), inverse) in rows.zip(sees).zip(&mut inverses) {
            *inverse = 1.0 / soften(simd, scores, (first, seen));
        }
        out.fill(Vector::default());
        for (index, page) in pages.iter().enumerate() {
            let next = pages.get(index + 1).map(|page| page.head(layer, kv_head).1);
            widen(simd, page.head(layer, kv_head).1, &mut wide, next);
            let weights = (scores.as_slice(), width, index * PAGE_VECTORS);
            in_tiles(simd, n, &mut Add { values: &wide[..PAGE * groups], weights, groups, out });
        }
        for (out, inverse) in out.chunks_exact_mut(groups).zip(inverses) {
            for out in out {
                simd.write(simd.mul(simd.read(out), simd.splat(inverse)), out);
            }
        }
        WIDE.set(wide);
        SCORES.set(scores);
    }
}

thread_local! {
    /// Room for a page's keys or values in single precision.
    static WIDE: Cell<Vec<Vector>> = const { Cell::new(Vec::new()) };
    /// Room for scores `[n][pages][2]`.
    static SCORES: Cell<Vec<Vector>> = const { Cell::new(Vec::new()) };
}

fn grow(room: &mut Vec<Vector>, vectors: usize) {
    room.resize(room.len().max(vectors), Vector::default());
}

/// Brings a page's keys or values to single precision, once for all queries; those of the next
/// page are on their way meanwhile.
#[inline(always)]
fn widen<S: Simd>(simd: S, halves: &[Halves], to: &mut [Vector], next: Option<&[Halves]>) {
    for (index, (halves, to)) in halves.iter().zip(to).enumerate() {
        if let Some(next) = next {
            simd.prefetch(&next[index]);
        }
        simd.write(simd.widen(halves), to);
    }
}

/// The first `N`; a loop, since closures are not compiled for the instructions.
#[inline(always)]
fn read<S: Simd, const N: usize>(simd: S, from: &[Vector]) -> [S::Floats; N] {
    let mut numbers = [simd.splat(0.0); N];
    for (number, from) in numbers.iter_mut().zip(&from[..N]) {
        *number = simd.read(from);
    }
    numbers
}

/// What is computed for `Q` queries at once, whose sums stay in registers.
trait Tiled {
    /// The queries from `first` on.
    fn tile<S: Simd, const Q: usize>(&mut self, simd: S, first: usize);
}

/// All `n` queries, as many at once as there are registers for two sums each.
#[inline(always)]
fn in_tiles<S: Simd>(simd: S, n: usize, tiled: &mut impl Tiled) {
    let mut first = 0;
    while first < n {
        first += match (n - first).min(S::SUMS / PAGE_VECTORS) {
            8.. => {
                tiled.tile::<S, 8>(simd, first);
                8
            }
            4.. => {
                tiled.tile::<S, 4>(simd, first);
                4
            }
            3 => {
                tiled.tile::<S, 3>(simd, first);
                3
            }
            2 => {
                tiled.tile::<S, 2>(simd, first);
                2
            }
            _ => {
                tiled.tile::<S, 1>(simd, first);
                1
            }
        };
    }
}

/// Scores of a page's keys, `[n][2]`.
struct Score<'a> {
    /// `[head_width][2]`.
    keys: &'a [Vector],
    /// `[n][groups]`.
    queries: &'a [Vector],
    groups: usize,
    /// Where they go: `[n][width]`, width, and the page's place in it.
    scores: (&'a mut [Vector], usize, usize),
}

impl Tiled for Score<'_> {
    #[inline(always)]
    fn tile<S: Simd, const Q: usize>(&mut self, simd: S, first: usize) {
        let queries = &self.queries[first * self.groups..][..Q * self.groups];
        let mut sums = [[simd.splat(0.0); PAGE_VECTORS]; Q];
        for (group, keys) in self.keys.chunks_exact(LANES * PAGE_VECTORS).enumerate() {
            let numbers: [&[f32; LANES]; Q] =
                std::array::from_fn(|query| &queries[query * self.groups + group].0);
            for lane in 0..LANES {
                let key = read::<S, PAGE_VECTORS>(simd, &keys[lane * PAGE_VECTORS..]);
                for (sums, numbers) in sums.iter_mut().zip(numbers) {
                    let number = simd.splat(numbers[lane]);
                    for (sum, key) in sums.iter_mut().zip(key) {
                        *sum = simd.fused(number, key, *sum);
                    }
                }
            }
        }
        let (scores, width, place) = &mut self.scores;
        for (query, sums) in sums.iter().enumerate() {
            let scores = &mut scores[(first + query) * *width + *place..][..PAGE_VECTORS];
            for (sum, score) in sums.iter().zip(scores) {
                simd.write(*sum, score);
            }
        }
    }
}

/// Adds a page's values, as often as their weights say.
struct Add<'a> {
    /// `[32][groups]`.
    values: &'a [Vector],
    /// `[n][width]`, width, and the page's place in it.
    weights: (&'a [Vector], usize, usize),
    groups: usize,
    /// To these sums, `[n][groups]`.
    out: &'a mut [Vector],
}

impl Tiled for Add<'_> {
    #[inline(always)]
    fn tile<S: Simd, const Q: usize>(&mut self, simd: S, first: usize) {
        let mut group = 0;
        while group < self.groups {
            group += match (self.groups - group).min(S::SUMS / Q) {
                4.. => self.columns::<S, Q, 4>(simd, (first, group)),
                2.. => self.columns::<S, Q, 2>(simd, (first, group)),
                _ => self.columns::<S, Q, 1>(simd, (first, group)),
            };
        }
    }
}

impl Add<'_> {
    /// For `Q` queries and `W` vectors of their columns; `W` is returned.
    #[inline(always)]
    fn columns<S: Simd, const Q: usize, const W: usize>(
        &mut self,
        simd: S,
        (first, group): (usize, usize),
    ) -> usize {
        let Self { values, weights: (weights, width, start), groups, ref mut out } = *self;
        let place = |query: usize| (first + query) * groups + group;
        let mut sums = [[simd.splat(0.0); W]; Q];
        for (query, sums) in sums.iter_mut().enumerate() {
            *sums = read::<S, W>(simd, &out[place(query)..]);
        }
        for (half, values) in values.chunks_exact(LANES * groups).enumerate() {
            let numbers: [&[f32; LANES]; Q] =
                std::array::from_fn(|query| &weights[(first + query) * width + start + half].0);
            for (lane, row) in values.chunks_exact(groups).enumerate() {
                let value = read::<S, W>(simd, &row[group..]);
                for (sums, numbers) in sums.iter_mut().zip(numbers) {
                    let weight = simd.splat(numbers[lane]);
                    for (sum, value) in sums.iter_mut().zip(value) {
                        *sum = simd.fused(weight, value, *sum);
                    }
                }
            }
        }
        for (query, sums) in sums.iter().enumerate() {
            let out = &mut out[place(query)..][..W];
            for (sum, out) in sums.iter().zip(out) {
                simd.write(*sum, out);
            }
        }
        W
    }
}

/// Scores of a query to weights whose sum is returned; of keys that it does not see, to 0.
#[inline(always)]
fn soften<S: Simd>(
    simd: S,
    scores: &mut [Vector],
    (first_page, seen): (usize, &Range<usize>),
) -> f32 {
    let set_unseen = |scores: &mut [Vector], to: f32| {
        for (page, scores) in scores.chunks_exact_mut(PAGE_VECTORS).enumerate() {
            let start = (first_page + page) * PAGE;
            if seen.start <= start && start + PAGE <= seen.end {
                continue;
            }
            for key in (start..start + PAGE).filter(|key| !seen.contains(key)) {
                let slot = key - start;
                scores[slot / LANES].0[slot % LANES] = to;
            }
        }
    };
    set_unseen(scores, f32::NEG_INFINITY);
    let mut most = simd.splat(f32::NEG_INFINITY);
    for vector in scores.iter() {
        most = simd.max(most, simd.read(vector));
    }
    let most = simd.splat(simd.largest(most));
    for vector in scores.iter_mut() {
        let weight = simd.exp(simd.sub(simd.read(vector), most));
        simd.write(weight, vector);
    }
    set_unseen(scores, 0.0);
    let mut sum = simd.splat(0.0);
    for vector in scores.iter() {
        sum = simd.add(sum, simd.read(vector));
    }
    simd.sum(sum)
}
