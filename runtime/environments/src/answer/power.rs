//! Powers and roots of values, as far as they are exact.

use super::polynomial::{Atom, Monomial, Polynomial, is_constant, reduced};
use super::ratio::Ratio;
use super::value::Value;

/// Greatest whole exponent of a sum.
const EXPONENT_MAX: i128 = 32;
/// Greatest whole exponent of a product.
const SINGLE_EXPONENT_MAX: i128 = 4096;
/// Greatest index of a root.
const ROOT_MAX: i128 = 16;
/// Greatest divisor that is tried; what is left below its square is prime.
const DIVISOR_MAX: i128 = 10_000;

/// A value to a power. A root that is not exact is a value known by its text.
pub(super) fn power(base: &Value, exponent: Ratio) -> Option<Value> {
    match exponent.as_whole() {
        Some(exponent) => whole_power(base, exponent),
        None => {
            root(base, exponent).or_else(|| Value::opaque(format!("({})^{exponent}", base.text())))
        }
    }
}

fn whole_power(base: &Value, exponent: i128) -> Option<Value> {
    if exponent == 0 {
        return (base.above != Polynomial::default()).then(|| Value::of(Polynomial::one()));
    }
    if exponent < 0 {
        let inverse = Value::of(Polynomial::one()).over(base)?;
        return whole_power(&inverse, exponent.checked_neg()?);
    }
    let single = base.below.number().and(base.above.single());
    if let Some((monomial, coefficient)) = single {
        if exponent > SINGLE_EXPONENT_MAX {
            return None;
        }
        let coefficient = coefficient.power(i32::try_from(exponent).ok()?)?;
        let raised = raised(monomial, Ratio::whole(exponent))?;
        let (monomial, factor) = reduced(raised)?;
        return Some(Value::of(Polynomial::term(monomial, coefficient.times(factor)?)));
    }
    if exponent > EXPONENT_MAX {
        return None;
    }
    let mut product = Value::of(Polynomial::one());
    for _ in 0..exponent {
        product = product.times(base)?;
    }
    Some(product)
}

fn raised(monomial: &Monomial, exponent: Ratio) -> Option<Monomial> {
    let raise = |(atom, old): (&Atom, &Ratio)| Some((atom.clone(), old.times(exponent)?));
    monomial.iter().map(raise).collect()
}

/// A root of a single term; `None` where it has none of this form.
fn root(base: &Value, exponent: Ratio) -> Option<Value> {
    base.below.number()?;
    if base.above == Polynomial::default() {
        return (exponent > Ratio::ZERO).then(|| Value::of(Polynomial::default()));
    }
    let (monomial, coefficient) = base.above.single()?;
    let index = exponent.denominator();
    if index > ROOT_MAX || !has_root(monomial, index) {
        return None;
    }
    let mut atoms = raised(monomial, exponent)?;
    let mut sign = Ratio::ONE;
    let positive = if coefficient < Ratio::ZERO {
        match (index, exponent.numerator()) {
            // The root of a negative number is imaginary, of a negative variable it may be real.
            (2, turns) if monomial.keys().all(|atom| matches!(atom, Atom::Prime(_))) => {
                atoms.insert(Atom::Imaginary, Ratio::whole(turns));
            }
            (index, turns) if index % 2 == 1 => {
                sign = if turns % 2 == 0 { sign } else { sign.negative() };
            }
            _ => return None,
        }
        coefficient.negative()
    } else {
        coefficient
    };
    for (number, side) in [(positive.numerator(), 1), (positive.denominator(), -1)] {
        for (prime, count) in primes(number)? {
            let old = atoms.remove(&Atom::Prime(prime)).unwrap_or(Ratio::ZERO);
            let exponent = exponent.times(Ratio::whole(side * count))?;
            atoms.insert(Atom::Prime(prime), old.plus(exponent)?);
        }
    }
    let (monomial, factor) = reduced(atoms)?;
    Some(Value::of(Polynomial::term(monomial, factor.times(sign)?)))
}

/// Whether the root of a product is the product of roots: all atoms but one variable are greater
/// than 0, and so is that one where its exponent is odd.
fn has_root(monomial: &Monomial, index: i128) -> bool {
    let may_be_negative = |atom: &&Atom| match atom {
        Atom::Prime(_) => false,
        Atom::Name(name) => !is_constant(name),
        Atom::Imaginary | Atom::Opaque(_) => true,
    };
    let mut open = monomial.iter().filter(|(atom, _)| may_be_negative(atom));
    let Some((atom, exponent)) = open.next() else { return true };
    let is_odd = exponent.as_whole().is_some_and(|exponent| exponent % 2 != 0);
    matches!(atom, Atom::Name(_)) && open.next().is_none() && index == 2 && is_odd
}

/// The prime factors of a whole number from 1, with how often they occur; `None` where that is not
/// found quickly.
fn primes(number: i128) -> Option<Vec<(i128, i128)>> {
    let (mut rest, mut found) = (number, Vec::new());
    let mut divisor = 2;
    while divisor * divisor <= rest {
        if divisor > DIVISOR_MAX {
            return None;
        }
        let mut count = 0;
        while rest % divisor == 0 {
            rest /= divisor;
            count += 1;
        }
        if count > 0 {
            found.push((divisor, count));
        }
        divisor += 1;
    }
    if rest > 1 {
        found.push((rest, 1));
    }
    Some(found)
}
