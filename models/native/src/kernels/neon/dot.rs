//! Dot products of four unsigned bytes with four signed ones, on three levels of NEON.
//!
//! The first two are written as assembly, which names its extension itself: the compiler
//! has no stable intrinsics for them. Where both sides must be signed, 128 is taken from
//! the unsigned ones, and 128 times the sum of the signed ones is added again. All of it is
//! exact.

use std::arch::aarch64 as arm;
use std::arch::asm;

use super::{Bytes, Ints, Neon};
use crate::kernels::Job;

/// A level of instructions: proof that the processor has it.
pub(crate) trait Dot: Copy + Send + Sync {
    /// The proof, where it can be given.
    fn detect() -> Option<Self>;
    /// Runs a job in a function that is compiled for these instructions.
    fn run<J: Job>(self, simd: Neon<Self>, job: J) -> J::Output;
    /// As [`crate::kernels::Simd::dot`], with the signed bytes once for each lane.
    fn dot(self, sums: Ints, unsigned: Bytes, signed: arm::int8x16_t) -> Ints;
}

/// Products of unsigned with signed bytes (`usdot`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct I8mm(());

/// Products of signed bytes (`sdot`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct DotProd(());

/// Products of bytes in 16 bits, summed in pairs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain(());

/// A level's `detect` and `run`.
macro_rules! level {
    ($feature:tt) => {
        fn detect() -> Option<Self> {
            std::arch::is_aarch64_feature_detected!($feature).then_some(Self(()))
        }

        #[inline(always)]
        fn run<J: Job>(self, simd: Neon<Self>, job: J) -> J::Output {
            #[target_feature(enable = $feature)]
            fn compiled<S: crate::kernels::Simd, J: Job>(simd: S, job: J) -> J::Output {
                job.run(simd)
            }
            // SAFETY: `self` exists only where `detect` found the instructions.
            unsafe { compiled(simd, job) }
        }
    };
}

/// One instruction `sums += a · b` on four lanes of four bytes.
macro_rules! product {
    ($extension:literal, $instruction:literal, $sums:expr, $a:expr, $b:expr) => {{
        let mut sums: arm::int32x4_t = $sums;
        // SAFETY: the caller's `self` is the proof that the processor has the instruction.
        unsafe {
            asm!(
                concat!(".arch_extension ", $extension),
                concat!($instruction, " {0:v}.4s, {1:v}.16b, {2:v}.16b"),
                inout(vreg) sums, in(vreg) $a, in(vreg) $b,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        sums
    }};
}

impl Dot for I8mm {
    level!("i8mm");

    #[inline(always)]
    fn dot(self, sums: Ints, unsigned: Bytes, signed: arm::int8x16_t) -> Ints {
        [0, 1, 2, 3]
            .map(|quarter| product!("i8mm", "usdot", sums[quarter], unsigned[quarter], signed))
    }
}

impl Dot for DotProd {
    level!("dotprod");

    #[inline(always)]
    fn dot(self, sums: Ints, unsigned: Bytes, signed: arm::int8x16_t) -> Ints {
        with_signed(sums, unsigned, signed, |sums, a, b| product!("dotprod", "sdot", sums, a, b))
    }
}

impl Dot for Plain {
    level!("neon");

    /// Two products of at most 128 · 127 fit in 16 bits.
    #[inline(always)]
    fn dot(self, sums: Ints, unsigned: Bytes, signed: arm::int8x16_t) -> Ints {
        with_signed(sums, unsigned, signed, |sums, a, b| {
            // SAFETY: `self` is the proof that the processor has NEON.
            unsafe {
                let low = arm::vmull_s8(arm::vget_low_s8(a), arm::vget_low_s8(b));
                let high = arm::vmull_high_s8(a, b);
                arm::vpadalq_s16(sums, arm::vpaddq_s16(low, high))
            }
        })
    }
}

/// With a product of signed bytes only.
#[inline(always)]
fn with_signed(
    sums: Ints,
    unsigned: Bytes,
    signed: arm::int8x16_t,
    product: impl Fn(arm::int32x4_t, arm::int8x16_t, arm::int8x16_t) -> arm::int32x4_t,
) -> Ints {
    // SAFETY: every level has NEON.
    unsafe {
        let less = product(arm::vdupq_n_s32(0), arm::vdupq_n_s8(i8::MIN), signed);
        [0, 1, 2, 3].map(|quarter| {
            let lowered = arm::veorq_u8(unsigned[quarter], arm::vdupq_n_u8(128));
            let sum = arm::vsubq_s32(sums[quarter], less);
            product(sum, arm::vreinterpretq_s8_u8(lowered), signed)
        })
    }
}
