//! When two of MATH's final answers say the same.
//!
//! Units count only where both have one, lists have no order, tuples and intervals do, and a
//! decimal is a fraction exactly or not at all. `x = 5` is `5`. A factored expression is not the
//! one that is multiplied out.

use super::evaluation::{nearest, value};
use super::expression::Expression;
use super::form::{Form, form, is_name, plain_words, spelled};
use super::latex::{Token, tokens};
use super::polynomial::Polynomial;
use super::shape::shape;
use super::value::Value;

/// Greatest number of members of a list that are compared in any order.
const MEMBERS_MAX: usize = 32;
/// How far the nearest numbers of equal constants may lie from each other, relative to them.
const NEAREST_ERROR_MAX: f64 = 1e-12;

/// Whether two answers say the same.
pub fn equal(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (tokens(one), tokens(other)) else {
        return one.trim() == other.trim();
    };
    if one.is_empty() || other.is_empty() {
        return false;
    }
    one == other || are_equal(&(form(&one), &one[..]), &(form(&other), &other[..]))
}

/// A form with its tokens.
type Read<'a> = (Form, &'a [Token]);

fn are_equal(one: &Read<'_>, other: &Read<'_>) -> bool {
    match (&one.0, &other.0) {
        (Form::Words(words), _) => says(words, other.1),
        (_, Form::Words(words)) => says(words, one.1),
        (Form::Measured(value, unit), Form::Expression(_)) => has_unit(value, unit, other),
        (Form::Expression(_), Form::Measured(value, unit)) => has_unit(value, unit, one),
        (left, right) => same(left, right),
    }
}

/// Whether tokens spell these words.
fn says(words: &str, tokens: &[Token]) -> bool {
    spelled(tokens).is_some_and(|spelled| {
        spelled == words || plain_words(&words.replace(' ', "")) == spelled.replace(' ', "")
    })
}

/// Whether an expression is the value, with no unit or with its letters.
fn has_unit(value: &Form, unit: &str, other: &Read<'_>) -> bool {
    if same(value, &other.0) {
        return true;
    }
    let letters = other.1.iter().rev().take_while(|token| matches!(token, Token::Letter(_)));
    let count = letters.count().min(unit.chars().count());
    let (before, tail) = other.1.split_at(other.1.len() - count);
    count > 0 && spelled(tail).is_some_and(|tail| tail == unit) && same(value, &form(before))
}

fn same(one: &Form, other: &Form) -> bool {
    match (one, other) {
        (Form::Expression(one), Form::Expression(other)) => same_value(one, other),
        (Form::List(one), Form::List(other)) | (Form::Union(one), Form::Union(other)) => {
            same_members(one, other)
        }
        (Form::Tuple(open, one, close), Form::Tuple(other_open, other, other_close)) => {
            (open, close) == (other_open, other_close) && all_same(one, other)
        }
        (Form::Matrix(name, one), Form::Matrix(other_name, other)) => {
            let rows = one.iter().zip(other);
            name == other_name
                && one.len() == other.len()
                && rows.into_iter().all(|(one, other)| all_same(one, other))
        }
        (Form::Relation(one, signs), Form::Relation(other, other_signs)) => {
            same_relation((&one[..], &signs[..]), (&other[..], &other_signs[..]))
        }
        (Form::Relation(sides, signs), value) | (value, Form::Relation(sides, signs)) => {
            names_value(sides, signs).is_some_and(|named| same(named, value))
        }
        (Form::Parts(one), Form::Parts(other)) => all_same(one, other),
        (Form::Base(one, base), Form::Base(other, other_base)) => {
            (one, base) == (other, other_base)
        }
        (Form::Words(one), Form::Words(other)) => one == other,
        (Form::Words(words), Form::Expression(letters))
        | (Form::Expression(letters), Form::Words(words)) => {
            written(letters).is_some_and(|letters| plain_words(&letters) == *words)
        }
        (Form::Measured(one, unit), Form::Measured(other, other_unit)) => {
            same_unit(unit, other_unit) && same(one, other)
        }
        (Form::Measured(value, _), other) | (other, Form::Measured(value, _)) => same(value, other),
        (Form::Other(one), Form::Other(other)) => one == other,
        _ => false,
    }
}

