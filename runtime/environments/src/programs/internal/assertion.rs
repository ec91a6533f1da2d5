//! One proposed assertion: a call of the function on the left, a value on the right.

use crate::programs::problem::{Language, Problem};

/// Longest assertion that is a test, in bytes.
const BYTES_MAX: usize = 1000;

/// What a line that begins as an assertion is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A test, with white space at its ends, messages and comments taken off.
    Test(String),
    /// It says nothing of the function.
    Tautology,
    /// It has another form.
    Malformed,
}

/// Whether a line begins as an assertion.
pub(super) fn begins(line: &str) -> bool {
    line.trim_start().starts_with("assert")
}

/// The assertion in a line that begins as one.
pub(super) fn assertion(problem: &Problem, line: &str) -> Found {
    let Some(function) = problem.functions.first() else { return Found::Malformed };
    let line = line.trim();
    // What stands behind it would be run with it.
    if line.len() > BYTES_MAX || line.contains(['\n', '\r']) {
        return Found::Malformed;
    }
    let language = problem.language;
    if calls(line, function) == 0 {
        return Found::Tautology;
    }
    let sides = match language {
        Language::Python => python(line),
        Language::Rust => rust(line),
    };
    let Some((left, right)) = sides.filter(|(left, right)| !left.is_empty() && !right.is_empty())
    else {
        return Found::Malformed;
    };
    if left == right {
        return Found::Tautology;
    }
    if !is_call(left, function, language) || calls(right, function) > 0 {
        return Found::Malformed;
    }
    Found::Test(match language {
        Language::Python => format!("assert {left} == {right}"),
        Language::Rust => format!("assert_eq!({left}, {right});"),
    })
}

/// The sides of `assert LEFT == RIGHT`, what follows a comma or a semicolon left out.
fn python(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("assert")?;
    let rest = rest.starts_with([' ', '\t']).then_some(rest)?;
    let marks = top_level(rest, Language::Python)?;
    let end = marks.iter().find(|(_, sign)| matches!(sign, ',' | ';' | '#'));
    let end = end.map_or(rest.len(), |(at, _)| *at);
    let equals: Vec<usize> =
        marks.iter().filter(|(at, sign)| *sign == '=' && *at < end).map(|(at, _)| *at).collect();
    let [first, second] = equals[..] else { return None };
    (second == first + 1).then(|| (rest[..first].trim(), rest[second + 1..end].trim()))
}

/// The sides of `assert_eq!(LEFT, RIGHT);`, a message left out.
fn rust(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("assert_eq!")?.trim_start();
    let marks = top_level(rest, Language::Rust)?;
    let end =
        marks.iter().find(|(_, sign)| matches!(sign, ';' | '#')).map_or(rest.len(), |(at, _)| *at);
    let inner = rest[..end].trim().strip_prefix('(')?.strip_suffix(')')?;
    let marks = top_level(inner, Language::Rust)?;
    let mut commas = marks.iter().filter(|(_, sign)| *sign == ',').map(|(at, _)| *at);
    let first = commas.next()?;
    let second = commas.next().unwrap_or(inner.len());
    Some((inner[..first].trim(), inner[first + 1..second].trim()))
}

/// Whether a text is one call of the function: its name, and brackets up to the end.
fn is_call(text: &str, function: &str, language: Language) -> bool {
    let arguments = text.strip_prefix(function).map(str::trim_start);
    let inner = arguments.and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
    // `f(1) + g(2)` closes more than it opens between the first bracket and the last.
    inner.is_some_and(|inner| top_level(inner, language).is_some())
}

/// How often a text calls the function.
fn calls(text: &str, function: &str) -> usize {
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let called = text.match_indices(function).filter(|(at, _)| {
        let follows = text[at + function.len()..].trim_start();
        !text[..*at].ends_with(|sign| is_name(sign) || sign == '.') && follows.starts_with('(')
    });
    called.count()
}

/// The signs that stand in no brackets and no quotes, with their places; `None` where brackets or
/// quotes are not closed. In Rust what stands behind `//` is one sign `#`.
fn top_level(text: &str, language: Language) -> Option<Vec<(usize, char)>> {
    let mut open = Vec::new();
    let mut marks = Vec::new();
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' | '\''
                if sign == '"' || language == Language::Python || is_character(&text[at..]) =>
            {
                loop {
                    match signs.next()? {
                        (_, '\\') => _ = signs.next()?,
                        (_, end) if end == sign => break,
                        _ => {}
                    }
                }
            }
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' => (open.pop()? == sign).then_some(())?,
            '/' if language == Language::Rust && text[at..].starts_with("//") => {
                marks.push((at, '#'));
                break;
            }
            '#' if language == Language::Python && open.is_empty() => {
                marks.push((at, '#'));
                break;
            }
            // Other comparisons have a sign that is none of `==`.
            '!' | '<' | '>' if text[at + 1..].starts_with('=') => marks.push((at, '!')),
            sign if open.is_empty() => marks.push((at, sign)),
            _ => {}
        }
    }
    open.is_empty().then_some(marks)
}

/// Whether a text that begins with `'` begins with a character of Rust, and not with a lifetime.
fn is_character(text: &str) -> bool {
    let mut signs = text.chars().skip(1);
    match signs.next() {
        Some('\\') => true,
        Some(_) => signs.next() == Some('\''),
        None => false,
    }
}
