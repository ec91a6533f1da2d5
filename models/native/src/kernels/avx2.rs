//! AVX2 with fused products and half precision: two registers for sixteen numbers.

use std::arch::x86_64 as x86;

use super::{Halves, Job, LANES, Simd, Vector};

/// Proof that the processor has AVX2, FMA and F16C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The proof, where it can be given.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        has.then_some(Self(()))
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn compiled<J: Job>(simd: Avx2, job: J) -> J::Output {
    job.run(simd)
}

/// Intrinsics of the instructions that an [`Avx2`] is the proof of.
macro_rules! intrinsics {
    ($expression:expr) => {
        // SAFETY: `self` exists only where `detect` found the instructions; pointers come
        // from references to as many bytes as are read or written, and need no alignment.
        unsafe { $expression }
    };
}

type Floats = [x86::__m256; 2];
type Ints = [x86::__m256i; 2];

/// A value of each half. Written out, since a closure is compiled without the instructions: called
/// by `array::map` it takes each intrinsic as a function of its own.
macro_rules! halves {
    ($half:ident in $of:expr => $value:expr) => {{
        let [low, high] = $of;
        [
            {
                let $half = low;
                $value
            },
            {
                let $half = high;
                $value
            },
        ]
    }};
}

/// The same for both halves.
macro_rules! both {
    ($operation:ident, $a:expr $(, $more:expr)*) => {
        halves!(half in [0, 1] => intrinsics!(x86::$operation($a[half] $(, $more[half])*)))
    };
}

impl Simd for Avx2 {
    type Floats = Floats;
    type Ints = Ints;
    type Bytes = Ints;

    const SUMS: usize = 4;

    #[inline(always)]
    fn run<J: Job>(self, job: J) -> J::Output {
        intrinsics!(compiled(self, job))
    }

    #[inline(always)]
    fn read(self, from: &Vector) -> Floats {
        let (low, high) = from.0.split_at(8);
        halves!(half in [low, high] => intrinsics!(x86::_mm256_loadu_ps(half.as_ptr())))
    }

    #[inline(always)]
    fn write(self, numbers: Floats, to: &mut Vector) {
        let (low, high) = to.0.split_at_mut(8);
        intrinsics!(x86::_mm256_storeu_ps(low.as_mut_ptr(), numbers[0]));
        intrinsics!(x86::_mm256_storeu_ps(high.as_mut_ptr(), numbers[1]));
    }

    #[inline(always)]
    fn splat(self, number: f32) -> Floats {
        [intrinsics!(x86::_mm256_set1_ps(number)); 2]
    }

    #[inline(always)]
    fn widen(self, halves: &Halves) -> Floats {
        let (low, high) = halves.split_at(8);
        halves!(half in [low, high] => {
            intrinsics!(x86::_mm256_cvtph_ps(x86::_mm_loadu_si128(half.as_ptr().cast())))
        })
    }

    #[inline(always)]
    fn narrow(self, numbers: Floats) -> Halves {
        let mut halves = [0; LANES];
        let (low, high) = halves.split_at_mut(8);
        for (half, number) in [(low, 0), (high, 1)] {
            intrinsics!({
                let bits =
                    x86::_mm256_cvtps_ph::<{ x86::_MM_FROUND_TO_NEAREST_INT }>(numbers[number]);
                x86::_mm_storeu_si128(half.as_mut_ptr().cast(), bits);
            });
        }
        halves
    }

