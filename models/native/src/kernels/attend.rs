//! Attention of queries over the pages of their sequence (Vaswani et al., 2017, equation 1).
//!
//! Scores of 32 keys at once, then weights, then the sum of values. Each query is computed
//! alike whatever others are computed beside it: keys that it does not see have the weight 0.

use std::ops::Range;
use std::sync::Arc;

use super::{Halves, Job, LANES, Simd, Vector};
use crate::cache::{PAGE, PAGE_VECTORS, Page};

/// Vectors of values that are summed at once.
const WIDE: usize = 4;

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
        let groups = self.queries.len() / self.sees.len();
        let mut scores = Vec::new();
        let mut first = 0;
        while first < self.sees.len() {
            let left = self.sees.len() - first;
            let take = if left >= 4 {
                4
            } else if left >= 2 {
                2
            } else {
                1
            };
            let range = first * groups..(first + take) * groups;
            let part = Attend {
                queries: &self.queries[range.clone()],
                sees: &self.sees[first..first + take],
                out: &mut self.out[range],
                pages: self.pages,
                layer: self.layer,
                kv_head: self.kv_head,
            };
            match take {
                4 => tile::<S, 4>(simd, part, &mut scores),
                2 => tile::<S, 2>(simd, part, &mut scores),
                _ => tile::<S, 1>(simd, part, &mut scores),
            }
            first += take;
        }
    }
}

/// `Q` queries.
#[inline(always)]
fn tile<S: Simd, const Q: usize>(simd: S, attend: Attend<'_>, scores: &mut Vec<Vector>) {
    let Attend { pages, layer, kv_head, queries, sees, out } = attend;
    let groups = queries.len() / Q;
    let first = sees.iter().map(|seen| seen.start).min().unwrap_or(0) / PAGE;
    let end = sees.iter().map(|seen| seen.end).max().unwrap_or(0).div_ceil(PAGE);
    let pages = &pages[first..end];
    // `[pages][Q][2]`.
    scores.clear();
    scores.resize(pages.len() * Q * PAGE_VECTORS, Vector::default());
    for (page, scores) in pages.iter().zip(scores.chunks_exact_mut(Q * PAGE_VECTORS)) {
        score::<S, Q>(simd, page.head(layer, kv_head).0, queries, scores);
    }
    let mut sums = [0.0; Q];
    for (query, sum) in sums.iter_mut().enumerate() {
        *sum = soften::<S, Q>(simd, scores, query, (first, &sees[query]));
    }
    for group in (0..groups).step_by(WIDE) {
        let wide = WIDE.min(groups - group);
        let mut values = [[simd.splat(0.0); WIDE]; Q];
        for (page, scores) in pages.iter().zip(scores.chunks_exact(Q * PAGE_VECTORS)) {
            let rows = page.head(layer, kv_head).1.chunks_exact(groups);
            for (token, row) in rows.enumerate() {
                for (index, halves) in row[group..group + wide].iter().enumerate() {
                    let value = simd.widen(halves);
                    for (query, sums) in values.iter_mut().enumerate() {
                        let of_query = &scores[query * PAGE_VECTORS + token / LANES];
                        let weight = simd.splat(of_query.0[token % LANES]);
                        sums[index] = simd.fused(weight, value, sums[index]);
                    }
                }
            }
        }
        for (query, values) in values.iter().enumerate() {
            let inverse = simd.splat(1.0 / sums[query]);
            for (index, value) in values[..wide].iter().enumerate() {
                simd.write(simd.mul(*value, inverse), &mut out[query * groups + group + index]);
            }
        }
    }
}

/// The scores of a page's keys, `[Q][2]`.
#[inline(always)]
fn score<S: Simd, const Q: usize>(
    simd: S,
    keys: &[Halves],
    queries: &[Vector],
    scores: &mut [Vector],
) {
    let groups = queries.len() / Q;
    let mut sums = [[simd.splat(0.0); PAGE_VECTORS]; Q];
    for (column, keys) in keys.chunks_exact(PAGE_VECTORS).enumerate() {
        for (half, halves) in keys.iter().enumerate() {
            let key = simd.widen(halves);
            for (query, sums) in sums.iter_mut().enumerate() {
                let number = queries[query * groups + column / LANES].0[column % LANES];
                sums[half] = simd.fused(simd.splat(number), key, sums[half]);
            }
        }
    }
    for (sums, scores) in sums.iter().zip(scores.chunks_exact_mut(PAGE_VECTORS)) {
        for (sum, score) in sums.iter().zip(scores) {
            simd.write(*sum, score);
        }
    }
}

/// Scores of a query to weights whose sum is returned; of keys that it does not see, to 0.
#[inline(always)]
fn soften<S: Simd, const Q: usize>(
    simd: S,
    scores: &mut [Vector],
    query: usize,
    (first_page, seen): (usize, &Range<usize>),
) -> f32 {
    let set_unseen = |scores: &mut [Vector], to: f32| {
        for (page, scores) in scores.chunks_exact_mut(Q * PAGE_VECTORS).enumerate() {
            let start = (first_page + page) * PAGE;
            if seen.start <= start && start + PAGE <= seen.end {
                continue;
            }
            for key in (start..start + PAGE).filter(|key| !seen.contains(key)) {
                let slot = key - start;
                scores[query * PAGE_VECTORS + slot / LANES].0[slot % LANES] = to;
            }
        }
    };
    set_unseen(scores, f32::NEG_INFINITY);
    let mut most = simd.splat(f32::NEG_INFINITY);
    for page in scores.chunks_exact(Q * PAGE_VECTORS) {
        for vector in &page[query * PAGE_VECTORS..][..PAGE_VECTORS] {
            most = simd.max(most, simd.read(vector));
        }
    }
    let most = simd.splat(simd.largest(most));
    for page in scores.chunks_exact_mut(Q * PAGE_VECTORS) {
        for vector in &mut page[query * PAGE_VECTORS..][..PAGE_VECTORS] {
            let weight = simd.exp(simd.sub(simd.read(vector), most));
            simd.write(weight, vector);
        }
    }
    set_unseen(scores, 0.0);
    let mut sum = simd.splat(0.0);
    for page in scores.chunks_exact(Q * PAGE_VECTORS) {
        for vector in &page[query * PAGE_VECTORS..][..PAGE_VECTORS] {
            sum = simd.add(sum, simd.read(vector));
        }
    }
    simd.sum(sum)
}

/// Writes the keys and values of tokens into a page.
pub(crate) struct Store<'a> {
    /// Keys and values of one head, `[head_width / 16][n]` each.
    pub(crate) from: [&'a [Vector]; 2],
    /// The row of the first token, and of all.
    pub(crate) rows: (usize, usize),
    /// Where the tokens stand in the page.
    pub(crate) slots: Range<usize>,
    /// The keys `[head_width][2]` and values `[32][head_width / 16]`.
    pub(crate) to: (&'a mut [Halves], &'a mut [Halves]),
}

impl Job for Store<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { from: [keys, values], rows: (first, n), slots, to } = self;
        let groups = keys.len() / n;
        for (index, slot) in slots.enumerate() {
            for group in 0..groups {
                let key = simd.narrow(simd.read(&keys[group * n + first + index]));
                for (lane, half) in key.into_iter().enumerate() {
                    let column = group * LANES + lane;
                    to.0[column * PAGE_VECTORS + slot / LANES][slot % LANES] = half;
                }
                let value = simd.narrow(simd.read(&values[group * n + first + index]));
                to.1[slot * groups + group] = value;
            }
        }
    }
}
