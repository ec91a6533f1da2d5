//! Sums of products in one canonical form, so that equal ones are the same.
//!
//! ```text
//! polynomial = Σ coefficient · Π atom^exponent        coefficient, exponent: fractions
//! ```
//!
//! An atom is a prime number with an exponent between 0 and 1 (so roots of numbers are products of
//! independent atoms: √12 = 2·3^½), the imaginary unit, a name, or a value of which only its
//! canonical text is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::ratio::Ratio;

/// Greatest number of terms of a polynomial.
const TERMS_MAX: usize = 400;
/// Greatest number of products of terms in one multiplication.
const PRODUCTS_MAX: usize = 4000;

/// A factor that is not a fraction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    /// A prime number, under a root.
    Prime(i128),
    /// The imaginary unit.
    Imaginary,
    /// A variable or constant.
    Name(String),
    /// A value that is known by its canonical text.
    Opaque(String),
}

/// Atoms with their exponents, none of them 0.
pub(super) type Monomial = BTreeMap<Atom, Ratio>;

/// Monomials with their coefficients, none of them 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Polynomial {
    /// The terms.
    pub(super) terms: BTreeMap<Monomial, Ratio>,
}

impl Polynomial {
    pub(super) fn constant(number: Ratio) -> Self {
        Self::term(Monomial::new(), number)
    }

    pub(super) fn term(monomial: Monomial, coefficient: Ratio) -> Self {
        let mut terms = BTreeMap::new();
        if coefficient != Ratio::ZERO {
            terms.insert(monomial, coefficient);
        }
        Self { terms }
    }

    pub(super) fn one() -> Self {
        Self::constant(Ratio::ONE)
    }

    /// The only term, if there is one alone.
    pub(super) fn single(&self) -> Option<(&Monomial, Ratio)> {
        let (monomial, coefficient) = self.terms.first_key_value()?;
        (self.terms.len() == 1).then_some((monomial, *coefficient))
    }

    /// The number, if it is one.
    pub(super) fn number(&self) -> Option<Ratio> {
        if self.terms.is_empty() {
            return Some(Ratio::ZERO);
        }
        self.single().filter(|(monomial, _)| monomial.is_empty()).map(|(_, number)| number)
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        let mut sum = self.clone();
        for (monomial, coefficient) in &other.terms {
            sum.add(monomial.clone(), *coefficient)?;
        }
        (sum.terms.len() <= TERMS_MAX).then_some(sum)
    }

    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        if self.terms.len() * other.terms.len() > PRODUCTS_MAX {
            return None;
        }
        let mut product = Self::default();
        for (left, first) in &self.terms {
            for (right, second) in &other.terms {
                let (monomial, factor) = product_of(left, right)?;
                product.add(monomial, first.times(*second)?.times(factor)?)?;
            }
        }
        (product.terms.len() <= TERMS_MAX).then_some(product)
    }

    pub(super) fn scaled(&self, factor: Ratio) -> Option<Self> {
        self.times(&Self::constant(factor))
    }

    fn add(&mut self, monomial: Monomial, coefficient: Ratio) -> Option<()> {
        let old = self.terms.remove(&monomial).unwrap_or(Ratio::ZERO);
        let sum = old.plus(coefficient)?;
        if sum != Ratio::ZERO {
            self.terms.insert(monomial, sum);
        }
        Some(())
    }

    /// Whether a variable is in it.
    pub(super) fn has_variables(&self) -> bool {
        let is_variable = |atom: &Atom| match atom {
            Atom::Name(name) => !is_constant(name),
            Atom::Opaque(_) => true,
            Atom::Prime(_) | Atom::Imaginary => false,
        };
        self.terms.keys().any(|monomial| monomial.keys().any(is_variable))
    }

    /// The polynomial with the coefficient 1 in its first term, and without negative exponents.
    pub(super) fn monic(&self) -> Option<Self> {
        let mut lift = Monomial::new();
        for monomial in self.terms.keys() {
            for (atom, exponent) in monomial {
                let least = lift.get(atom).copied().unwrap_or(Ratio::ZERO);
                if exponent.negative() > least {
                    lift.insert(atom.clone(), exponent.negative());
                }
            }
        }
        let lifted = self.times(&Self::term(lift, Ratio::ONE))?;
        let Some((_, first)) = lifted.terms.first_key_value() else { return Some(lifted) };
        lifted.scaled(Ratio::ONE.over(*first)?)
    }

    /// The canonical text: equal polynomials have the same.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (monomial, coefficient) in &self.terms {
            let _ = write!(text, "+{coefficient}");
            for (atom, exponent) in monomial {
                let _ = match atom {
                    Atom::Prime(prime) => write!(text, "*{prime}^{exponent}"),
                    Atom::Imaginary => write!(text, "*i"),
                    Atom::Name(name) => write!(text, "*{name}^{exponent}"),
                    Atom::Opaque(value) => write!(text, "*[{value}]^{exponent}"),
                };
            }
        }
        text
    }
}

/// Whether a name is a constant that is greater than 0.
pub(super) fn is_constant(name: &str) -> bool {
    matches!(name, "pi" | "e" | "infty")
}

/// The product of two monomials: a monomial, and what came out of roots.
fn product_of(left: &Monomial, right: &Monomial) -> Option<(Monomial, Ratio)> {
    let mut product = left.clone();
    for (atom, exponent) in right {
        let old = product.remove(atom).unwrap_or(Ratio::ZERO);
        product.insert(atom.clone(), old.plus(*exponent)?);
    }
    reduced(product)
}

/// A monomial with its exponents in their ranges, and the number that this takes out.
pub(super) fn reduced(monomial: Monomial) -> Option<(Monomial, Ratio)> {
    let (mut kept, mut factor) = (Monomial::new(), Ratio::ONE);
    for (atom, exponent) in monomial {
        let whole = exponent.numerator().div_euclid(exponent.denominator());
        let exponent = match atom {
            Atom::Prime(prime) => {
                let power = Ratio::whole(prime).power(i32::try_from(whole).ok()?)?;
                factor = factor.times(power)?;
                exponent.plus(Ratio::whole(-whole))?
            }
            Atom::Imaginary => {
                let turns = exponent.as_whole()?.rem_euclid(4);
                factor = if turns >= 2 { factor.negative() } else { factor };
                Ratio::whole(turns % 2)
            }
            Atom::Name(_) | Atom::Opaque(_) => exponent,
        };
        if exponent != Ratio::ZERO {
            kept.insert(atom, exponent);
        }
    }
    Some((kept, factor))
}
