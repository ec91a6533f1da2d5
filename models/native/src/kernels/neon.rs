//! NEON: four registers for sixteen numbers, and bytes' dot products as the level has them.

pub(crate) mod dot;

use std::arch::aarch64 as arm;
use std::arch::asm;

use super::{Halves, Job, LANES, Simd, Vector};
use dot::Dot;

/// Proof that the processor has NEON and the dot products of `D`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon<D>(D);

impl<D: Dot> Neon<D> {
    /// The proof, where it can be given.
    pub(crate) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then(D::detect)?.map(Self)
    }
}

/// Intrinsics of the instructions that a [`Neon`] is the proof of.
macro_rules! intrinsics {
    ($expression:expr) => {
        // SAFETY: `self` exists only where `detect` found the instructions; pointers come
        // from references to as many bytes as are read or written, and need no alignment.
        unsafe { $expression }
    };
}

type Floats = [arm::float32x4_t; 4];
type Ints = [arm::int32x4_t; 4];
type Bytes = [arm::uint8x16_t; 4];

/// The same for all four quarters.
macro_rules! each {
    ($operation:ident, $a:expr $(, $more:expr)*) => {
        [0, 1, 2, 3].map(|quarter| intrinsics!(arm::$operation($a[quarter] $(, $more[quarter])*)))
    };
}

impl<D: Dot> Simd for Neon<D> {
    /// The dot products of four rows take sixteen of the 32 registers.
    const TILE: usize = 4;
    const SUMS: usize = 4;

    type Floats = Floats;
    type Ints = Ints;
    type Bytes = Bytes;

    #[inline(always)]
    fn run<J: Job>(self, job: J) -> J::Output {
        self.0.run(self, job)
    }

    #[inline(always)]
    fn read(self, from: &Vector) -> Floats {
        [0, 4, 8, 12].map(|lane| intrinsics!(arm::vld1q_f32(from.0[lane..lane + 4].as_ptr())))
    }

    #[inline(always)]
    fn write(self, numbers: Floats, to: &mut Vector) {
        for (quarter, numbers) in to.0.chunks_exact_mut(4).zip(numbers) {
            intrinsics!(arm::vst1q_f32(quarter.as_mut_ptr(), numbers));
        }
    }

    #[inline(always)]
    fn splat(self, number: f32) -> Floats {
        [intrinsics!(arm::vdupq_n_f32(number)); 4]
    }

    #[inline(always)]
    fn widen(self, halves: &Halves) -> Floats {
        [0, 4, 8, 12].map(|lane| {
            intrinsics!({
                let bits = arm::vld1_u16(halves[lane..lane + 4].as_ptr());
                let numbers: arm::float32x4_t;
                asm!("fcvtl {0:v}.4s, {1:v}.4h", lateout(vreg) numbers, in(vreg) bits,
                    options(pure, nomem, nostack, preserves_flags));
                numbers
            })
        })
    }

    #[inline(always)]
    fn narrow(self, numbers: Floats) -> Halves {
        let mut halves = [0; LANES];
        for (quarter, numbers) in halves.chunks_exact_mut(4).zip(numbers) {
            intrinsics!({
                let bits: arm::uint16x4_t;
                asm!("fcvtn {0:v}.4h, {1:v}.4s", lateout(vreg) bits, in(vreg) numbers,
                    options(pure, nomem, nostack, preserves_flags));
                arm::vst1_u16(quarter.as_mut_ptr(), bits);
            });
        }
        halves
    }

    #[inline(always)]
    fn add(self, a: Floats, b: Floats) -> Floats {
        each!(vaddq_f32, a, b)
    }

    #[inline(always)]
    fn sub(self, a: Floats, b: Floats) -> Floats {
        each!(vsubq_f32, a, b)
    }

    #[inline(always)]
    fn mul(self, a: Floats, b: Floats) -> Floats {
        each!(vmulq_f32, a, b)
    }

