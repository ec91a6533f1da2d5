//! Exact values: quotients of polynomials.

use super::polynomial::{Atom, Monomial, Polynomial};
use super::ratio::Ratio;

/// Longest canonical text of a value in another one, in bytes.
const TEXT_BYTES_MAX: usize = 2000;

/// A quotient of polynomials.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Above the line.
    pub(super) above: Polynomial,
    /// Below the line: 1, or of several terms.
    pub(super) below: Polynomial,
}

impl Value {
    /// A polynomial.
    pub(super) fn of(above: Polynomial) -> Self {
        Self { above, below: Polynomial::one() }
    }

    /// An atom alone.
    pub(super) fn atom(atom: Atom) -> Self {
        Self::of(Polynomial::term(Monomial::from([(atom, Ratio::ONE)]), Ratio::ONE))
    }

    /// A value that is known by its canonical text; `None` where that is too long.
    pub(super) fn opaque(text: String) -> Option<Self> {
        (text.len() <= TEXT_BYTES_MAX).then(|| Self::atom(Atom::Opaque(text)))
    }

    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<Ratio> {
        self.above.number()?.over(self.below.number()?)
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        if self.below == other.below {
            return Self::quotient(self.above.plus(&other.above)?, self.below.clone());
        }
        let left = self.above.times(&other.below)?;
        let right = other.above.times(&self.below)?;
        Self::quotient(left.plus(&right)?, self.below.times(&other.below)?)
    }

    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        Self::quotient(self.above.times(&other.above)?, self.below.times(&other.below)?)
    }

    pub(super) fn over(&self, other: &Self) -> Option<Self> {
        Self::quotient(self.above.times(&other.below)?, self.below.times(&other.above)?)
    }

    pub(super) fn negative(&self) -> Option<Self> {
        Some(Self { above: self.above.scaled(Ratio::whole(-1))?, below: self.below.clone() })
    }

    /// A quotient; what is below the line goes above where it is a single term.
    fn quotient(above: Polynomial, below: Polynomial) -> Option<Self> {
        if below == Polynomial::default() {
            return None;
        }
        let Some((monomial, coefficient)) = below.single() else {
            return Some(Self { above, below });
        };
        let mut inverse = Monomial::new();
        for (atom, exponent) in monomial {
            inverse.insert(atom.clone(), exponent.negative());
        }
        let inverse = Polynomial::term(inverse, Ratio::ONE.over(coefficient)?);
        // Multiplying brings the exponents of roots into their range.
        Some(Self::of(above.times(&inverse)?))
    }

    /// The canonical text of polynomials; of quotients one that equal ones may not share.
    pub(super) fn text(&self) -> String {
        if self.below == Polynomial::one() {
            return self.above.text();
        }
        format!("({})/({})", self.above.text(), self.below.text())
    }

    /// Whether two values are the same; `None` where that takes too long to say.
    pub(super) fn equals(&self, other: &Self) -> Option<bool> {
        Some(self.above.times(&other.below)? == other.above.times(&self.below)?)
    }
}
