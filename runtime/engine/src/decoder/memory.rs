//! Sequences of requests that have ended, for those that begin alike.

use models_decoder::cache::Cache;

use crate::queue::Need;

/// Tokens, and the cache of what was computed of them.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    /// As many tokens as the cache holds.
    pub(crate) tokens: Vec<u32>,
    /// Their keys and values.
    pub(crate) cache: Cache,
}

impl Sequence {
    /// A copy of its first tokens.
    pub(crate) fn beginning(&self, tokens: usize) -> Self {
        let mut cache = self.cache.clone();
        cache.truncate(tokens);
        Self { tokens: self.tokens[..tokens].to_vec(), cache }
    }
}

/// The newest sequences, the one used last at the end.
#[derive(Debug)]
pub(crate) struct Memory {
    sequences: Vec<Sequence>,
    most: usize,
}

impl Memory {
    /// A memory of at most that many sequences.
    pub(crate) fn new(most: usize) -> Self {
        Self { sequences: Vec::new(), most }
    }

    /// How many tokens of what is needed are remembered at most.
    pub(crate) fn reusable(&self, need: Need<'_>) -> usize {
        self.longest(need).map_or(0, |(_, reusable)| reusable)
    }

    /// The beginning that is remembered of what is needed, empty where nothing is. A
    /// sequence that is used up to its end is handed over, so that it grows in its place.
    pub(crate) fn recall(&mut self, need: Need<'_>) -> Sequence {
        let Some((index, reusable)) = self.longest(need) else { return Sequence::default() };
        let sequence = self.sequences.remove(index);
        if reusable == sequence.tokens.len() {
            return sequence;
        }
        let beginning = sequence.beginning(reusable);
        self.sequences.push(sequence);
        beginning
    }

    /// Keeps a sequence, and forgets the oldest one where there are too many.
    pub(crate) fn keep(&mut self, sequence: Sequence) {
        if sequence.tokens.is_empty() {
            return;
        }
        self.sequences.push(sequence);
        if self.sequences.len() > self.most {
            self.sequences.remove(0);
        }
    }

    /// Forgets everything.
    pub(crate) fn forget(&mut self) {
        self.sequences.clear();
    }

    /// The sequence with the most reusable tokens, the newest of equals, and how many.
    fn longest(&self, need: Need<'_>) -> Option<(usize, usize)> {
        let reusable = self.sequences.iter().map(|sequence| need.reusable(&sequence.tokens));
        let longest = reusable.enumerate().max_by_key(|&(_, reusable)| reusable);
        longest.filter(|&(_, reusable)| reusable > 0)
    }
}
