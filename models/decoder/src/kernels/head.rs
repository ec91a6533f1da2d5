//! Log-probabilities of given tokens on the CPU, without all logits at once.
//!
//! The vocabulary is worked through in tiles: a tile's logits are folded into
//! each row's greatest logit and sum of exponentials, and forgotten. Backward
//! computes them again (Wijmans et al., Cut Your Losses, 2024, sections 4.1 and 4.3).

use models::blocks::dequantize;
use rayon::prelude::*;

use super::exp::exp;
use super::products::with_tile;
use super::rounded::{Rounded, Tile};
use super::shared::{View, Write, multiplied, multiply};
use super::vectors::{self, vectorized};
use crate::matrix::Packing;

/// Elements of a tile of the vocabulary.
const TILE_MAX: usize = 128 * 1024;

/// Rows `[n, columns]`, the token behind each, and the head.
pub(super) struct Head<'a> {
    x: &'a [f32],
    rounded: Option<Rounded>,
    tokens: &'a [u32],
    bytes: &'a [u8],
    packing: Packing,
}

/// What a tile adds to the rows' sums.
struct TileSums {
    greatest: Vec<f32>,
    /// Of exponentials of logits minus `greatest`.
    sum: Vec<f32>,
}

impl<'a> Head<'a> {
    pub(super) fn new(x: &'a [f32], tokens: &'a [u32], bytes: &'a [u8], packing: Packing) -> Self {
        let rounded = Rounded::by_threads(x, packing.columns, packing.operands);
        Self { x, rounded, tokens, bytes, packing }
    }

    fn tile(&self) -> usize {
        (TILE_MAX / self.packing.columns).clamp(1, self.packing.rows)
    }

    fn tiles(&self) -> usize {
        self.packing.rows.div_ceil(self.tile())
    }

    fn n(&self) -> usize {
        self.tokens.len()
    }

    /// Gives `work` a tile's first row, its weights and its logits `[n, count]`.
    fn with_logits<T>(&self, index: usize, work: impl FnOnce(usize, &[f32], &mut [f32]) -> T) -> T {
        let Packing { kind, rows, columns, .. } = self.packing;
        let first = index * self.tile();
        let count = self.tile().min(rows - first);
        let row_bytes = self.packing.row_bytes();
        with_tile(count * columns, |weights| {
            let stored = &self.bytes[first * row_bytes..][..count * row_bytes];
            dequantize(kind, stored, weights).expect("a loaded matrix is whole blocks");
            let mut logits = if let Some(x) = &self.rounded {
                x.times(Tile::Rows(weights, [count, columns]))
            } else {
                let weights = View::rows(weights, [count, columns], columns);
                let x = View::rows(self.x, [self.n(), columns], columns);
                multiplied((x, weights.transposed()), 1.0)
            };
            work(first, weights, &mut logits)
        })
    }

    /// The tokens' log-probabilities and the logarithms of the sums of
    /// exponentials, one for each row.
    pub(super) fn log_probs(&self) -> [Vec<f32>; 2] {
        let parts: Vec<(TileSums, Vec<(usize, f32)>)> = (0..self.tiles())
            .into_par_iter()
            .map(|index| self.with_logits(index, |first, _, logits| self.fold(first, logits)))
            .collect();
        let mut greatest = vec![f32::NEG_INFINITY; self.n()];
        for (part, _) in &parts {
            for (greatest, value) in greatest.iter_mut().zip(&part.greatest) {
                *greatest = greatest.max(*value);
            }
        }
        let (mut sums, mut wanted) = (vec![0.0; self.n()], vec![0.0; self.n()]);
        for (part, found) in parts {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum += part.sum[row] * (part.greatest[row] - greatest[row]).exp();
            }
            for (row, logit) in found {
                wanted[row] = logit;
            }
        }
        let logs: Vec<f32> =
            greatest.iter().zip(&sums).map(|(greatest, sum)| greatest + sum.ln()).collect();
        let log_probs = wanted.iter().zip(&logs).map(|(logit, log)| logit - log).collect();
        [log_probs, logs]
    }

    fn fold(&self, first: usize, logits: &mut [f32]) -> (TileSums, Vec<(usize, f32)>) {
        let count = logits.len() / self.n();
        let mut part = TileSums { greatest: Vec::new(), sum: Vec::new() };
        let mut found = Vec::new();
        for (row, logits) in logits.chunks_exact_mut(count).enumerate() {
            if let Some(logit) = logits.get((self.tokens[row] as usize).wrapping_sub(first)) {
                found.push((row, *logit));
            }
            let (greatest, sum) = vectorized(
                #[inline(always)]
                || {
                    let greatest = vectors::greatest(logits);
                    for logit in &mut *logits {
                        *logit = exp(*logit - greatest);
                    }
                    (greatest, vectors::sum(logits))
                },
            );
            part.greatest.push(greatest);
            part.sum.push(sum);
        }
        (part, found)
    }

    /// The gradient of `x`, from the sums' logarithms and the gradient of the
    /// log-probabilities: `g · (w_token − Σ p · w)`.
    pub(super) fn backward(&self, logs: &[f32], gradient: &[f32]) -> Vec<f32> {
        let width = self.packing.columns;
        let threads = rayon::current_num_threads();
        let share = self.tiles().div_ceil(threads);
        let parts: Vec<Vec<f32>> = (0..threads)
            .into_par_iter()
            .map(|thread| {
                let mut out = vec![0.0; self.n() * width];
                for index in
                    (thread * share..(thread + 1) * share).take_while(|&i| i < self.tiles())
                {
                    self.with_logits(index, |first, weights, logits| {
                        self.gradients(first, logits, (logs, gradient));
                        let count = weights.len() / width;
                        if let Some(logits) = Rounded::new(logits, count, self.packing.operands) {
                            logits.add_times(Tile::Columns(weights, [count, width]), &mut out);
                        } else {
                            let logits = View::rows(logits, [self.n(), count], count);
                            let weights = View::rows(weights, [count, width], width);
                            multiply((&mut out, width), (logits, weights), 1.0, Write::Add);
                        }
                    });
                }
                out
            })
            .collect();
        let mut parts = parts.into_iter();
        let mut total = parts.next().unwrap_or_default();
        for part in parts {
            for (total, value) in total.iter_mut().zip(part) {
                *total += value;
            }
        }
        total
    }

    /// Logits into their gradients.
    fn gradients(&self, first: usize, logits: &mut [f32], (logs, gradient): (&[f32], &[f32])) {
        let count = logits.len() / self.n();
        for (row, logits) in logits.chunks_exact_mut(count).enumerate() {
            let (gradient, log) = (gradient[row], logs[row]);
            vectorized(
                #[inline(always)]
                || {
                    for logit in &mut *logits {
                        *logit = -gradient * exp(*logit - log);
                    }
                },
            );
            if let Some(logit) = logits.get_mut((self.tokens[row] as usize).wrapping_sub(first)) {
                *logit += gradient;
            }
        }
    }
}
