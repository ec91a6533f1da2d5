//! Kernels equal their scalar twins to the bit, whatever stands beside a row.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use models::draws::{mix, unit};
use models::gguf::GgmlType;
use proptest::prelude::*;

use super::pool::Pool;
use super::product::{Product, Quantize, Quantized};
use super::rows::{Activation, Gate, InverseRoots, Rotate, Scale};
use super::{Instructions, Job, LANES, Vector};
use crate::cache::{Cache, PageSize};
use crate::kernels::attend::Attend;
use crate::kernels::low_rank::{Down, Up};
use crate::kernels::store::Store;
use crate::packed::Packed;
use crate::stored::Stored;

/// Every set of instructions that this machine has.
fn all() -> Vec<Instructions> {
    let mut found = vec![Instructions::up_to("scalar")];
    for most in ["avx2", "neon", "neon-dotprod", ""] {
        let better = Instructions::up_to(most);
        if found.iter().all(|other| other.name() != better.name()) {
            found.push(better);
        }
    }
    found
}

/// An emulator that hides instructions would leave their kernels untested: who runs the
/// tests in one says what there must be.
#[test]
fn the_best_instructions_are_those_that_are_expected() {
    if let Ok(expected) = std::env::var("REBOUND_EXPECTED_KERNELS") {
        assert_eq!(Instructions::up_to("").name(), expected);
    }
    if cfg!(target_arch = "aarch64") {
        assert!(all().iter().any(|found| found.name() == "neon"), "every aarch64 has NEON");
    }
}

/// Numbers between −4 and 4.
struct Draws(u64);

impl Draws {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = mix(self.0);
        self.0
    }

    fn number(&mut self) -> f32 {
        8.0 * unit(self.bits()) - 4.0
    }

    fn vectors(&mut self, count: usize) -> Vec<Vector> {
        (0..count).map(|_| Vector(std::array::from_fn(|_| self.number()))).collect()
    }

    /// A file's rows of some type.
    fn stored(&mut self, kind: GgmlType, [rows, columns]: [usize; 2]) -> Vec<u8> {
        let values: Vec<f32> = (0..rows * columns).map(|_| self.number()).collect();
        let bytes = kind.tensor_bytes(&[columns as u64, rows as u64]).unwrap();
        let mut stored = vec![0; usize::try_from(bytes).unwrap()];
        if models::blocks::quantize(kind, &values, &mut stored).is_err() {
            // Bytes that no quantizer wrote, with scales that are small numbers.
            let block = usize::try_from(kind.block_bytes()).unwrap();
            for (index, byte) in stored.iter_mut().enumerate() {
                *byte = self.bits().to_le_bytes()[0];
                if [1, 3, block - 1].contains(&(index % block)) {
                    *byte = *byte & 0x83 | 0x28;
                }
            }
        }
        stored
    }
}

fn quantized(instructions: Instructions, x: &[Vector], n: usize) -> Vec<Quantized> {
    let mut to = vec![Quantized::default(); x.len() / 2];
    for (pair, to) in x.chunks_exact(2 * n).zip(to.chunks_exact_mut(n)) {
        instructions.run(Quantize { from: pair.split_at(n).into(), to });
    }
    to
}

/// The products of a matrix with rows `[columns / 16][n]`, `[groups][n]`.
fn products(instructions: Instructions, weights: &Packed, x: &[Vector], n: usize) -> Vec<Vector> {
    let rows = quantized(instructions, x, n);
    let mut out = vec![Vector::default(); weights.groups() * n];
    for (group, out) in out.chunks_exact_mut(n).enumerate() {
        instructions.run(Product { weights, group, rows: &rows, out });
    }
    out
}

/// Rows one after another as columns side by side.
fn side_by_side(rows: &[Vec<Vector>]) -> Vec<Vector> {
    (0..rows[0].len()).flat_map(|group| rows.iter().map(move |row| row[group])).collect()
}

