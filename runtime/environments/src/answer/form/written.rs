//! What is not calculated with: words, names, digits in a base, units.

use super::slices::relations;
use super::{Form, read};
use crate::answer::latex::Token;

use Token::{Command, Letter, Mark, Number, Relation, Text, Unit};

/// Longest name, in tokens.
const NAME_TOKENS_MAX: usize = 8;

/// Words where there is nothing else: `\text{two lines}`, `(\text{C})`, `Sunday`.
pub(super) fn words(tokens: &[Token]) -> Option<String> {
    let has_text = tokens.iter().any(|token| matches!(token, Text(_)));
    let is_words = |token: &Token| match token {
        Text(_) | Mark('(' | ')' | '{' | '}' | '-') => true,
        Letter(letter) => letter.len() == 1,
        _ => false,
    };
    if !has_text || !tokens.iter().all(is_words) {
        return None;
    }
    let texts = tokens.iter().filter_map(|token| match token {
        Text(text) | Letter(text) => Some(text.as_str()),
        _ => None,
    });
    let text = texts.collect::<Vec<_>>().join(" ");
    Some(plain_words(&text))
}

/// Words as they are compared: in lower case without brackets; a single letter is as it is.
pub(in crate::answer) fn plain_words(text: &str) -> String {
    let text = text.replace(['(', ')', '"', '\'', '.', '{', '}'], " ").replace('-', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() == 1 { text } else { text.to_lowercase() }
}

/// The letters of a form that is written with letters alone, as words.
pub(in crate::answer) fn spelled(tokens: &[Token]) -> Option<String> {
    let letter = |token: &Token| match token {
        Letter(letter) if letter.len() == 1 => Some(letter.clone()),
        Text(text) => Some(text.clone()),
        Mark('(' | ')' | '{' | '}') => Some(String::new()),
        _ => None,
    };
    let letters = tokens.iter().map(letter).collect::<Option<String>>()?;
    Some(plain_words(&letters)).filter(|words| !words.is_empty())
}

/// `x = …`, `f(x) = …` and `x \in …`: the name, what it is, and the sign.
pub(super) fn named_value(tokens: &[Token]) -> Option<(&[Token], &[Token], char)> {
    let found = relations(tokens);
    let [sign @ ('=' | '∈')] = found[..] else { return None };
    let place = tokens.iter().position(|token| matches!(token, Relation(_)))?;
    let (name, value) = (&tokens[..place], &tokens[place + 1..]);
    (is_name(name) && !value.is_empty()).then_some((name, value, sign))
}

/// Whether tokens only name something: `x`, `x_1`, `f(x)`, `\angle A`.
pub(in crate::answer) fn is_name(tokens: &[Token]) -> bool {
    let begins = match tokens {
        [Letter(_), ..] => true,
        [Command(name), Letter(_), ..] => name == "angle",
        _ => false,
    };
    let is_part =
        |token: &Token| matches!(token, Letter(_) | Mark('_' | '{' | '}' | '(' | ')') | Command(_));
    let is_index = |place: usize| tokens[..place].iter().rev().take(2).any(|t| *t == Mark('_'));
    let is_either = |(place, token): (usize, &Token)| {
        is_part(token) || (matches!(token, Number(_)) && is_index(place))
    };
    begins
        && tokens.len() <= NAME_TOKENS_MAX
        && tokens.iter().enumerate().all(is_either)
        && tokens.windows(2).all(|pair| !matches!(pair, [Letter(_), Letter(_)]))
}

/// Digits with an index: `204_5`, `\text{A5}_{11}`.
pub(super) fn based(tokens: &[Token]) -> Option<Form> {
    let place = tokens.iter().position(|token| *token == Mark('_'))?;
    let digits = |tokens: &[Token]| -> Option<String> {
        let digit = |token: &Token| match token {
            Number(text) | Text(text) => Some(text.clone()),
            Letter(letter) if letter.len() == 1 => Some(letter.clone()),
            Mark('{' | '}' | '(' | ')') => Some(String::new()),
            _ => None,
        };
        let digits = tokens.iter().map(digit).collect::<Option<String>>()?;
        let is_plain = digits.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        (is_plain && !digits.is_empty()).then(|| digits.to_uppercase())
    };
    let (number, base) = (digits(&tokens[..place])?, digits(&tokens[place + 1..])?);
    // A letter with an index is a name.
    let is_number = number.contains(|c: char| c.is_ascii_digit());
    let base = if base == "TEN" { "10".to_owned() } else { base };
    is_number.then_some(Form::Base(number, base))
}

/// A value with a unit behind it, or dollars before it.
pub(super) fn measured(tokens: &[Token], depth: u32) -> Option<Form> {
    if let [Unit('$'), value @ ..] = tokens {
        return Some(Form::Measured(Box::new(read(value, depth + 1)), "$".to_owned()));
    }
    let is_unit = |token: &Token| matches!(token, Text(_) | Unit(_));
    let first = tokens.iter().position(is_unit)?;
    let (value, unit) = tokens.split_at(first);
    let text = |token: &Token| match token {
        Text(text) | Number(text) => Some(text.clone()),
        Unit(sign) | Mark(sign @ ('^' | '/' | '-')) => Some(sign.to_string()),
        Mark('{' | '}' | '.') => Some(String::new()),
        _ => None,
    };
    let unit = unit.iter().map(text).collect::<Option<String>>()?;
    let unit = unit.to_lowercase().replace(['.', ' '], "");
    (!value.is_empty()).then(|| Form::Measured(Box::new(read(value, depth + 1)), unit))
}
