//! The exponential function over whole vocabularies: vectorized, with the same bits on
//! every machine.
//!
//! `f32::exp` is a call into the C library for each of 50 000 logits, and its
//! last bit differs between libraries. This polynomial (Cephes' `expf`) is
//! within 2 units in the last place, and compilers vectorize it.

/// Number of lanes of a sum, so that additions do not depend on one another.
const LANES: usize = 16;
/// Number of values after which the lanes are added to an `f64`.
const BLOCK: usize = 1024;
/// Below this the result is 0: `f32` would leave its normal range.
const EXPONENT_MIN: f32 = -87.0;

/// e to the power of `x`, for `x` up to 0.
fn exp_of_negative(x: f32) -> f32 {
    // Adding this rounds to an integer and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut polynomial = 1.987_569_1e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5, 1.0, 1.0] {
        polynomial = polynomial * rest + coefficient;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    if x < EXPONENT_MIN { 0.0 } else { polynomial * power }
}

/// The largest value, ignoring NaN; negative infinity for no values.
pub(crate) fn maximum(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = if value > *lane { value } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// The sum of `exp(value - shift)`; no value may be above `shift`.
///
/// A NaN among the values makes the sum NaN.
pub(crate) fn sum_of_exponentials(values: &[f32], shift: f32) -> f64 {
    values.chunks(BLOCK).map(|block| block_sum(block, |value| value - shift)).sum()
}

fn block_sum(block: &[f32], exponent: impl Fn(f32) -> f32) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    let chunks = block.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += exp_of_negative(exponent(value));
        }
    }
    let rest: f64 = rest.iter().map(|&value| f64::from(exp_of_negative(exponent(value)))).sum();
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + rest
}

/// Replaces each value by `exp((value - shift) * inverse_temperature)` and returns
/// the sum; no value may be above `shift`.
pub(crate) fn exponentiate(values: &mut [f32], shift: f32, inverse_temperature: f32) -> f64 {
    let mut total = 0.0;
    for block in values.chunks_mut(BLOCK) {
        for value in block.iter_mut() {
            *value = exp_of_negative((*value - shift) * inverse_temperature);
        }
        total += sum(block);
    }
    total
}

/// The sum of at most a few thousand values, in lanes.
pub(crate) fn sum(values: &[f32]) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().chain(rest).map(|&value| f64::from(value)).sum()
}

/// The natural logarithm of the probability of `id` under the softmax of
/// `logits`; `None` if the logits are not finite numbers.
#[cfg(any(feature = "llama", test))]
pub(crate) fn log_softmax(logits: &[f32], id: usize) -> Option<f32> {
    let shift = maximum(logits);
    let total = sum_of_exponentials(logits, shift);
    let log_prob = f64::from(logits[id]) - f64::from(shift) - total.ln();
    log_prob.is_finite().then_some(narrow(log_prob))
}

/// A log-probability in its stored precision.
#[expect(clippy::cast_possible_truncation, reason = "a log-probability is small")]
pub(crate) fn narrow(log_prob: f64) -> f32 {
    log_prob as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_polynomial_agrees_with_the_library() {
        let worst = (0..60_000_u16)
            .map(|step| -f32::from(step) / 700.0)
            .map(|x| (f64::from(exp_of_negative(x)) / f64::from(x).exp() - 1.0).abs())
            .fold(0.0, f64::max);

        assert!(worst < 3e-7, "{worst}");
        assert!((exp_of_negative(0.0) - 1.0).abs() < f32::EPSILON);
        assert!(exp_of_negative(f32::NEG_INFINITY).abs() < f32::EPSILON);
        assert!(exp_of_negative(f32::NAN).is_nan());
    }

    #[test]
    fn a_softmax_of_equal_logits_is_uniform() {
        let logits = vec![3.5; 4099];

        let log_prob = log_softmax(&logits, 17).unwrap();

        assert!((log_prob + 4099.0_f32.ln()).abs() < 1e-6, "{log_prob}");
    }

    #[test]
    fn a_logit_that_is_not_a_number_is_noticed() {
        assert_eq!(log_softmax(&[0.0, f32::NAN], 0), None);
        assert_eq!(log_softmax(&[f32::NEG_INFINITY, f32::NEG_INFINITY], 0), None);
    }
}