const KINDS: [GgmlType; 9] = [
    GgmlType::Q4_0,
    GgmlType::Q4_1,
    GgmlType::Q5_0,
    GgmlType::Q5_1,
    GgmlType::Q8_0,
    GgmlType::F32,
    GgmlType::Q4_K,
    GgmlType::Q5_K,
    GgmlType::Q6_K,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn products_are_those_of_the_scalar_twin_and_of_each_row_alone(
        seed: u64, kind in 0..KINDS.len(), n in 1_usize..20, rows in 1_usize..40,
    ) {
        let (mut draws, size) = (Draws::new(seed), [rows, 256]);
        let bytes = draws.stored(KINDS[kind], size);
        let weights = Packed::pack(Stored { kind: KINDS[kind], bytes: &bytes, size }).unwrap();
        let each: Vec<Vec<Vector>> = (0..n).map(|_| draws.vectors(256 / LANES)).collect();
        let together = products(Instructions::up_to("scalar"), &weights, &side_by_side(&each), n);

        for instructions in all() {
            prop_assert_eq!(
                &products(instructions, &weights, &side_by_side(&each), n), &together,
                "{}", instructions.name()
            );
            for (index, row) in each.iter().enumerate() {
                let alone = products(instructions, &weights, row, 1);
                let of_row = together.iter().skip(index).step_by(n).copied();
                prop_assert_eq!(alone, of_row.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn products_are_close_to_exact_ones(seed: u64, kind in 0..KINDS.len()) {
        let (mut draws, size) = (Draws::new(seed), [16, 256]);
        let bytes = draws.stored(KINDS[kind], size);
        let weights = Packed::pack(Stored { kind: KINDS[kind], bytes: &bytes, size }).unwrap();
        let x = draws.vectors(256 / LANES);
        let mut exact = vec![0.0; 16 * 256];
        models::blocks::dequantize(KINDS[kind], &bytes, &mut exact).unwrap();

        let found = products(Instructions::detect(), &weights, &x, 1)[0];

        for (lane, row) in exact.chunks_exact(256).enumerate() {
            let terms = row.iter().zip(x.iter().flat_map(|vector| vector.0));
            let (mut sum, mut scale) = (0.0, 0.0);
            for (weight, x) in terms {
                sum += f64::from(*weight) * f64::from(x);
                scale += (f64::from(*weight) * f64::from(x)).powi(2);
            }
            let off = (f64::from(found.0[lane]) - sum).abs();
            prop_assert!(off <= 0.05 * scale.sqrt() + 1e-3, "{off} of {sum}, {scale}");
        }
    }

    #[test]
    fn rows_are_computed_as_by_the_scalar_twin(seed: u64, n in 1_usize..9) {
        let mut draws = Draws::new(seed);
        let (x, weight) = (draws.vectors(4 * n), draws.vectors(4));
        let angles: Vec<[Vector; 2]> =
            draws.vectors(8 * n).chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
        let computed = |instructions: Instructions| {
            let mut roots = vec![0.0; n];
            instructions.run(InverseRoots { x: &x, n, first: 0, epsilon: 1e-5, to: &mut roots });
            let mut scaled = x.clone();
            for (group, to) in scaled.chunks_exact_mut(n).enumerate() {
                let (x, weight) = (&x[group * n..][..n], &weight[group]);
                instructions.run(Scale { x, roots: &roots, weight, to, adds: group % 2 == 0 });
            }
            let mut turned = [x.clone(), x.clone()];
            for (neighbours, head) in [false, true].into_iter().zip(&mut turned) {
                let norm = neighbours.then_some((&weight[..], 1e-6));
                instructions.run(Rotate { head, groups: 4, norm, angles: &angles, neighbours });
            }
            let mut gated = [x.clone(), x.clone()];
            for (activation, x) in [Activation::Silu, Activation::Gelu].into_iter().zip(&mut gated) {
                instructions.run(Gate { x, up: &scaled, activation });
            }
            (roots, scaled, turned, gated, quantized(instructions, &x, n))
        };
        let expected = computed(Instructions::up_to("scalar"));

        for instructions in all() {
            prop_assert_eq!(&computed(instructions), &expected, "{}", instructions.name());
        }
    }

    #[test]
    fn low_rank_products_are_those_of_the_scalar_twin(seed: u64, n in 1_usize..9, rank in 1_usize..40) {
        let mut draws = Draws::new(seed);
        let ranks = rank.div_ceil(LANES);
        let (x, down, up) =
            (draws.vectors(4 * n), draws.vectors(4 * LANES * ranks), draws.vectors(rank));
        let start = draws.vectors(n);
        let computed = |instructions: Instructions| {
            let mut low = vec![Vector::default(); n * ranks];
            instructions.run(Down { factor: &down, ranks, x: &x, n, first: 0, to: &mut low });
            let mut to = start.clone();
            instructions.run(Up { factor: &up, low: &low, to: &mut to });
            (low, to)
        };
        let expected = computed(Instructions::up_to("scalar"));

        for instructions in all() {
            prop_assert_eq!(&computed(instructions), &expected, "{}", instructions.name());
        }
    }

    #[test]
    fn attention_is_exact_and_a_query_is_alone(
        seed: u64, tokens in 1_usize..100, queries in 1_usize..8, window in 1_usize..120,
    ) {
        let mut draws = Draws::new(seed);
        let size = PageSize { layers: 1, kv_heads: 1, head_width: 80 };
        let groups = 80 / LANES;
        let (keys, values) = (draws.vectors(groups * tokens), draws.vectors(groups * tokens));
        let mut cache = Cache::default();
        cache.reserve(tokens, size);
        for (first, page) in cache.new_pages() {
            let to = page.head_mut(0, 0);
            let slots = 0..(tokens - first).min(crate::cache::PAGE);
            Instructions::detect().run(Store { from: [&keys, &values], rows: (first, tokens), slots, to });
        }
        let queries: Vec<Vec<Vector>> = (0..queries).map(|_| draws.vectors(groups)).collect();
        let sees: Vec<_> = (0..queries.len())
            .map(|query| {
                let end = (tokens * (query + 1)).div_ceil(queries.len());
                end.saturating_sub(window)..end
            })
            .collect();
        let computed = |instructions: Instructions, range: std::ops::Range<usize>| {
            let of_range: Vec<Vector> = queries[range.clone()].concat();
            let mut out = vec![Vector::default(); of_range.len()];
            instructions.run(Attend {
                pages: cache.pages(), layer: 0, kv_head: 0, queries: &of_range,
                sees: &sees[range], out: &mut out,
            });
            out
        };
        let expected = computed(Instructions::up_to("scalar"), 0..queries.len());

        for instructions in all() {
            prop_assert_eq!(&computed(instructions, 0..queries.len()), &expected);
            for query in 0..queries.len() {
                let alone = computed(instructions, query..query + 1);
                prop_assert_eq!(alone, &expected[query * groups..][..groups]);
            }
        }
        for (query, seen) in sees.iter().enumerate() {
            let number = |of: &[Vector], token: usize, column: usize| {
                let number = of[column / LANES * tokens + token].0[column % LANES];
                f64::from(half::f16::from_f32(number).to_f32())
            };
            let score = |token: usize| -> f64 {
                let products = (0..80).map(|column| {
                    f64::from(queries[query][column / LANES].0[column % LANES])
                        * number(&keys, token, column)
                });
                products.sum()
            };
            let most = seen.clone().map(score).fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = seen.clone().map(|token| (score(token) - most).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for column in 0..80 {
                let of_tokens = seen.clone().zip(&weights);
                let exact: f64 =
                    of_tokens.map(|(token, weight)| weight / sum * number(&values, token, column)).sum();
                let found = f64::from(expected[query * groups + column / LANES].0[column % LANES]);
                prop_assert!((found - exact).abs() < 1e-3, "{found} for {exact}");
            }
        }
    }

    #[test]
    fn exponentials_are_close(x in -87.0_f32..88.0) {
        struct Exp(f32);
        impl Job for Exp {
            type Output = f32;
            fn run<S: super::Simd>(self, simd: S) -> f32 {
                let mut out = Vector::default();
                simd.write(simd.exp(simd.splat(self.0)), &mut out);
                out.0[3]
            }
        }
        let exact = f64::from(x).exp();
        for instructions in all() {
            let found = f64::from(instructions.run(Exp(x)));
            prop_assert!((found / exact - 1.0).abs() < 3e-7, "{found} for {exact}");
        }
    }
}

#[test]
fn every_piece_is_computed_once_by_however_many_threads() {
    for threads in 1..5 {
        let pool = Pool::new(threads);
        for round in 0..300 {
            let pieces = round % 40;
            let counts: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
            pool.run(pieces, |piece| {
                counts[piece].fetch_add(1, Ordering::Relaxed);
            });
            assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
        }
    }
}

#[test]
fn a_panic_of_a_piece_reaches_who_asked_and_the_pool_goes_on() {
    let pool = Arc::new(Pool::new(3));
    for _ in 0..20 {
        let run = std::panic::AssertUnwindSafe(|| pool.run(64, |piece| assert!(piece != 33)));
        assert!(std::panic::catch_unwind(run).is_err());
        let sum = AtomicUsize::new(0);
        pool.run(64, |piece| {
            sum.fetch_add(piece, Ordering::Relaxed);
        });
        assert_eq!(sum.load(Ordering::Relaxed), 63 * 64 / 2);
    }
}

#[test]
fn operations_inside_and_beside_one_another_compute_every_piece() {
    let pool = Pool::new(3);
    let counted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..50 {
                    pool.run(8, |_| {
                        pool.run(8, |_| {
                            counted.fetch_add(1, Ordering::Relaxed);
                        });
                    });
                }
            });
        }
    });
    assert_eq!(counted.load(Ordering::Relaxed), 2 * 50 * 64);
}
