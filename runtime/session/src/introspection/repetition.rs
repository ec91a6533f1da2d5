//! Which texts are degenerate repetition: nothing is learned from them, and no turn goes on from
//! them.
//!
//! The first two limits are RISE's. A small model rarely writes so much; it repeats its lines.

use std::collections::HashMap;

/// How often a word may stand in a text.
const WORD_MAX: usize = 150;
/// Characters of the longest word.
const WORD_CHARACTERS_MAX: usize = 300;
/// How often a line may stand in a text.
const LINE_MAX: usize = 8;

/// Whether a word stands in the text more than 150 times or has more than 300 characters, or a line
/// stands there more than 8 times; empty lines do not count.
pub(super) fn is_degenerate(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    most(text.split_whitespace()) > WORD_MAX
        || text.split_whitespace().any(|word| word.chars().count() > WORD_CHARACTERS_MAX)
        || most(lines) > LINE_MAX
}

/// How often the most frequent one is among them.
fn most<'a>(parts: impl Iterator<Item = &'a str>) -> usize {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for part in parts {
        *counts.entry(part).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_degenerate_beyond_each_limit_only() {
        let check = |text: String, expected| {
            assert_eq!(is_degenerate(&text), expected, "{} characters", text.len());
        };

        check("a ".repeat(WORD_MAX), false);
        check("a ".repeat(WORD_MAX + 1), true);
        check("a".repeat(WORD_CHARACTERS_MAX), false);
        check("a".repeat(WORD_CHARACTERS_MAX + 1), true);
        check("2 + 2 = 4\n\n".repeat(LINE_MAX), false);
        check("2 + 2 = 4\n\n".repeat(LINE_MAX + 1), true);
        check(String::new(), false);
    }
}
