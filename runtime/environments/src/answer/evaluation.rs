//! What an expression is worth: exactly, and for constants that have no exact form here the nearest number.

use super::expression::Expression;
use super::polynomial::{Atom, Polynomial};
use super::power::power;
use super::ratio::Ratio;
use super::value::Value;

/// Greatest number whose factorial is computed.
const FACTORIAL_MAX: i128 = 33;
/// Greatest number from which is chosen.
const CHOOSE_MAX: i128 = 120;
/// Greatest whole number in constants that are compared by their nearest numbers.
const NEAREST_NUMBER_MAX: i128 = 1_000_000;

/// The exact value of an expression; `None` where there is none, or where it is too long.
pub(super) fn value(expression: &Expression) -> Option<Value> {
    match expression {
        Expression::Number(number, _) => Some(Value::of(Polynomial::constant(*number))),
        Expression::Name(name) => {
            let atom = if name == "i" { Atom::Imaginary } else { Atom::Name(name.clone()) };
            Some(Value::atom(atom))
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
