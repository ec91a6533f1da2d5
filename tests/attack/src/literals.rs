//! Damage to texts that leaves their form: values of JSON, TOML and JSON lines become others.

use std::ops::Range;

use crate::draws::Draws;

/// What stands in the place of a number.
const NUMBERS: [&str; 24] = [
    "0",
    "-1",
    "1",
    "2",
    "1.5",
    "-0.0",
    "0.1",
    "255",
    "65536",
    "2147483647",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e999",
    "-1e999",
    "nan",
    "inf",
    "1e-320",
    "1000000",
];
/// What stands in the place of a text.
const TEXTS: [&str; 14] = [
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"../../../../tmp/x\"",
    "\"/dev/zero\"",
    "\"a\\nb\"",
    "\"\\u202e\\u200b\"",
    "\"\\u001b[2J\"",
    "\"=1+1\"",
    "\"nan\"",
    "\"0\"",
    "\"remote:x\"",
    "\"expert\"",
    "\"{{ 1/0 }}\"",
];
/// What stands in the place of either.
const OTHERS: [&str; 8] = ["[]", "{}", "null", "true", "false", "[[1]]", "{\"a\"=1}", "{\"a\":1}"];
/// Brackets within each other, and letters of a long text.
const MANY: usize = 5_000;

/// The text with one or two of its values, lines or names changed.
pub fn text(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(sound).into_owned();
    for _ in 0..=draws.below(2) {
        match draws.below(6) {
            0 => lines(&mut text, draws),
            _ => value(&mut text, draws),
        }
    }
    text.into_bytes()
}

/// Doubles, drops or swaps lines.
fn lines(text: &mut String, draws: &mut Draws) {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        return;
    }
    let (one, other) = (draws.below(lines.len()), draws.below(lines.len()));
    match draws.below(3) {
        0 => lines.insert(one, lines[other]),
        1 => drop(lines.remove(one)),
        _ => lines.swap(one, other),
    }
    *text = lines.concat();
}

fn value(text: &mut String, draws: &mut Draws) {
    let found = values(text);
    if found.is_empty() {
        text.push_str("= [");
        return;
    }
    let range = draws.of(&found).clone();
    let is_text = text[range.clone()].starts_with('"');
    let new = match draws.below(12) {
        0 => "[".repeat(MANY) + &"]".repeat(MANY),
        1 => format!("\"{}\"", "a".repeat(MANY)),
        2 | 3 => (*draws.of(&OTHERS)).to_owned(),
        4 => text[draws.of(&found).clone()].to_owned(),
        _ if is_text => (*draws.of(&TEXTS)).to_owned(),
        _ => (*draws.of(&NUMBERS)).to_owned(),
    };
    text.replace_range(range, &new);
}

/// Where texts in quotes, numbers and truths stand.
fn values(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        let length = value_at(bytes, place);
        if length > 0 {
            found.push(place..place + length);
        }
        place += length.max(1);
    }
    found
}

/// The length of the value that begins there, 0 if none does.
fn value_at(bytes: &[u8], place: usize) -> usize {
    let rest = &bytes[place..];
    let is_within =
        place > 0 && (bytes[place - 1].is_ascii_alphanumeric() || bytes[place - 1] == b'_');
    match rest[0] {
        b'"' => {
            let mut is_escaped = false;
            let end = rest[1..].iter().position(|&byte| {
                let ends = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                ends || byte == b'\n'
            });
            end.map_or(0, |end| if rest[end + 1] == b'"' { end + 2 } else { 0 })
        }
        b'-' | b'0'..=b'9' if !is_within => rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(byte))
            .count(),
        b't' | b'f' if !is_within => ["true", "false"]
            .iter()
            .find(|word| rest.starts_with(word.as_bytes()))
            .map_or(0, |word| word.len()),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_nothing_no_line_is_taken() {
        (0..200).for_each(|seed| drop(text(b"", &mut Draws::new(seed))));
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let text = "a1 = \"b \\\" 2\" # c\nx = [-1.5e3, true]\n{\"k\": \"\"}";

        let found: Vec<&str> = values(text).into_iter().map(|range| &text[range]).collect();

        assert_eq!(found, ["\"b \\\" 2\"", "-1.5e3", "true", "\"k\"", "\"\""]);
    }
}
