//! What is computed on vectors of sixteen numbers, written once over [`Simd`].
//!
//! ```text
//! Job (generic) ─► Instructions::run ─► Avx512 │ Avx2 │ Neon │ Scalar
//! ```
//!
//! Every kernel is a [`Job`]: generic over the instructions, inlined into a function that
//! the compiler may use them in. A token such as [`avx512::Avx512`] exists only where the
//! processor has the instructions, so holding one is the proof that its methods may run.
//!
//! Each number of a result is computed by the same operations in the same order, whatever
//! else is in the batch and however many threads there are: a request's bits do not depend
//! on its neighbours.

#![allow(unsafe_code, reason = "intrinsics, and threads that share what they write")]

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod scalar;
pub(crate) mod pool;
pub(crate) mod product;
pub(crate) mod attend;
pub(crate) mod store;
pub(crate) mod rows;
pub(crate) mod low_rank;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "aarch64")]
use neon::{Neon, dot};
use scalar::Scalar;

/// Numbers of a vector.
pub(crate) const LANES: usize = 16;

/// Sixteen numbers, aligned to a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Vector(pub(crate) [f32; LANES]);

/// Sixteen numbers in half precision, as bits.
pub(crate) type Halves = [u16; LANES];

/// The instructions of a kind of processor, on vectors of sixteen numbers.
///
/// Products and sums are fused where a method says so and nowhere else.
pub(crate) trait Simd: Copy + Send + Sync {
    /// Rows that a product computes side by side, at most: 8 or 4.
    const TILE: usize = 8;

    /// Sixteen numbers.
    type Floats: Copy;
    /// Sixteen whole numbers of 32 bits.
    type Ints: Copy;
    /// Sixteen times four bytes.
    type Bytes: Copy;

    /// How many sums of sixteen numbers stay in registers beside what is added to them.
    const SUMS: usize;

    /// Runs a job in a function that is compiled for these instructions.
    fn run<J: Job>(self, job: J) -> J::Output;

