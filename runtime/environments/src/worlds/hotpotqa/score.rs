//! Exact match and F1 of an answer, as HotPotQA's official script computes them.
//!
//! Answers are compared as words: in lower case, without ASCII punctuation, without the articles
//! a, an and the. Python's ideas of a word and of white space are kept, since the script is Python.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// Answers that share words with others only by accident, so that F1 is all or nothing.
const WHOLE_ANSWERS: [&str; 3] = ["yes", "no", "noanswer"];
const ARTICLES: [&str; 3] = ["a", "an", "the"];

/// How well an answer fits the expected one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerScore {
    /// Whether both are the same words in the same order.
    pub is_exact: bool,
    /// The harmonic mean of precision and recall of the words, 0.0 to 1.0. It is 0.0 where no word
    /// is left of either, exact or not.
    pub f1: f64,
}

/// Scores an answer against the expected one.
pub fn score(answer: &str, expected: &str) -> AnswerScore {
    let (answer, expected) = (normalized(answer), normalized(expected));
    let is_exact = answer == expected;
    let is_whole = |text: &String| WHOLE_ANSWERS.contains(&text.as_str());
    if !is_exact && (is_whole(&answer) || is_whole(&expected)) {
        return AnswerScore { is_exact, f1: 0.0 };
    }
    let (said, wanted) = (counted(&answer), counted(&expected));
    let same: usize =
        said.iter().map(|(word, count)| *count.min(wanted.get(word).unwrap_or(&0))).sum();
    if same == 0 {
        return AnswerScore { is_exact, f1: 0.0 };
    }
    let precision = same as f64 / said.values().sum::<usize>() as f64;
    let recall = same as f64 / wanted.values().sum::<usize>() as f64;
    AnswerScore { is_exact, f1: (2.0 * precision * recall) / (precision + recall) }
}

/// The words of an answer that count, with a space between them.
pub fn normalized(answer: &str) -> String {
    let lower = answer.to_lowercase();
    let bare: String = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let without = without_articles(&bare);
    let words: Vec<&str> = without.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A space in place of each article. Letters and digits of any script make words, as in Python,
/// and marks do not.
fn without_articles(text: &str) -> String {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\p{L}\p{N}]+").expect("the pattern is right"));
    let replaced = WORD.replace_all(text, |found: &regex::Captures<'_>| {
        let word = &found[0];
        if ARTICLES.contains(&word) { " ".to_owned() } else { word.to_owned() }
    });
    replaced.into_owned()
}

/// White space to Python's `split`: Unicode's, and the separators of files, groups and records.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn counted(words: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: &str, is_exact: bool, f1: f64) {
        let found = score(answer, expected);
        assert_eq!(found.is_exact, is_exact, "{answer:?} {expected:?}");
        assert!((found.f1 - f1).abs() < 1e-12, "{answer:?} {expected:?}: {}", found.f1);
    }

    #[test]
    fn case_punctuation_articles_and_blanks_do_not_count() {
        check("The  Dark-Tower!", "darktower", true, 1.0);
        check("a\tTwist", "the Twist", true, 1.0);
        check("Theatre", "atre", false, 0.0);
    }

    #[test]
    fn f1_weighs_shared_words_each_as_often_as_both_have_it() {
        check("Jonny Craig", "Craig Jonny", false, 1.0);
        check("New York New York", "New York and New Jersey campaign", false, 0.6);
        check("San Francisco", "San Francisco, California", false, 0.8);
    }

    #[test]
    fn yes_and_no_are_right_or_wrong() {
        check("Yes.", "yes", true, 1.0);
        check("yes they were", "yes", false, 0.0);
        check("no answer", "no", false, 0.0);
    }

    #[test]
    fn two_answers_without_words_are_the_same_and_share_none() {
        check("the", "", true, 0.0);
        check("", "Bath", false, 0.0);
    }
}
