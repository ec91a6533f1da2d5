//! How alike two short texts are, as `thefuzz` 0.19 without its C extension measures it: WebShop's scores
//! are made of these numbers.
//!
//! ```text
//! text ─► words in lower case ─► common words, and each text's others ─► greatest ratio of three pairs
//! ratio of two texts = 2 · characters in matching blocks / characters of both      (Ratcliff, Obershelp)
//! ```

use std::collections::BTreeSet;

/// Greatest number of characters of a text that are compared; the others are ignored. Below 200 the
/// reference has no shortcuts.
const CHARACTERS_MAX: usize = 199;

/// The likeness of two texts as sets of words, from 0 to 100: 100 where all words of one are in the other.
pub(super) fn token_set_ratio(one: &str, other: &str) -> u8 {
    let (one, other) = (processed(one), processed(other));
    let (one, other): (BTreeSet<&str>, BTreeSet<&str>) =
        (one.split_whitespace().collect(), other.split_whitespace().collect());
    if one.is_empty() || other.is_empty() {
        return 0;
    }
    let common = joined(one.intersection(&other));
    let [with_one, with_other] = [one.difference(&other), other.difference(&one)]
        .map(|rest| format!("{common} {}", joined(rest)).trim().to_owned());
    let pairs = [(&common, &with_one), (&common, &with_other), (&with_one, &with_other)];
    pairs.map(|(one, other)| ratio(one, other)).into_iter().max().unwrap_or(0)
}

/// A text in lower case without characters of Latin-1 beyond ASCII, and with blanks for whatever is in no
/// word.
fn processed(text: &str) -> String {
    let kept = text.chars().filter(|&character| !('\u{80}'..='\u{ff}').contains(&character));
    let in_word = |character: char| character.is_alphanumeric() || character == '_';
    let blanked = kept.take(CHARACTERS_MAX).map(|c| if in_word(c) { c } else { ' ' });
    blanked.flat_map(char::to_lowercase).collect()
}

fn joined<'a>(words: impl Iterator<Item = &'a &'a str>) -> String {
    words.copied().collect::<Vec<&str>>().join(" ")
}

/// The likeness of two texts, from 0 to 100; 0 where one is empty.
fn ratio(one: &str, other: &str) -> u8 {
    if one.is_empty() || other.is_empty() {
        return 0;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let share = 2.0 * matching(&one, &other) as f64 / (one.len() + other.len()) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 0 to 100")]
    let percent = (100.0 * share).round() as u8;
    percent
}

/// Number of characters in matching blocks: the longest common run, and likewise left and right of it.
fn matching(one: &[char], other: &[char]) -> usize {
    let mut open = vec![(one, other)];
    let mut matched = 0;
    while let Some((one, other)) = open.pop() {
        let (in_one, in_other, length) = longest_common_run(one, other);
        if length == 0 {
            continue;
        }
        matched += length;
        open.push((&one[..in_one], &other[..in_other]));
        open.push((&one[in_one + length..], &other[in_other + length..]));
    }
    matched
}

/// Where the longest common run begins in each text, and its length; of equally long ones the first in
/// `one`, and of those the first in `other`.
fn longest_common_run(one: &[char], other: &[char]) -> (usize, usize, usize) {
    let mut best = (0, 0, 0);
    // Lengths of the runs that end at the previous character of `one`, by their end in `other`.
    let mut ending = vec![0; other.len() + 1];
    for (place, character) in one.iter().enumerate() {
        let mut next = vec![0; other.len() + 1];
        for (other_place, other_character) in other.iter().enumerate() {
            if character == other_character {
                let length: usize = ending[other_place] + 1;
                next[other_place + 1] = length;
                if length > best.2 {
                    best = (place + 1 - length, other_place + 1 - length, length);
                }
            }
        }
        ending = next;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, expected: u8) {
        assert_eq!(token_set_ratio(one, other), expected, "{one:?} {other:?}");
    }

    #[test]
    fn a_text_whose_words_the_other_has_is_alike() {
        check("red", "Dark Red!", 100);
        check("pack of 12", "12 (pack of)", 100);
        check("x y", "y x", 100);
    }

    #[test]
    fn nothing_is_like_nothing() {
        check("", "red", 0);
        check("", "", 0);
        check("—", "red", 0);
    }

    #[test]
    fn what_differs_counts_by_characters() {
        // No common word: blocks "essential oil" of 13 and 14 characters, word by word:
        // "essential" is common, "oil" and "oils" are left: 2 · 13 / 27.
        check("essential oil", "essential oils", 96);
        // "large" is common: "large" beside "large x" has 2 · 5 / 12.
        check("x-large", "size: 3x-large", 83);
        // No common word: "blac" of "black" and "blacy", 2 · 4 / 10.
        check("black", "blacy", 80);
        check("abc", "xyz", 0);
    }

    #[test]
    fn of_blocks_the_longest_is_taken_first() {
        // "bcd" first; then "a" is left of it in one text only.
        assert_eq!(ratio("abcd", "bcda"), 75);
        assert_eq!(ratio("private", "pirate"), 77);
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "ab ".repeat(10_000);
        check(&long, &long, 100);
    }
}
