//! What an answer is made of: lists, tuples and intervals, unions, matrices, relations, numbers in
//! other bases, words, and in them expressions.

use super::expression::{Expression, parse};
use super::latex::Token;

use Token::{Begin, Command, End, Letter, Mark, Number, Relation, Row, Text, Unit};

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

/// The slices between the tokens that separate, outside of all brackets.
fn split(tokens: &[Token], separates: impl Fn(&Token) -> bool) -> Vec<&[Token]> {
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
fn step(token: &Token) -> i32 {
    match token {
        Mark('(' | '[' | '{') | Begin(_) => 1,
        Mark(')' | ']' | '}') | End(_) => -1,
        Command(name) if name == "lbrace" => 1,
        Command(name) if name == "rbrace" => -1,
        _ => 0,
    }
}

/// Whether the bracket at the beginning is closed at `last` and not before.
fn closes(tokens: &[Token], last: usize) -> bool {
    let mut depth = 0;
    tokens[..last].iter().all(|token| {
        depth += step(token);
        depth > 0
    })
}

fn relations(tokens: &[Token]) -> Vec<char> {
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
fn group(tokens: &[Token]) -> Option<&[Token]> {
    let last = tokens.len().checked_sub(1).filter(|last| *last > 1)?;
    let is_group = tokens[0] == Mark('{') && tokens[last] == Mark('}') && closes(tokens, last);
    is_group.then(|| &tokens[1..last])
}

fn round(tokens: &[Token]) -> Option<&[Token]> {
    let last = tokens.len().checked_sub(1).filter(|last| *last > 1)?;
    let is_round = tokens[0] == Mark('(') && tokens[last] == Mark(')') && closes(tokens, last);
    let inside = is_round.then(|| &tokens[1..last])?;
    (split(inside, |token| *token == Mark(',')).len() == 1).then_some(inside)
}

/// Words where there is nothing else: `\text{two lines}`, `(\text{C})`, `Sunday`.
fn words(tokens: &[Token]) -> Option<String> {
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
pub(super) fn plain_words(text: &str) -> String {
    let text = text.replace(['(', ')', '"', '\'', '.', '{', '}'], " ").replace('-', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() == 1 { text } else { text.to_lowercase() }
}

/// The letters of a form that is written with letters alone, as words.
pub(super) fn spelled(tokens: &[Token]) -> Option<String> {
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
fn named_value(tokens: &[Token]) -> Option<(&[Token], &[Token], char)> {
    let found = relations(tokens);
    let [sign @ ('=' | '∈')] = found[..] else { return None };
    let place = tokens.iter().position(|token| matches!(token, Relation(_)))?;
    let (name, value) = (&tokens[..place], &tokens[place + 1..]);
    (is_name(name) && !value.is_empty()).then_some((name, value, sign))
}

/// Whether tokens only name something: `x`, `x_1`, `f(x)`, `\angle A`.
pub(super) fn is_name(tokens: &[Token]) -> bool {
    let begins = match tokens {
        [Letter(_), ..] => true,
        [Command(name), Letter(_), ..] => name == "angle",
        _ => false,
    };
    let is_part =
        |token: &Token| matches!(token, Letter(_) | Mark('_' | '{' | '}' | '(' | ')') | Command(_));
    let is_index = |place: usize| tokens[..place].iter().rev().take(2).any(|t| *t == Mark('_'));
    let plain = tokens.iter().enumerate();
    begins
        && tokens.len() <= 8
        && plain
            .clone()
            .all(|(place, token)| is_part(token) || matches!(token, Number(_)) && is_index(place))
        && tokens.windows(2).all(|pair| !matches!(pair, [Letter(_), Letter(_)]))
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

/// Digits with an index: `204_5`, `\text{A5}_{11}`.
fn based(tokens: &[Token]) -> Option<Form> {
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
fn measured(tokens: &[Token], depth: u32) -> Option<Form> {
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
