//! Slices of tokens: what stands between separators, and in brackets.

use crate::answer::latex::Token;

use Token::{Begin, Command, End, Mark, Relation};

/// The slices between the tokens that separate, outside of all brackets.
pub(super) fn split(tokens: &[Token], separates: impl Fn(&Token) -> bool) -> Vec<&[Token]> {
    let (mut slices, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    for (place, token) in tokens.iter().enumerate() {
        depth += step(token);
        if depth == 0 && separates(token) {
            slices.push(&tokens[from..place]);
            from = place + 1;
        }
    }
    slices.push(&tokens[from..]);
    slices
}

/// What a token adds to the depth of brackets.
pub(super) fn step(token: &Token) -> i32 {
    match token {
        Mark('(' | '[' | '{') | Begin(_) => 1,
        Mark(')' | ']' | '}') | End(_) => -1,
        Command(name) if name == "lbrace" => 1,
        Command(name) if name == "rbrace" => -1,
        _ => 0,
    }
}

/// Whether the bracket at the beginning is closed at `last` and not before.
pub(super) fn closes(tokens: &[Token], last: usize) -> bool {
    let mut depth = 0;
    tokens[..last].iter().all(|token| {
        depth += step(token);
        depth > 0
    })
}

pub(super) fn relations(tokens: &[Token]) -> Vec<char> {
    let mut depth = 0;
    let outside = tokens.iter().filter(|token| {
        depth += step(token);
        depth == 0
    });
    outside
        .filter_map(|token| if let Relation(sign) = token { Some(*sign) } else { None })
        .collect()
}

/// What stands in braces or in round brackets around all of it. Brackets around a list stay.
pub(super) fn group(tokens: &[Token]) -> Option<&[Token]> {
    let last = tokens.len().checked_sub(1).filter(|last| *last > 1)?;
    let is_group = tokens[0] == Mark('{') && tokens[last] == Mark('}') && closes(tokens, last);
    is_group.then(|| &tokens[1..last])
}

pub(super) fn round(tokens: &[Token]) -> Option<&[Token]> {
    let last = tokens.len().checked_sub(1).filter(|last| *last > 1)?;
    let is_round = tokens[0] == Mark('(') && tokens[last] == Mark(')') && closes(tokens, last);
    let inside = is_round.then(|| &tokens[1..last])?;
    (split(inside, |token| *token == Mark(',')).len() == 1).then_some(inside)
}
