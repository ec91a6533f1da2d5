//! The exponential function, written so that the compiler makes vectors of it.

/// `e^x` for `x` at most 88, to about one part in ten million; 0 below −87.
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
#[expect(clippy::cast_possible_truncation, reason = "the exponent is at most 127")]
pub(super) fn exp(x: f32) -> f32 {
    // e^x = 2^k · e^r with k whole and |r| at most ln 2 / 2.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.max(-87.0);
    let k = (clamped * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    let r = clamped - k * LN2_HIGH - k * LN2_LOW;
    // The Taylor series to the sixth power, by Horner's rule.
    let series = 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let series = series * r + 1.0;
    let series = series * r + 1.0;
    let power = f32::from_bits(((k as i32 + 127) << 23).cast_unsigned());
    if x < -87.0 { 0.0 } else { series * power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential() {
        for step in -8700..=880 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "at {x}");
        }
        assert_eq!(exp(f32::NEG_INFINITY).to_bits(), 0);
        assert_eq!(exp(-1000.0).to_bits(), 0);
    }
}
