//! What an answer is made of: lists, tuples and intervals, unions, matrices, relations, numbers in
//! other bases, words, and in them expressions.

mod slices;
mod written;

use super::expression::{Expression, parse};
use super::latex::Token;
use slices::{closes, group, relations, round, split, step};
use written::{based, measured, named_value, words};

pub(super) use written::{is_name, plain_words, spelled};

use Token::{Begin, Command, End, Mark, Relation, Row};

/// Deepest nesting.
const DEPTH_MAX: u32 = 12;

/// An answer.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// What has a value.
    Expression(Expression),
    /// Members in any order: `1, 2` or `\{1, 2\}`.
    List(Vec<Form>),
    /// Members in this order between brackets: a point, a vector, an interval.
    Tuple(char, Vec<Form>, char),
    /// Sets that are joined by `\cup`.
    Union(Vec<Form>),
    /// Rows of a matrix; the name of its environment where brackets are not all it says.
    Matrix(String, Vec<Vec<Form>>),
    /// Sides, with what stands between them.
    Relation(Vec<Form>, Vec<char>),
    /// Parts with colons between them: a ratio, a time.
    Parts(Vec<Form>),
    /// Digits in a base.
    Base(String, String),
    /// Words, in lower case; a single letter is as it is.
    Words(String),
    /// A value with a unit.
    Measured(Box<Form>, String),
    /// What is none of these: equal to what is written with the same tokens.
    Other(Vec<Token>),
}

/// The form of an answer.
pub(super) fn form(tokens: &[Token]) -> Form {
    read(tokens, 0)
}

fn read(tokens: &[Token], depth: u32) -> Form {
    let other = || Form::Other(tokens.to_vec());
    if depth > DEPTH_MAX || tokens.is_empty() {
        return other();
    }
    let all = |slices: Vec<&[Token]>| -> Vec<Form> {
        slices.into_iter().map(|slice| read(slice, depth + 1)).collect()
    };
    if let Some(words) = words(tokens) {
        return Form::Words(words);
    }
    if let Some((name, sides, signs)) = named_value(tokens) {
        return Form::Relation(vec![read(name, depth + 1), read(sides, depth + 1)], vec![signs]);
    }
    if let Some(inner) = group(tokens).or_else(|| round(tokens)) {
        return read(inner, depth + 1);
    }
    let listed = split(tokens, |token| *token == Mark(','));
    if listed.len() > 1 {
        // A comma at the end ends a sentence.
        let listed: Vec<_> = listed.into_iter().filter(|slice| !slice.is_empty()).collect();
        return Form::List(all(listed));
    }
    let sides = split(tokens, |token| matches!(token, Relation(_)));
    if sides.len() > 1 {
        return Form::Relation(all(sides), relations(tokens));
    }
    let joined = split(tokens, |token| *token == Command("cup".to_owned()));
    if joined.len() > 1 {
        return Form::Union(all(joined));
    }
    if let Some(both) = plus_minus(tokens) {
        return Form::List(both.iter().map(|tokens| read(tokens, depth + 1)).collect());
    }
    let parts = split(tokens, |token| *token == Mark(':'));
    if parts.len() > 1 {
        return Form::Parts(all(parts));
    }
    bracketed(tokens, depth)
        .or_else(|| based(tokens))
        .or_else(|| measured(tokens, depth))
        .or_else(|| parse(tokens).map(Form::Expression))
        .unwrap_or_else(other)
}

fn bracketed(tokens: &[Token], depth: u32) -> Option<Form> {
    let inside = |to: usize| &tokens[1..to];
    let last = tokens.len().checked_sub(1).filter(|last| *last > 0)?;
    let all = |tokens: &[Token]| -> Vec<Form> {
        let members = split(tokens, |token| *token == Mark(','));
        members.into_iter().map(|member| read(member, depth + 1)).collect()
    };
    match (&tokens[0], &tokens[last]) {
        (Begin(name), End(end)) if name == end => {
            matrix(name.trim_end_matches('*'), inside(last), depth)
        }
        (Mark(open @ ('(' | '[')), Mark(close @ (')' | ']'))) if closes(tokens, last) => {
            let members = all(inside(last));
            (members.len() > 1).then_some(Form::Tuple(*open, members, *close))
        }
        (Command(open), Command(close)) if open == "lbrace" && close == "rbrace" => {
            let is_plain = closes(tokens, last) && !inside(last).contains(&Mark('|'));
            let members = all(inside(last));
            // A set of one is not its member.
            match members.len() {
                _ if !is_plain => None,
                1 => Some(Form::Tuple('{', members, '}')),
                _ => Some(Form::List(members)),
            }
        }
        _ => None,
    }
}

fn matrix(name: &str, inside: &[Token], depth: u32) -> Option<Form> {
    let name = match name {
        "pmatrix" | "bmatrix" | "matrix" | "smallmatrix" => "",
        "vmatrix" | "Vmatrix" | "Bmatrix" => name,
        // An array says how its columns stand.
        _ => return None,
    };
    let row = |row: &[Token]| -> Vec<Form> {
        let cells = split(row, |token| *token == Mark('&'));
        cells.into_iter().map(|cell| read(cell, depth + 1)).collect()
    };
    let rows = split(inside, |token| *token == Row);
    let rows = rows.into_iter().filter(|row| !row.is_empty()).map(row).collect();
    Some(Form::Matrix(name.to_owned(), rows))
}

/// The two values of `a \pm b`.
fn plus_minus(tokens: &[Token]) -> Option<[Vec<Token>; 2]> {
    let is_both = |token: &Token| *token == Command("pm".to_owned());
    let place = tokens.iter().position(is_both)?;
    if tokens.iter().filter(|token| is_both(token)).count() > 1
        || tokens[..place].iter().map(step).sum::<i32>() != 0
    {
        return None;
    }
    Some(['+', '-'].map(|sign| {
        let mut tokens = tokens.to_vec();
        tokens[place] = Mark(sign);
        tokens
    }))
}
