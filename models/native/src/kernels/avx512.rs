//! AVX-512 with byte products (VNNI).

use std::arch::x86_64 as x86;

use super::{Halves, Job, LANES, Simd, Vector};

/// Proof that the processor has AVX-512 F, BW, VL and VNNI.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// The proof, where it can be given.
    pub(crate) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        has.then_some(Self(()))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,fma,f16c")]
fn compiled<J: Job>(simd: Avx512, job: J) -> J::Output {
    job.run(simd)
}

/// Intrinsics of the instructions that an [`Avx512`] is the proof of.
macro_rules! intrinsics {
    ($expression:expr) => {
        // SAFETY: `self` exists only where `detect` found the instructions; pointers come
        // from references to as many bytes as are read or written, and need no alignment.
        unsafe { $expression }
    };
}

impl Simd for Avx512 {
    type Floats = x86::__m512;
    type Ints = x86::__m512i;
    type Bytes = x86::__m512i;

    const SUMS: usize = 16;

    #[inline(always)]
    fn run<J: Job>(self, job: J) -> J::Output {
        intrinsics!(compiled(self, job))
    }

    #[inline(always)]
    fn read(self, from: &Vector) -> Self::Floats {
        intrinsics!(x86::_mm512_loadu_ps(from.0.as_ptr()))
    }

    #[inline(always)]
    fn write(self, numbers: Self::Floats, to: &mut Vector) {
        intrinsics!(x86::_mm512_storeu_ps(to.0.as_mut_ptr(), numbers));
    }

    #[inline(always)]
    fn splat(self, number: f32) -> Self::Floats {
        intrinsics!(x86::_mm512_set1_ps(number))
    }

    #[inline(always)]
    fn widen(self, halves: &Halves) -> Self::Floats {
        intrinsics!(x86::_mm512_cvtph_ps(x86::_mm256_loadu_si256(halves.as_ptr().cast())))
    }

    #[inline(always)]
    fn narrow(self, numbers: Self::Floats) -> Halves {
        let mut halves = [0; LANES];
        intrinsics!({
            let bits = x86::_mm512_cvtps_ph::<{ x86::_MM_FROUND_TO_NEAREST_INT }>(numbers);
            x86::_mm256_storeu_si256(halves.as_mut_ptr().cast(), bits);
        });
        halves
    }

    #[inline(always)]
    fn prefetch(self, soon: &Halves) {
        intrinsics!(x86::_mm_prefetch::<{ x86::_MM_HINT_T0 }>(soon.as_ptr().cast()));
    }

    #[inline(always)]
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_mul_ps(a, b))
    }

    #[inline(always)]
    fn div(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_div_ps(a, b))
    }

    #[inline(always)]
    fn max(self, a: Self::Floats, b: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_max_ps(a, b))
    }

    #[inline(always)]
    fn fused(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn round(self, a: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_roundscale_ps::<{ x86::_MM_FROUND_TO_NEAREST_INT }>(a))
    }

    #[inline(always)]
    fn scale(self, a: Self::Floats, n: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_scalef_ps(a, n))
    }

    #[inline(always)]
    fn swap_neighbours(self, a: Self::Floats) -> Self::Floats {
        intrinsics!(x86::_mm512_permute_ps::<0b10_11_00_01>(a))
    }

    #[inline(always)]
    fn largest(self, a: Self::Floats) -> f32 {
        intrinsics!(x86::_mm512_reduce_max_ps(a))
    }

    #[inline(always)]
    fn whole_sum(self, a: Self::Floats) -> f32 {
        intrinsics!(x86::_mm512_reduce_add_ps(a))
    }

    #[inline(always)]
    fn to_bytes(self, a: Self::Floats) -> [i8; LANES] {
        let mut bytes = [0; LANES];
        intrinsics!({
            let narrow = x86::_mm512_cvtepi32_epi8(x86::_mm512_cvtps_epi32(a));
            x86::_mm_storeu_si128(bytes.as_mut_ptr().cast(), narrow);
        });
        bytes
    }

    #[inline(always)]
    fn zeros(self) -> Self::Ints {
        intrinsics!(x86::_mm512_setzero_si512())
    }

    #[inline(always)]
    fn read_bytes(self, from: &[u8; 4 * LANES]) -> Self::Bytes {
        intrinsics!(x86::_mm512_loadu_si512(from.as_ptr().cast()))
    }

    #[inline(always)]
    fn low(self, bytes: Self::Bytes) -> Self::Bytes {
        intrinsics!(x86::_mm512_and_si512(bytes, x86::_mm512_set1_epi8(15)))
    }

    #[inline(always)]
    fn high(self, bytes: Self::Bytes) -> Self::Bytes {
        let shifted = intrinsics!(x86::_mm512_srli_epi16::<4>(bytes));
        self.low(shifted)
    }

    #[inline(always)]
    fn dot(self, sums: Self::Ints, unsigned: Self::Bytes, signed: [i8; 4]) -> Self::Ints {
        let [a, b, c, d] = signed;
        let signed = [a.cast_unsigned(), b.cast_unsigned(), c.cast_unsigned(), d.cast_unsigned()];
        let signed = i32::from_ne_bytes(signed);
        intrinsics!(x86::_mm512_dpbusd_epi32(sums, unsigned, x86::_mm512_set1_epi32(signed)))
    }

    #[inline(always)]
    fn to_floats(self, ints: Self::Ints) -> Self::Floats {
        intrinsics!(x86::_mm512_cvtepi32_ps(ints))
    }
}
