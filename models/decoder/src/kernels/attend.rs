//! Causal attention on the CPU, in blocks of queries.
//!
//! Forward keeps, for each query and head, the logarithm of the sum of its
//! exponentials; backward computes the probabilities again from it (Dao et al.,
//! `FlashAttention`, 2022, algorithms 1 and 4, with whole rows of keys).

use rayon::prelude::*;

use super::exp::exp;
use super::shared::{Target, View, Write, multiplied, multiply};
use super::vectors::{self, vectorized};
use super::{Attention, Segment};

/// Queries that are computed together.
const BLOCK: usize = 64;

/// The inputs of attention: query `[n, heads · width]`, key and value
/// `[m, kv_heads · width]`.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) query: &'a [f32],
    pub(super) key: &'a [f32],
    pub(super) value: &'a [f32],
}

/// Some queries of one head and the keys that they may see.
#[derive(Clone, Copy)]
struct Block {
    head: usize,
    /// First row of the queries in the batch, and how many.
    query: usize,
    queries: usize,
    /// First row of the keys in the batch, and how many.
    key: usize,
    keys: usize,
    /// Keys, counted from `key`, that the first query sees: up to its own.
    first_sees: usize,
}

impl Attention {
    fn block(&self, segment: &Segment, head: usize, start: usize) -> Block {
        let queries = BLOCK.min(segment.queries - start);
        // The position of the block's first query among the segment's keys.
        let position = segment.keys - segment.queries + start;
        let hidden = self.window.map_or(0, |window| (position + 1).saturating_sub(window));
        Block {
            head,
            query: segment.query + start,
            queries,
            key: segment.key + hidden,
            keys: position + queries - hidden,
            first_sees: position + 1 - hidden,
        }
    }

    fn query_width(&self) -> usize {
        self.heads * self.head_width
    }

    fn key_width(&self) -> usize {
        self.kv_heads * self.head_width
    }

    fn queries_of<'a>(&self, rows: &'a [f32], block: &Block) -> View<'a> {
        let (width, head) = (self.query_width(), block.head * self.head_width);
        let start = block.query * width + head;
        View::rows(&rows[start..], [block.queries, self.head_width], width)
    }

    fn keys_of<'a>(&self, rows: &'a [f32], block: &Block) -> View<'a> {
        let (width, head) = (self.key_width(), self.kv_head(block.head) * self.head_width);
        let start = block.key * width + head;
        View::rows(&rows[start..], [block.keys, self.head_width], width)
    }

    fn kv_head(&self, head: usize) -> usize {
        head / (self.heads / self.kv_heads)
    }

    /// Which of a block's keys its query number `row` sees.
    fn visible(&self, block: &Block, row: usize) -> std::ops::Range<usize> {
        let end = block.first_sees + row;
        self.window.map_or(0, |window| end.saturating_sub(window))..end
    }

    /// Scores of a block `[queries, keys]`.
    fn scores(&self, inputs: Inputs<'_>, block: &Block) -> Vec<f32> {
        let (query, key) =
            (self.queries_of(inputs.query, block), self.keys_of(inputs.key, block).transposed());
        multiplied((query, key), self.scale)
    }
}

/// The output `[n, heads · width]` and the logarithms `[n, heads]`.
pub(super) fn attend(inputs: Inputs<'_>, how: &Attention) -> [Vec<f32>; 2] {
    let n = inputs.query.len() / how.query_width();
    let (mut out, mut logs) = (vec![0.0; inputs.query.len()], vec![0.0; n * how.heads]);
    let (out_target, log_target) = (Target::new(&mut out), Target::new(&mut logs));
    let blocks: Vec<Block> = how
        .segments
        .iter()
        .flat_map(|segment| {
            let starts = (0..segment.queries).step_by(BLOCK);
            starts.flat_map(move |start| {
                (0..how.heads).map(move |head| how.block(segment, head, start))
            })
        })
        .collect();
    blocks.par_iter().for_each(|block| {
        let mut scores = how.scores(inputs, block);
        for (row, scores) in scores.chunks_exact_mut(block.keys).enumerate() {
            let log = softmax(scores, how.visible(block, row));
            // SAFETY: `logs` outlives the loop; each query and head has its own place.
            #[allow(unsafe_code, reason = "threads write parts of one slice")]
            unsafe {
                log_target.part((block.query + row) * how.heads + block.head, 1)[0] = log;
            }
        }
        let probabilities = View::rows(&scores, [block.queries, block.keys], block.keys);
        let offset = block.query * how.query_width() + block.head * how.head_width;
        let value = how.keys_of(inputs.value, block);
        // SAFETY: `out` outlives the loop; each block has its own rows and columns.
        #[allow(unsafe_code, reason = "threads write parts of one slice")]
        unsafe {
            let part = (offset, how.query_width());
            out_target.write(part, (probabilities, value), 1.0, Write::Replace);
        }
    });
    [out, logs]
}

/// Scores into probabilities; returns the logarithm of the sum of exponentials.
fn softmax(scores: &mut [f32], visible: std::ops::Range<usize>) -> f32 {
    let seen = &mut scores[visible.clone()];
    let (greatest, sum) = vectorized(
        #[inline(always)]
        || {
            let greatest = vectors::greatest(seen);
            for score in &mut *seen {
                *score = exp(*score - greatest);
            }
            let sum = vectors::sum(seen);
            for score in &mut *seen {
                *score /= sum;
            }
            (greatest, sum)
        },
    );
    scores[..visible.start].fill(0.0);
    scores[visible.end..].fill(0.0);
    greatest + sum.ln()
}