/// The letters of an expression that is nothing else.
fn written(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Name(name) => Some(name.clone()),
        Expression::Product(factors) => factors.iter().map(written).collect(),
        _ => None,
    }
}

fn same_unit(one: &str, other: &str) -> bool {
    let plain = |unit: &str| {
        let unit = unit.replace("degrees", "°").replace("degree", "°").replace("percent", "%");
        unit.trim_end_matches('s').to_owned()
    };
    plain(one) == plain(other)
}

fn all_same(one: &[Form], other: &[Form]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

/// Whether members are the same in any order, each as often.
fn same_members(one: &[Form], other: &[Form]) -> bool {
    if one.len() != other.len() || one.len() > MEMBERS_MAX {
        return false;
    }
    let mut left: Vec<&Form> = other.iter().collect();
    one.iter().all(|member| {
        let found = left.iter().position(|candidate| same(member, candidate));
        found.map(|place| left.swap_remove(place)).is_some()
    })
}

/// What a relation gives a name to: `5` in `x = 5`.
fn names_value<'a>(sides: &'a [Form], signs: &[char]) -> Option<&'a Form> {
    let ([name, value], ['=' | '∈']) = (sides, signs) else { return None };
    match name {
        Form::Expression(Expression::Name(_)) => Some(value),
        Form::Expression(Expression::Product(factors)) => {
            let is_name = |factor: &Expression| matches!(factor, Expression::Name(_));
            (factors.len() == 2 && factors.iter().all(is_name)).then_some(value)
        }
        Form::Other(tokens) => is_name(tokens).then_some(value),
        _ => None,
    }
}

fn same_relation(one: (&[Form], &[char]), other: (&[Form], &[char])) -> bool {
    if one.1 == other.1 && all_same(one.0, other.0) {
        return true;
    }
    let turned: Option<Vec<char>> = other.1.iter().rev().map(|sign| turned(*sign)).collect();
    let backwards = one.0.iter().zip(other.0.iter().rev());
    if turned.is_some_and(|signs| signs == one.1)
        && one.0.len() == other.0.len()
        && backwards.into_iter().all(|(one, other)| same(one, other))
    {
        return true;
    }
    match (difference(one), difference(other)) {
        (Some(one), Some(other)) => is_same_equation(&one, &other).unwrap_or(false),
        _ => false,
    }
}

/// The sign of a relation that is read from right to left.
fn turned(sign: char) -> Option<char> {
    match sign {
        '=' | '≠' => Some(sign),
        '<' => Some('>'),
        '>' => Some('<'),
        '≤' => Some('≥'),
        '≥' => Some('≤'),
        _ => None,
    }
}

/// Left side minus right side of an equation in variables.
fn difference((sides, signs): (&[Form], &[char])) -> Option<Polynomial> {
    let ([Form::Expression(left), Form::Expression(right)], ['=']) = (sides, signs) else {
        return None;
    };
    let difference = value(left)?.plus(&value(right)?.negative()?)?;
    // What is below a line may be 0, so only equations without one are moved around.
    (difference.below == Polynomial::one() && difference.above.has_variables())
        .then_some(difference.above)
}

/// Whether two equations differ by a number that both sides are multiplied with.
fn is_same_equation(one: &Polynomial, other: &Polynomial) -> Option<bool> {
    let negative =
        one.terms.keys().chain(other.terms.keys()).any(|monomial| {
            monomial.values().any(|exponent| *exponent < super::ratio::Ratio::ZERO)
        });
    Some(!negative && one.monic()? == other.monic()?)
}

fn same_value(one: &Expression, other: &Expression) -> bool {
    if one == other {
        return true;
    }
    let (Some(left), Some(right)) = (value(one), value(other)) else { return false };
    match left.equals(&right) {
        Some(true) => {
            let varies = has_variables(&left) || has_variables(&right);
            !varies || shape(one).is_some_and(|one| Some(one) == shape(other))
        }
        Some(false) => are_near(one, other),
        None => false,
    }
}

fn has_variables(value: &Value) -> bool {
    value.above.has_variables() || value.below.has_variables()
}

/// Whether constants that are not in one form are the same number: nested roots, sines.
fn are_near(one: &Expression, other: &Expression) -> bool {
    let (Some(one), Some(other)) = (nearest(one), nearest(other)) else { return false };
    (one - other).abs() <= NEAREST_ERROR_MAX * one.abs().max(other.abs())
}
