//! What a processor can do at most: work to be timed, which models are measured against.

use std::hint::black_box;

use crate::kernels::pool::Pool;
use crate::kernels::{Instructions, Job, LANES, Simd};

/// Sums that a thread adds to at once: enough to hide how long one addition takes.
const SUMS: usize = 12;
/// Rounds of a piece.
const ROUNDS: usize = 10_000;

/// Threads for measurements.
pub struct Limits {
    pool: Pool,
    instructions: Instructions,
}

impl Limits {
    /// So many threads, at least one.
    pub fn new(threads: usize) -> Self {
        Self { pool: Pool::new(threads.max(1)), instructions: Instructions::detect() }
    }

    /// Multiplies bytes in registers; returns the number of multiplications and additions.
    pub fn multiply(&self, pieces: usize) -> u64 {
        self.pool.run(pieces, |_| {
            black_box(self.instructions.run(Dots));
        });
        (pieces * ROUNDS * SUMS * LANES * 4 * 2) as u64
    }

    /// Reads memory once.
    pub fn read(&self, memory: &[u64]) {
        let pieces = 16 * self.pool.threads();
        let size = memory.len().div_ceil(pieces).max(1);
        self.pool.run(pieces, |piece| {
            let start = (piece * size).min(memory.len());
            let end = (start + size).min(memory.len());
            let sum = memory[start..end].iter().fold(0, |sum: u64, word| sum.wrapping_add(*word));
            black_box(sum);
        });
    }
}

/// Dot products of bytes that never leave registers.
struct Dots;

impl Job for Dots {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let bytes = simd.read_bytes(black_box(&[1; 4 * LANES]));
        let mut sums = [simd.zeros(); SUMS];
        for _ in 0..ROUNDS {
            let signed = black_box([1_i8; 4]);
            for sum in &mut sums {
                *sum = simd.dot(*sum, bytes, signed);
            }
        }
        sums.into_iter().map(|sum| simd.largest(simd.to_floats(sum))).sum()
    }
}