/// Gradients of query, key and value.
pub(super) fn attend_backward(
    inputs: Inputs<'_>,
    [output, logs]: [&[f32]; 2],
    gradient: &[f32],
    how: &Attention,
) -> [Vec<f32>; 3] {
    let mut query = vec![0.0; inputs.query.len()];
    let mut key = vec![0.0; inputs.key.len()];
    let mut value = vec![0.0; inputs.value.len()];
    let target = Target::new(&mut query);
    let units: Vec<(Segment, usize)> = how
        .segments
        .iter()
        .flat_map(|segment| (0..how.heads).map(move |head| (*segment, head)))
        .collect();
    let parts: Vec<[Vec<f32>; 2]> = units
        .par_iter()
        .map(|&(segment, head)| {
            let unit = Unit { inputs, output, logs, gradient, how };
            unit.backward(&segment, head, target)
        })
        .collect();
    // In the order of the heads, so that sums repeat whatever the threads did.
    for ((segment, head), [key_part, value_part]) in units.into_iter().zip(parts) {
        let start = segment.key * how.key_width() + how.kv_head(head) * how.head_width;
        add_rows(&mut key[start..], how.key_width(), &key_part, how.head_width);
        add_rows(&mut value[start..], how.key_width(), &value_part, how.head_width);
    }
    [query, key, value]
}

/// What the gradients of one head of one segment are made of.
struct Unit<'a> {
    inputs: Inputs<'a>,
    output: &'a [f32],
    logs: &'a [f32],
    gradient: &'a [f32],
    how: &'a Attention,
}

impl Unit<'_> {
    /// Writes the query's gradient; returns key's and value's `[keys, width]`.
    fn backward(&self, segment: &Segment, head: usize, target: Target) -> [Vec<f32>; 2] {
        let how = self.how;
        let width = how.head_width;
        let (mut key, mut value) =
            (vec![0.0; segment.keys * width], vec![0.0; segment.keys * width]);
        for start in (0..segment.queries).step_by(BLOCK) {
            let block = how.block(segment, head, start);
            let shape = [block.queries, block.keys];
            let mut scores = how.scores(self.inputs, &block);
            self.probabilities(&mut scores, &block);
            let offset = (block.key - segment.key) * width;
            let gradient = how.queries_of(self.gradient, &block);
            let probabilities = View::rows(&scores, shape, block.keys).transposed();
            let value_part = (&mut value[offset..], width);
            multiply(value_part, (probabilities, gradient), 1.0, Write::Add);
            self.score_gradients(&mut scores, &block);
            let scores = View::rows(&scores, shape, block.keys);
            let keys = how.keys_of(self.inputs.key, &block);
            let place = block.query * how.query_width() + head * width;
            // SAFETY: the target outlives the loop; each block has its own rows, each
            // head its own columns.
            #[allow(unsafe_code, reason = "threads write parts of one slice")]
            unsafe {
                target.write((place, how.query_width()), (scores, keys), how.scale, Write::Replace);
            }
            let queries = how.queries_of(self.inputs.query, &block);
            let key_part = (&mut key[offset..], width);
            multiply(key_part, (scores.transposed(), queries), how.scale, Write::Add);
        }
        [key, value]
    }

    /// Scores into the probabilities of the forward pass.
    fn probabilities(&self, scores: &mut [f32], block: &Block) {
        for (row, scores) in scores.chunks_exact_mut(block.keys).enumerate() {
            let visible = self.how.visible(block, row);
            let log = self.logs[(block.query + row) * self.how.heads + block.head];
            let seen = &mut scores[visible.clone()];
            vectorized(
                #[inline(always)]
                || {
                    for score in seen {
                        *score = exp(*score - log);
                    }
                },
            );
            scores[..visible.start].fill(0.0);
            scores[visible.end..].fill(0.0);
        }
    }

    /// Probabilities into the gradients of scores: `p · (dp − Σ dout · out)`.
    fn score_gradients(&self, probabilities: &mut [f32], block: &Block) {
        let how = self.how;
        let operands = (
            how.queries_of(self.gradient, block),
            how.keys_of(self.inputs.value, block).transposed(),
        );
        let gradients = multiplied(operands, 1.0);
        let rows = probabilities.chunks_exact_mut(block.keys);
        for (row, (probabilities, gradients)) in
            rows.zip(gradients.chunks_exact(block.keys)).enumerate()
        {
            let start = (block.query + row) * how.query_width() + block.head * how.head_width;
            let end = start + how.head_width;
            vectorized(
                #[inline(always)]
                || {
                    let dot = vectors::dot(&self.output[start..end], &self.gradient[start..end]);
                    for (probability, gradient) in probabilities.iter_mut().zip(gradients) {
                        *probability *= gradient - dot;
                    }
                },
            );
        }
    }
}

fn add_rows(target: &mut [f32], stride: usize, rows: &[f32], width: usize) {
    for (target, row) in target.chunks_mut(stride).zip(rows.chunks_exact(width)) {
        for (target, value) in target.iter_mut().zip(row) {
            *target += value;
        }
    }
}
