//! Exact fractions of whole numbers. What does not fit is `None`, never rounded.

use std::cmp::Ordering;
use std::fmt;

/// A fraction in lowest terms; the denominator is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };
    /// One.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// The fraction of two whole numbers.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 || numerator == i128::MIN || denominator == i128::MIN {
            return None;
        }
        let shared = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let shared = i128::try_from(shared).ok()?.checked_mul(denominator.signum())?;
        Some(Self { numerator: numerator / shared, denominator: denominator / shared })
    }

    /// A whole number.
    pub fn whole(number: i128) -> Self {
        Self { numerator: number.max(-i128::MAX), denominator: 1 }
    }

    /// Reads digits with at most one decimal point, without a sign: `18`, `18.00`, `.5`, `3.`.
    pub fn decimal(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + part.len() == 0 || !is_digits(whole) || !is_digits(part) {
            return None;
        }
        let part = part.trim_end_matches('0');
        let digits = format!("{whole}{part}");
        let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
        Self::new(digits.parse().ok()?, scale)
    }

    /// The part above the line.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// The part below the line, positive.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// The number, if it is whole.
    pub fn as_whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    /// The nearest floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is asked for")]
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    /// The product.
    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    /// The quotient.
    pub fn over(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.denominator, other.numerator)?)
    }

    /// The number with the other sign.
    pub fn negative(self) -> Self {
        Self { numerator: -self.numerator, ..self }
    }

    /// The power with a whole exponent.
    pub fn power(self, exponent: i32) -> Option<Self> {
        let count = exponent.unsigned_abs();
        let numerator = self.numerator.checked_pow(count)?;
        let denominator = self.denominator.checked_pow(count)?;
        if exponent < 0 {
            Self::new(denominator, numerator)
        } else {
            Self::new(numerator, denominator)
        }
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = self.numerator.checked_mul(other.denominator);
        match (left, other.numerator.checked_mul(self.denominator)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Of numbers this long the order only has to be one.
            _ => (self.numerator, self.denominator).cmp(&(other.numerator, other.denominator)),
        }
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(out, "{}", self.numerator),
            _ => write!(out, "{}/{}", self.numerator, self.denominator),
        }
    }
}

fn gcd(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_and_what_does_not_fit_is_nothing() {
        let half = Ratio::decimal(".50").unwrap();
        assert_eq!(half, Ratio::new(-1, -2).unwrap());
        assert_eq!(half.plus(half.negative()), Some(Ratio::ZERO));
        assert_eq!(half.power(-3), Some(Ratio::whole(8)));
        assert_eq!(Ratio::ONE.over(Ratio::ZERO), None);
        assert_eq!(Ratio::whole(10).power(40), None);
        assert_eq!(Ratio::whole(i128::MAX).plus(Ratio::ONE), None);
        assert_eq!(Ratio::decimal("1.2.3").or(Ratio::decimal(".")), None);
        assert_eq!(Ratio::decimal(&"9".repeat(60)), None);
    }
}
