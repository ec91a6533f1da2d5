//! The loops in AVX-512 BF16. Callers have found that the processor has it.

use std::arch::x86_64 as x86;

use super::{LANES, PANEL, Tile};
use crate::kernels::shared::Write;

/// Rows that are computed together: with the two vectors of a panel, 24 sums stay in registers.
const ROWS: usize = 12;

/// Whether this processor has the instructions.
pub(super) fn is_supported() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bf16")
}

/// Rounds numbers to bf16, to the nearest, of two the even one: two to a word.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) fn round(values: &[f32], words: &mut [u32]) {
    for (values, words) in values.chunks(2 * LANES).zip(words.chunks_mut(LANES)) {
        let (first, second) = values.split_at(values.len().min(LANES));
        let pairs = x86::_mm512_cvtne2ps_pbh(load(second), load(first));
        // SAFETY: both are 64 bytes; the mask keeps to the words.
        unsafe {
            let pairs = std::mem::transmute::<x86::__m512bh, x86::__m512i>(pairs);
            x86::_mm512_mask_storeu_epi32(words.as_mut_ptr().cast(), mask(words.len()), pairs);
        }
    }
}

/// A tile as panels; what is missing to whole ones is zero.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) fn pack(tile: Tile<'_>, panels: &mut [u32]) {
    let [columns, inner] = tile.sizes();
    let panels = panels.chunks_exact_mut(PANEL * inner.div_ceil(2));
    match tile {
        Tile::Rows(values, _) => {
            let mut row = vec![0; inner.div_ceil(2)];
            for (panel, rows) in panels.zip(values.chunks(PANEL * inner)) {
                if rows.len() < PANEL * inner {
                    panel.fill(0);
                }
                for (lane, values) in rows.chunks_exact(inner).enumerate() {
                    round(values, &mut row);
                    for (words, &word) in panel.chunks_exact_mut(PANEL).zip(&row) {
                        words[lane] = word;
                    }
                }
            }
        }
        Tile::Columns(values, _) => {
            for (panel, first) in panels.zip((0..columns).step_by(PANEL)) {
                for (words, rows) in panel.chunks_exact_mut(PANEL).zip(values.chunks(2 * columns)) {
                    let rows: [&[f32]; 2] = rows.split_at(columns).into();
                    for (words, first) in
                        words.chunks_exact_mut(LANES).zip((first..).step_by(LANES))
                    {
                        let part = |row: &[f32]| load(row.get(first..).unwrap_or_default());
                        let words = words.as_mut_ptr().cast();
                        // SAFETY: there are as many.
                        unsafe { x86::_mm512_storeu_si512(words, paired(rows.map(part))) };
                    }
                }
            }
        }
    }
}

/// Words of what stands in the same lane of both.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
fn paired(rows: [x86::__m512; 2]) -> x86::__m512i {
    let [first, second] = rows.map(|row| {
        let halves = x86::_mm512_cvtneps_pbh(row);
        // SAFETY: both are 32 bytes.
        x86::_mm512_cvtepu16_epi32(unsafe {
            std::mem::transmute::<x86::__m256bh, x86::__m256i>(halves)
        })
    });
    x86::_mm512_or_si512(first, x86::_mm512_slli_epi32::<16>(second))
}

/// The first numbers, at most a vector of them, and zeros.
#[target_feature(enable = "avx512f")]
fn load(values: &[f32]) -> x86::__m512 {
    // SAFETY: the mask keeps to the numbers.
    unsafe { x86::_mm512_maskz_loadu_ps(mask(values.len()), values.as_ptr()) }
}

/// Of so many lanes, those of a vector.
fn mask(lanes: usize) -> u16 {
    if lanes >= LANES { u16::MAX } else { (1 << lanes) - 1 }
}

/// A panel, and where its part of the product lies.
struct Part {
    panel: *const u32,
    pairs: usize,
    /// Words from one row to the next.
    x_stride: usize,
    /// Numbers from one row of the product to the next.
    stride: usize,
    masks: [u16; 2],
    write: Write,
}

/// `x · panels`: rows of `pairs` words to rows of `columns` numbers.
///
/// # Safety
///
/// The pairs of all rows are there, `x_stride` words apart, and so are all panels and all numbers of the product,
/// `stride` apart, which nobody else reads or writes. Where they are replaced they need not be written yet.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
pub(super) unsafe fn multiply(
    (x, [rows, x_stride]): (*const u32, [usize; 2]),
    (panels, pairs): (*const u32, usize),
    (out, stride, write): (*mut f32, usize, Write),
    columns: usize,
) {
    for first in (0..columns).step_by(PANEL) {
        let masks = [0, LANES].map(|lanes| mask((columns - first).saturating_sub(lanes)));
        // SAFETY: the panel is one of all.
        let panel = unsafe { panels.add(first * pairs) };
        let part = Part { panel, pairs, x_stride, stride, masks, write };
        let mut row = 0;
        while row < rows {
            // SAFETY: these rows and columns are some of all.
            unsafe {
                let (x, out) = (x.add(row * x_stride), out.add(row * stride + first));
                row += match rows - row {
                    ROWS.. => part.rows::<ROWS>(x, out),
                    4.. => part.rows::<4>(x, out),
                    _ => part.rows::<1>(x, out),
                };
            }
        }
    }
}

impl Part {
    /// The product of `N` rows with the panel; returns `N`.
    ///
    /// # Safety
    ///
    /// As for [`multiply`].
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    unsafe fn rows<const N: usize>(&self, x: *const u32, out: *mut f32) -> usize {
        let mut sums = [[x86::_mm512_setzero_ps(); 2]; N];
        for pair in 0..self.pairs {
            // SAFETY: 64 bytes are 64 bytes; panels begin where a line of the cache does, and have two lines a pair.
            let bf16 = |words| unsafe { std::mem::transmute::<x86::__m512i, x86::__m512bh>(words) };
            // SAFETY: as above.
            let weights = [0, LANES].map(|lane| unsafe {
                bf16(x86::_mm512_load_si512(self.panel.add(pair * PANEL + lane).cast()))
            });
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: the row has that pair.
                let word = unsafe { x.add(row * self.x_stride + pair).read() };
                let word = bf16(x86::_mm512_set1_epi32(word.cast_signed()));
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = x86::_mm512_dpbf16_ps(*sum, weights, word);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for ((sum, mask), lane) in sums.into_iter().zip(self.masks).zip([0, LANES]) {
                // SAFETY: the masks keep to the columns that are there.
                unsafe {
                    let out = out.add(row * self.stride).wrapping_add(lane);
                    let sum = match self.write {
                        Write::Add => {
                            x86::_mm512_add_ps(sum, x86::_mm512_maskz_loadu_ps(mask, out))
                        }
                        Write::Replace => sum,
                    };
                    x86::_mm512_mask_storeu_ps(out, mask, sum);
                }
            }
        }
        N
    }
}
