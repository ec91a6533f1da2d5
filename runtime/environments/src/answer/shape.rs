//! How an expression is factored. `(t-7)(t+7)` is the same number as `t^2-49` for each `t`, and not
//! the same answer where one was to be made of the other.

use super::evaluation::value;
use super::expression::Expression;
use super::polynomial::Polynomial;
use super::ratio::Ratio;

/// Greatest number of factors.
const FACTORS_MAX: usize = 64;

/// The sums that are factors above and below the line, each up to a number, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    above: Vec<String>,
    below: Vec<String>,
}

/// The shape of an expression; `None` where it is too long.
pub(super) fn shape(expression: &Expression) -> Option<Shape> {
    let mut shape = Shape::default();
    collect(expression, 1, &mut shape)?;
    shape.above.sort_unstable();
    shape.below.sort_unstable();
    Some(shape)
}

/// Adds the factors of an expression that stands to a power.
fn collect(expression: &Expression, power: i32, shape: &mut Shape) -> Option<()> {
    match expression {
        Expression::Product(factors) => {
            factors.iter().try_for_each(|factor| collect(factor, power, shape))
        }
        Expression::Quotient(above, below) => {
            collect(above, power, shape)?;
            collect(below, -power, shape)
        }
        Expression::Negative(inside) => collect(inside, power, shape),
        Expression::Power(base, exponent) => {
            let exponent = value(exponent)?.number().and_then(Ratio::as_whole);
            match exponent.and_then(|exponent| i32::try_from(exponent).ok()) {
                Some(exponent) => collect(base, power.checked_mul(exponent)?, shape),
                None => leaf(expression, power, shape),
            }
        }
        _ => leaf(expression, power, shape),
    }
}

fn leaf(expression: &Expression, power: i32, shape: &mut Shape) -> Option<()> {
    let found = value(expression)?;
    let mut inner = Shape::default();
    if let Expression::Sum(terms) = expression {
        for term in terms {
            collect(term, 1, &mut inner)?;
        }
    }
    inner.above.sort_unstable();
    inner.above.extend(inner.below);
    let mut push = |factor: &Polynomial, power: i32, inner: &[String]| {
        if factor.terms.len() < 2 || power == 0 {
            return Some(());
        }
        let side = if power > 0 { &mut shape.above } else { &mut shape.below };
        let count = power.unsigned_abs() as usize;
        if side.len() + count > FACTORS_MAX {
            return None;
        }
        let text = format!("{}{inner:?}", factor.monic()?.text());
        side.extend(std::iter::repeat_n(text, count));
        Some(())
    };
    // Fractions that are added have a line of their own.
    let is_plain = found.below == Polynomial::one();
    push(&found.above, power, if is_plain { &inner.above[..] } else { &[] })?;
    push(&found.below, -power, &[])
}
