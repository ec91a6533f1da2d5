//! The twin in plain Rust that the other instructions equal to the bit.

use half::f16;

use super::{Halves, Job, LANES, Simd, Vector};

/// No particular instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar;

type Floats = [f32; LANES];

fn each(a: Floats, b: Floats, f: impl Fn(f32, f32) -> f32) -> Floats {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
}

impl Simd for Scalar {
    type Floats = Floats;
    type Ints = [i32; LANES];
    type Bytes = [[u8; 4]; LANES];

    const SUMS: usize = 4;

    fn run<J: Job>(self, job: J) -> J::Output {
        job.run(self)
    }

    fn read(self, from: &Vector) -> Floats {
        from.0
    }

    fn write(self, numbers: Floats, to: &mut Vector) {
        to.0 = numbers;
    }

    fn splat(self, number: f32) -> Floats {
        [number; LANES]
    }

    fn widen(self, halves: &Halves) -> Floats {
        halves.map(|bits| f16::from_bits(bits).to_f32())
    }

    fn narrow(self, numbers: Floats) -> Halves {
        numbers.map(|number| f16::from_f32(number).to_bits())
    }

    fn add(self, a: Floats, b: Floats) -> Floats {
        each(a, b, |a, b| a + b)
    }

    fn sub(self, a: Floats, b: Floats) -> Floats {
        each(a, b, |a, b| a - b)
    }

    fn mul(self, a: Floats, b: Floats) -> Floats {
        each(a, b, |a, b| a * b)
    }

    fn div(self, a: Floats, b: Floats) -> Floats {
        each(a, b, |a, b| a / b)
    }

    fn max(self, a: Floats, b: Floats) -> Floats {
        // As the instructions do: the second where one is no number.
        each(a, b, |a, b| if a > b { a } else { b })
    }

    fn fused(self, a: Floats, b: Floats, c: Floats) -> Floats {
        std::array::from_fn(|lane| a[lane].mul_add(b[lane], c[lane]))
    }

    fn round(self, a: Floats) -> Floats {
        a.map(f32::round_ties_even)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "-126 to 127")]
    fn scale(self, a: Floats, n: Floats) -> Floats {
        each(a, n, |a, n| a * f32::from_bits(((n as i32 + 127) as u32) << 23))
    }

    fn swap_neighbours(self, a: Floats) -> Floats {
        std::array::from_fn(|lane| a[lane ^ 1])
    }

    fn largest(self, a: Floats) -> f32 {
        a.into_iter()
            .fold(f32::NEG_INFINITY, |most, number| if number > most { number } else { most })
    }

    fn whole_sum(self, a: Floats) -> f32 {
        a.into_iter().sum()
    }

    #[expect(clippy::cast_possible_truncation, reason = "whole numbers from -128 to 127")]
    fn to_bytes(self, a: Floats) -> [i8; LANES] {
        a.map(|number| number as i8)
    }

    fn zeros(self) -> [i32; LANES] {
        [0; LANES]
    }

    fn read_bytes(self, from: &[u8; 4 * LANES]) -> [[u8; 4]; LANES] {
        std::array::from_fn(|lane| std::array::from_fn(|byte| from[4 * lane + byte]))
    }

    fn low(self, bytes: [[u8; 4]; LANES]) -> [[u8; 4]; LANES] {
        bytes.map(|lane| lane.map(|byte| byte & 15))
    }

    fn high(self, bytes: [[u8; 4]; LANES]) -> [[u8; 4]; LANES] {
        bytes.map(|lane| lane.map(|byte| byte >> 4))
    }

    fn dot(self, sums: [i32; LANES], unsigned: [[u8; 4]; LANES], signed: [i8; 4]) -> [i32; LANES] {
        std::array::from_fn(|lane| {
            let pairs = unsigned[lane].iter().zip(signed);
            sums[lane] + pairs.map(|(&a, b)| i32::from(a) * i32::from(b)).sum::<i32>()
        })
    }

    fn to_floats(self, ints: [i32; LANES]) -> Floats {
        ints.map(|int| int as f32)
    }
}
