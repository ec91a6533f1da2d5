//! Search by words: Okapi BM25 over documents in memory.
//!
//! ```text
//! score(query, document) = Σ over the query's words:
//!     ln(1 + (N − n + 0.5) / (n + 0.5)) · f · (k1 + 1) / (f + k1 · (1 − b + b · length / mean length))
//! ```
//!
//! N documents, n of them with the word, which is f times in this one; lengths in words. A word that the
//! query repeats counts again. What documents are, and what to show of them, is their worlds' business.

use std::collections::HashMap;

/// Greatest number of words of a query that are looked up; further ones are ignored.
pub const QUERY_WORDS_MAX: usize = 256;

/// Greatest number of characters of a word; the others are cut off.
pub const WORD_CHARACTERS_MAX: usize = 64;

/// How much repetition and length count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bm25Weights {
    /// Saturation of repeated words, at least 0.0; at 0.0 a word counts once.
    pub k1: f64,
    /// Penalty of long documents, from 0.0 (none) to 1.0 (full).
    pub b: f64,
}

impl Bm25Weights {
    /// Those of Anserini and Pyserini, whose indices most benchmarks were built with.
    pub const ANSERINI: Self = Self { k1: 0.9, b: 0.4 };
    /// Those of Lucene and of most textbooks.
    pub const LUCENE: Self = Self { k1: 1.2, b: 0.75 };
}

/// Documents that can be searched, numbered in the order in which they were given.
#[derive(Clone, Debug)]
pub struct Bm25 {
    weights: Bm25Weights,
    /// Documents with a word, in order, and how often each has it.
    postings: HashMap<String, Vec<Posting>>,
    /// Number of words by document.
    lengths: Vec<u32>,
    /// At least 1.0, so that nothing divides by zero.
    mean_length: f64,
}

#[derive(Clone, Copy, Debug)]
struct Posting {
    document: u32,
    count: u32,
}

/// A document that has a word of the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The number of the document, from 0.
    pub document: usize,
    /// Above 0.0, higher is better; comparable within one query only.
    pub score: f64,
}

impl Bm25 {
    /// Indexes documents, at most 2^32; further ones are ignored.
    pub fn new<Text: AsRef<str>>(
        documents: impl IntoIterator<Item = Text>,
        weights: Bm25Weights,
    ) -> Self {
        let mut postings: HashMap<String, Vec<Posting>> = HashMap::new();
        let mut lengths = Vec::new();
        for (document, text) in (0..=u32::MAX).zip(documents) {
            let mut length = 0_u32;
            for word in words(text.as_ref()) {
                length = length.saturating_add(1);
                let of_word = postings.entry(word).or_default();
                match of_word.last_mut().filter(|last| last.document == document) {
                    Some(last) => last.count = last.count.saturating_add(1),
                    None => of_word.push(Posting { document, count: 1 }),
                }
            }
            lengths.push(length);
        }
        let total: f64 = lengths.iter().map(|&length| f64::from(length)).sum();
        let mean_length = (total / lengths.len().max(1) as f64).max(1.0);
        Self { weights, postings, lengths, mean_length }
    }

    /// Number of documents.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// At most `hits_max` documents that have a word of the query, the best first, equal ones in their
    /// order.
    pub fn search(&self, query: &str, hits_max: usize) -> Vec<Hit> {
        let mut scores: HashMap<u32, f64> = HashMap::new();
        for word in words(query).take(QUERY_WORDS_MAX) {
            let Some(postings) = self.postings.get(&word) else { continue };
            let rarity = self.rarity(postings.len());
            for posting in postings {
                *scores.entry(posting.document).or_default() += rarity * self.presence(*posting);
            }
        }
        let hit = |(document, score)| Hit { document: document as usize, score };
        let mut hits: Vec<Hit> = scores.into_iter().map(hit).collect();
        hits.sort_unstable_by(|one, other| {
            other.score.total_cmp(&one.score).then(one.document.cmp(&other.document))
        });
        hits.truncate(hits_max);
        hits
    }

    /// The weight of a word that so many documents have, above 0.0.
    fn rarity(&self, documents_with_word: usize) -> f64 {
        let (all, with) = (self.lengths.len() as f64, documents_with_word as f64);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// How much a word is in a document, from 0.0 to `k1 + 1`.
    fn presence(&self, posting: Posting) -> f64 {
        let Bm25Weights { k1, b } = self.weights;
        let length = f64::from(self.lengths[posting.document as usize]);
        let count = f64::from(posting.count);
        count * (k1 + 1.0) / (count + k1 * (1.0 - b + b * length / self.mean_length))
    }
}

/// The words of a text: runs of letters and digits, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let runs = text.split(|character: char| !character.is_alphanumeric());
    let lower = |run: &str| {
        run.chars().flat_map(char::to_lowercase).take(WORD_CHARACTERS_MAX).collect::<String>()
    };
    runs.filter(|run| !run.is_empty()).map(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTS: [&str; 4] =
        ["A red shoe", "A blue shoe, size 4", "red RED red", "An apple — “grün”"];

    fn found(query: &str, hits_max: usize) -> Vec<usize> {
        let index = Bm25::new(DOCUMENTS, Bm25Weights::ANSERINI);
        index.search(query, hits_max).iter().map(|hit| hit.document).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        let found: Vec<String> = words("Size-4, GRÜN\t“x”").collect();
        assert_eq!(found, ["size", "4", "grün", "x"]);
        let long = "ab".repeat(500);
        assert_eq!(words(&long).next().unwrap().chars().count(), WORD_CHARACTERS_MAX);
    }

    #[test]
    fn more_words_in_common_are_better_and_rare_ones_count_more() {
        assert_eq!(found("red shoe", 9), [0, 2, 1]);
        assert_eq!(found("apple shoe", 9), [3, 0, 1]);
        assert_eq!(found("Grün!", 9), [3]);
    }

    #[test]
    fn equal_documents_keep_their_order() {
        let index = Bm25::new(["x y", "y x", "x y"], Bm25Weights::LUCENE);
        let order: Vec<usize> = index.search("x", 9).iter().map(|hit| hit.document).collect();
        assert_eq!(order, [0, 1, 2]);
    }

    #[test]
    fn hits_are_bounded_and_nothing_finds_nothing() {
        assert_eq!(found("red shoe", 1), [0]);
        assert_eq!(found("red shoe", 0), [0; 0]);
        assert_eq!(found("", 9), [0; 0]);
        assert_eq!(found("pear", 9), [0; 0]);
        let nothing = Bm25::new([""; 0], Bm25Weights::LUCENE);
        assert!(nothing.is_empty() && nothing.search("red", 9).is_empty());
        let empty = Bm25::new(["", ""], Bm25Weights::LUCENE);
        assert_eq!((empty.len(), empty.search("red", 9).len()), (2, 0));
    }

    #[test]
    fn the_score_is_that_of_the_formula() {
        let index = Bm25::new(["a b", "a a c d"], Bm25Weights { k1: 1.0, b: 0.5 });
        // "c" is in one of two documents, once, in 4 words of 3 on average.
        let expected = 2.0_f64.ln() * 2.0 / (1.0 + 0.5 + 0.5 * 4.0 / 3.0);
        let hits = index.search("c", 9);
        assert_eq!(hits[0].document, 1);
        assert!((hits[0].score - expected).abs() < 1e-12);
    }

    #[test]
    fn a_long_query_is_cut_at_its_words() {
        let query = format!("{} red", "nothing ".repeat(QUERY_WORDS_MAX));
        assert_eq!(found(&query, 9), [0; 0]);
    }
}