    #[inline(always)]
    fn div(self, a: Floats, b: Floats) -> Floats {
        each!(vdivq_f32, a, b)
    }

    /// By comparing: FMAX would give no number where the first is none.
    #[inline(always)]
    fn max(self, a: Floats, b: Floats) -> Floats {
        let larger = each!(vcgtq_f32, a, b);
        each!(vbslq_f32, larger, a, b)
    }

    #[inline(always)]
    fn fused(self, a: Floats, b: Floats, c: Floats) -> Floats {
        each!(vfmaq_f32, c, a, b)
    }

    #[inline(always)]
    fn round(self, a: Floats) -> Floats {
        each!(vrndnq_f32, a)
    }

    #[inline(always)]
    fn scale(self, a: Floats, n: Floats) -> Floats {
        let powers = n.map(|quarter| {
            intrinsics!({
                let biased = arm::vaddq_s32(arm::vcvtnq_s32_f32(quarter), arm::vdupq_n_s32(127));
                arm::vreinterpretq_f32_s32(arm::vshlq_n_s32::<23>(biased))
            })
        });
        self.mul(a, powers)
    }

    #[inline(always)]
    fn swap_neighbours(self, a: Floats) -> Floats {
        each!(vrev64q_f32, a)
    }

    #[inline(always)]
    fn largest(self, a: Floats) -> f32 {
        // What is no number is passed over, as in the scalar twin.
        let [a, b, c, d] = self.max(a, self.splat(f32::NEG_INFINITY));
        intrinsics!(arm::vmaxvq_f32(arm::vmaxq_f32(arm::vmaxq_f32(a, b), arm::vmaxq_f32(c, d))))
    }

    #[inline(always)]
    fn whole_sum(self, [a, b, c, d]: Floats) -> f32 {
        intrinsics!(arm::vaddvq_f32(arm::vaddq_f32(arm::vaddq_f32(a, b), arm::vaddq_f32(c, d))))
    }

    #[inline(always)]
    fn to_bytes(self, a: Floats) -> [i8; LANES] {
        let mut bytes = [0; LANES];
        intrinsics!({
            let [a, b, c, d] = a.map(|quarter| arm::vqmovn_s32(arm::vcvtnq_s32_f32(quarter)));
            let low = arm::vqmovn_s16(arm::vcombine_s16(a, b));
            let high = arm::vqmovn_s16(arm::vcombine_s16(c, d));
            arm::vst1q_s8(bytes.as_mut_ptr(), arm::vcombine_s8(low, high));
        });
        bytes
    }

    #[inline(always)]
    fn zeros(self) -> Ints {
        [intrinsics!(arm::vdupq_n_s32(0)); 4]
    }

    #[inline(always)]
    fn read_bytes(self, from: &[u8; 4 * LANES]) -> Bytes {
        [0, 16, 32, 48].map(|byte| intrinsics!(arm::vld1q_u8(from[byte..byte + 16].as_ptr())))
    }

    #[inline(always)]
    fn low(self, bytes: Bytes) -> Bytes {
        bytes.map(|quarter| intrinsics!(arm::vandq_u8(quarter, arm::vdupq_n_u8(15))))
    }

    #[inline(always)]
    fn high(self, bytes: Bytes) -> Bytes {
        bytes.map(|quarter| intrinsics!(arm::vshrq_n_u8::<4>(quarter)))
    }

    #[inline(always)]
    fn dot(self, sums: Ints, unsigned: Bytes, signed: [i8; 4]) -> Ints {
        let signed = i32::from_ne_bytes(signed.map(i8::cast_unsigned));
        let signed = intrinsics!(arm::vreinterpretq_s8_s32(arm::vdupq_n_s32(signed)));
        self.0.dot(sums, unsigned, signed)
    }

    #[inline(always)]
    fn to_floats(self, ints: Ints) -> Floats {
        each!(vcvtq_f32_s32, ints)
    }
}
