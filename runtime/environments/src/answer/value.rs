//! Values of expressions: exact, and for constants that have no exact form here the nearest number.

use super::expression::Expression;
use super::polynomial::{Atom, Monomial, Polynomial};
use super::power::power;
use super::ratio::Ratio;

/// Longest canonical text of a value in another one, in bytes.
const TEXT_BYTES_MAX: usize = 2000;
/// Greatest number whose factorial is computed.
const FACTORIAL_MAX: i128 = 33;
/// Greatest number from which is chosen.
const CHOOSE_MAX: i128 = 120;
/// Greatest whole number in constants that are compared by their nearest numbers.
const NEAREST_NUMBER_MAX: i128 = 1_000_000;

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

    /// A value that is known by its canonical text; `None` where that is too long.
    pub(super) fn opaque(text: String) -> Option<Self> {
        (text.len() <= TEXT_BYTES_MAX).then(|| atomic(Atom::Opaque(text)))
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

/// The exact value of an expression; `None` where there is none, or where it is too long.
pub(super) fn value(expression: &Expression) -> Option<Value> {
    match expression {
        Expression::Number(number, _) => Some(Value::of(Polynomial::constant(*number))),
        Expression::Name(name) => {
            let atom = if name == "i" { Atom::Imaginary } else { Atom::Name(name.clone()) };
            Some(atomic(atom))
        }
        Expression::Sum(terms) => {
            let mut sum = Value::of(Polynomial::default());
            for term in terms {
                sum = sum.plus(&value(term)?)?;
            }
            Some(sum)
        }
        Expression::Product(factors) => {
            let mut product = Value::of(Polynomial::one());
            for factor in factors {
                product = product.times(&value(factor)?)?;
            }
            Some(product)
        }
        Expression::Quotient(above, below) => value(above)?.over(&value(below)?),
        Expression::Negative(inside) => value(inside)?.negative(),
        Expression::Power(base, exponent) => {
            let (base, exponent) = (value(base)?, value(exponent)?);
            match exponent.number() {
                Some(exponent) => power(&base, exponent),
                None => Value::opaque(format!("({})^({})", base.text(), exponent.text())),
            }
        }
        Expression::Call(name, inside) => call(name, &value(inside)?),
        Expression::Choose(from, count) => {
            choose(value(from)?.number()?.as_whole()?, value(count)?.number()?.as_whole()?)
        }
    }
}

fn atomic(atom: Atom) -> Value {
    Value::of(Polynomial::term(Monomial::from([(atom, Ratio::ONE)]), Ratio::ONE))
}

fn number(number: Ratio) -> Value {
    Value::of(Polynomial::constant(number))
}

fn call(name: &str, inside: &Value) -> Option<Value> {
    match (name, inside.number()) {
        ("abs", Some(of)) => Some(number(of.max(of.negative()))),
        ("floor", Some(of)) => {
            Some(number(Ratio::whole(of.numerator().div_euclid(of.denominator()))))
        }
        ("factorial", Some(of)) => {
            let of = of.as_whole().filter(|of| (0..=FACTORIAL_MAX).contains(of))?;
            let product = (1..=of).try_fold(1_i128, i128::checked_mul)?;
            Some(number(Ratio::whole(product)))
        }
        _ => Value::opaque(format!("{name}({})", inside.text())),
    }
}

fn choose(from: i128, count: i128) -> Option<Value> {
    if !(0..=CHOOSE_MAX).contains(&from) || !(0..=from).contains(&count) {
        return None;
    }
    let mut ways = 1_i128;
    for taken in 0..count.min(from - count) {
        ways = ways.checked_mul(from - taken)? / (taken + 1);
    }
    Some(number(Ratio::whole(ways)))
}

/// The nearest number of a constant with whole numbers that are not large; `None` where there are
/// variables, decimals or large numbers, of which near ones might differ.
pub(super) fn nearest(expression: &Expression) -> Option<f64> {
    let nearest_of = |expression: &Expression| nearest(expression);
    let found = match expression {
        Expression::Number(number, is_decimal) => {
            let fits = number.numerator().abs() <= NEAREST_NUMBER_MAX && !is_decimal;
            fits.then(|| number.as_f64())?
        }
        Expression::Name(name) if name == "pi" => std::f64::consts::PI,
        Expression::Name(name) if name == "e" => std::f64::consts::E,
        Expression::Name(_) | Expression::Choose(..) => return None,
        Expression::Sum(terms) => terms.iter().map(nearest_of).sum::<Option<f64>>()?,
        Expression::Product(factors) => factors.iter().map(nearest_of).product::<Option<f64>>()?,
        Expression::Quotient(above, below) => nearest(above)? / nearest(below)?,
        Expression::Negative(inside) => -nearest(inside)?,
        Expression::Power(base, exponent) => nearest(base)?.powf(nearest(exponent)?),
        Expression::Call(name, inside) => {
            let inside = nearest(inside)?;
            match name.as_str() {
                "sin" => inside.sin(),
                "cos" => inside.cos(),
                "tan" => inside.tan(),
                "ln" => inside.ln(),
                "abs" => inside.abs(),
                _ => return None,
            }
        }
    };
    let fits = found.is_finite() && found.abs() < 1e9;
    fits.then_some(found)
}