    /// Reads.
    fn read(self, from: &Vector) -> Self::Floats;
    /// Writes.
    fn write(self, numbers: Self::Floats, to: &mut Vector);
    /// One number sixteen times.
    fn splat(self, number: f32) -> Self::Floats;
    /// Half precision to single.
    fn widen(self, halves: &Halves) -> Self::Floats;
    /// Single precision to half, to the nearest, ties to even.
    fn narrow(self, numbers: Self::Floats) -> Halves;
    /// Asks for what will be read soon.
    #[inline(always)]
    fn prefetch(self, _soon: &Halves) {}
    /// `a + b`.
    fn add(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a − b`.
    fn sub(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a · b`.
    fn mul(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a / b`.
    fn div(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The larger of each two.
    fn max(self, a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a · b + c`, rounded once.
    fn fused(self, a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// To the nearest whole number, ties to even.
    fn round(self, a: Self::Floats) -> Self::Floats;
    /// `a · 2ⁿ` for a whole number n from −126 to 127.
    fn scale(self, a: Self::Floats, n: Self::Floats) -> Self::Floats;
    /// Lanes 1, 0, 3, 2 and so on.
    fn swap_neighbours(self, a: Self::Floats) -> Self::Floats;
    /// The largest of the sixteen.
    fn largest(self, a: Self::Floats) -> f32;
    /// The sum of sixteen whole numbers whose sums are exact.
    fn whole_sum(self, a: Self::Floats) -> f32;
    /// Whole numbers from −128 to 127 as bytes.
    fn to_bytes(self, a: Self::Floats) -> [i8; LANES];

    /// Zeros.
    fn zeros(self) -> Self::Ints;
    /// Reads bytes: lane after lane, four each.
    fn read_bytes(self, from: &[u8; 4 * LANES]) -> Self::Bytes;
    /// The lower four bits of each byte.
    fn low(self, bytes: Self::Bytes) -> Self::Bytes;
    /// The upper four bits of each byte.
    fn high(self, bytes: Self::Bytes) -> Self::Bytes;
    /// To each lane's sum, the dot product of its four unsigned bytes with four signed
    /// ones from −127 to 127, the same for all lanes.
    fn dot(self, sums: Self::Ints, unsigned: Self::Bytes, signed: [i8; 4]) -> Self::Ints;
    /// Whole numbers as floats.
    fn to_floats(self, ints: Self::Ints) -> Self::Floats;

    /// The sum of the sixteen, as a tree: lanes i and i + 8, then i + 4, i + 2, i + 1.
    #[inline(always)]
    fn sum(self, a: Self::Floats) -> f32 {
        let mut vector = Vector::default();
        self.write(a, &mut vector);
        let mut lanes = vector.0;
        for half in [8, 4, 2, 1] {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
        }
        lanes[0]
    }

    /// The exponential, to about 2 units in the last place, of numbers up to 88; below
    /// −87 that of −87.
    #[inline(always)]
    fn exp(self, a: Self::Floats) -> Self::Floats {
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        // Cephes' coefficients of e^r on [−ln 2 / 2, ln 2 / 2].
        const COEFFICIENTS: [f32; 6] =
            [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
        let a = self.max(a, self.splat(-87.0));
        let n = self.round(self.mul(a, self.splat(std::f32::consts::LOG2_E)));
        let r = self.fused(n, self.splat(-LN2_HIGH), a);
        let r = self.fused(n, self.splat(-LN2_LOW), r);
        let mut p = self.splat(COEFFICIENTS[0]);
        for coefficient in &COEFFICIENTS[1..] {
            p = self.fused(p, r, self.splat(*coefficient));
        }
        let p = self.fused(self.mul(p, r), r, self.add(r, self.splat(1.0)));
        self.scale(p, n)
    }
}

/// Something to compute with whatever instructions there are.
pub(crate) trait Job {
    /// What comes of it.
    type Output;

    /// Computes it. Implementations are `#[inline(always)]`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Which instructions are used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instructions {
    /// Vectors of 512 bits with byte products.
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    /// Vectors of 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    /// NEON with products of unsigned with signed bytes.
    #[cfg(target_arch = "aarch64")]
    NeonI8mm(Neon<dot::I8mm>),
    /// NEON with products of signed bytes.
    #[cfg(target_arch = "aarch64")]
    NeonDotProd(Neon<dot::DotProd>),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon<dot::Plain>),
    /// Plain Rust.
    Scalar(Scalar),
}

impl Instructions {
    /// The best ones that this processor has; `REBOUND_CPU` may ask for fewer: `avx2`,
    /// `neon-dotprod`, `neon`, `scalar`.
    pub(crate) fn detect() -> Self {
        let most = std::env::var("REBOUND_CPU").unwrap_or_default();
        Self::up_to(&most)
    }

    /// The best ones up to these.
    pub(crate) fn up_to(most: &str) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if !["avx2", "scalar"].contains(&most)
                && let Some(token) = avx512::Avx512::detect()
            {
                return Self::Avx512(token);
            }
            if most != "scalar"
                && let Some(token) = avx2::Avx2::detect()
            {
                return Self::Avx2(token);
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            if !["neon-dotprod", "neon", "scalar"].contains(&most)
                && let Some(token) = Neon::detect()
            {
                return Self::NeonI8mm(token);
            }
            if !["neon", "scalar"].contains(&most)
                && let Some(token) = Neon::detect()
            {
                return Self::NeonDotProd(token);
            }
            if most != "scalar"
                && let Some(token) = Neon::detect()
            {
                return Self::Neon(token);
            }
        }
        let _ = most;
        Self::Scalar(Scalar)
    }

    /// Their name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Self::NeonI8mm(_) => "neon-i8mm",
            #[cfg(target_arch = "aarch64")]
            Self::NeonDotProd(_) => "neon-dotprod",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            Self::Scalar(_) => "scalar",
        }
    }

    /// Computes a job with them.
    pub(crate) fn run<J: Job>(self, job: J) -> J::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => simd.run(job),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => simd.run(job),
            #[cfg(target_arch = "aarch64")]
            Self::NeonI8mm(simd) => simd.run(job),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDotProd(simd) => simd.run(job),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => simd.run(job),
            Self::Scalar(simd) => simd.run(job),
        }
    }
}