    #[inline(always)]
    fn prefetch(self, soon: &Halves) {
        intrinsics!(x86::_mm_prefetch::<{ x86::_MM_HINT_T0 }>(soon.as_ptr().cast()));
    }

    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_add_ps, a, b)
    }

    #[inline(always)]
    fn sub(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_sub_ps, a, b)
    }

    #[inline(always)]
    fn mul(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_mul_ps, a, b)
    }

    #[inline(always)]
    fn div(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_div_ps, a, b)
    }

    #[inline(always)]
    fn max(self, a: Floats, b: Floats) -> Floats {
        both!(_mm256_max_ps, a, b)
    }

    #[inline(always)]
    fn fused(self, a: Floats, b: Floats, c: Floats) -> Floats {
        both!(_mm256_fmadd_ps, a, b, c)
    }

    #[inline(always)]
    fn round(self, a: Floats) -> Floats {
        const NEAREST: i32 = x86::_MM_FROUND_TO_NEAREST_INT | x86::_MM_FROUND_NO_EXC;
        halves!(half in a => intrinsics!(x86::_mm256_round_ps::<NEAREST>(half)))
    }

    #[inline(always)]
    fn scale(self, a: Floats, n: Floats) -> Floats {
        let powers = halves!(half in n => {
            intrinsics!({
                let biased = x86::_mm256_add_epi32(
                    x86::_mm256_cvtps_epi32(half),
                    x86::_mm256_set1_epi32(127),
                );
                x86::_mm256_castsi256_ps(x86::_mm256_slli_epi32::<23>(biased))
            })
        });
        self.mul(a, powers)
    }

    #[inline(always)]
    fn swap_neighbours(self, a: Floats) -> Floats {
        halves!(half in a => intrinsics!(x86::_mm256_permute_ps::<0b10_11_00_01>(half)))
    }

    #[inline(always)]
    fn largest(self, a: Floats) -> f32 {
        intrinsics!({
            let eight = x86::_mm256_max_ps(a[0], a[1]);
            let four = x86::_mm_max_ps(
                x86::_mm256_castps256_ps128(eight),
                x86::_mm256_extractf128_ps::<1>(eight),
            );
            let two = x86::_mm_max_ps(four, x86::_mm_movehl_ps(four, four));
            x86::_mm_cvtss_f32(x86::_mm_max_ss(two, x86::_mm_movehdup_ps(two)))
        })
    }

    #[inline(always)]
    fn whole_sum(self, a: Floats) -> f32 {
        intrinsics!({
            let eight = x86::_mm256_add_ps(a[0], a[1]);
            let four = x86::_mm_add_ps(
                x86::_mm256_castps256_ps128(eight),
                x86::_mm256_extractf128_ps::<1>(eight),
            );
            let two = x86::_mm_add_ps(four, x86::_mm_movehl_ps(four, four));
            x86::_mm_cvtss_f32(x86::_mm_add_ss(two, x86::_mm_movehdup_ps(two)))
        })
    }

    #[inline(always)]
    fn to_bytes(self, a: Floats) -> [i8; LANES] {
        let mut bytes = [0; LANES];
        intrinsics!({
            let [low, high] = halves!(half in a => x86::_mm256_cvtps_epi32(half));
            // Packing goes by halves of 128 bits: the permutation brings them back in order.
            let words =
                x86::_mm256_permute4x64_epi64::<0b11_01_10_00>(x86::_mm256_packs_epi32(low, high));
            let narrow = x86::_mm_packs_epi16(
                x86::_mm256_castsi256_si128(words),
                x86::_mm256_extracti128_si256::<1>(words),
            );
            x86::_mm_storeu_si128(bytes.as_mut_ptr().cast(), narrow);
        });
        bytes
    }

    #[inline(always)]
    fn zeros(self) -> Ints {
        [intrinsics!(x86::_mm256_setzero_si256()); 2]
    }

    #[inline(always)]
    fn read_bytes(self, from: &[u8; 4 * LANES]) -> Ints {
        let (low, high) = from.split_at(32);
        halves!(half in [low, high] => intrinsics!(x86::_mm256_loadu_si256(half.as_ptr().cast())))
    }

    #[inline(always)]
    fn low(self, bytes: Ints) -> Ints {
        halves!(half in bytes => intrinsics!(x86::_mm256_and_si256(half, x86::_mm256_set1_epi8(15))))
    }

    #[inline(always)]
    fn high(self, bytes: Ints) -> Ints {
        self.low(halves!(half in bytes => intrinsics!(x86::_mm256_srli_epi16::<4>(half))))
    }

    /// Pairs are summed in 16 bits first: 128 · 127 · 2 fits, 255 · 127 · 2 would not, so
    /// the uppermost bit goes apart.
    #[inline(always)]
    fn dot(self, sums: Ints, unsigned: Ints, signed: [i8; 4]) -> Ints {
        let [a, b, c, d] = signed;
        let signed = [a.cast_unsigned(), b.cast_unsigned(), c.cast_unsigned(), d.cast_unsigned()];
        let signed = i32::from_ne_bytes(signed);
        halves!(half in [0, 1] => {
            intrinsics!({
                let (signed, ones) = (x86::_mm256_set1_epi32(signed), x86::_mm256_set1_epi16(1));
                let top = x86::_mm256_set1_epi8(i8::MIN);
                let upper = x86::_mm256_and_si256(unsigned[half], top);
                let lower = x86::_mm256_andnot_si256(top, unsigned[half]);
                let lower = x86::_mm256_madd_epi16(x86::_mm256_maddubs_epi16(lower, signed), ones);
                let upper = x86::_mm256_madd_epi16(x86::_mm256_maddubs_epi16(upper, signed), ones);
                x86::_mm256_add_epi32(sums[half], x86::_mm256_add_epi32(lower, upper))
            })
        })
    }

    #[inline(always)]
    fn to_floats(self, ints: Ints) -> Floats {
        halves!(half in ints => intrinsics!(x86::_mm256_cvtepi32_ps(half)))
    }
}
