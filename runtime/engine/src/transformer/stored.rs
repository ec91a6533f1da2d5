//! Stored sequences of ended requests, for requests with a common prefix.

use super::Transformer;
use crate::queue::Need;

/// A sequence of tokens with its KV cache.
pub(crate) struct Sequence<T: Transformer> {
    /// The tokens in the cache.
    pub(crate) tokens: Vec<u32>,
    /// Their keys and values.
    pub(crate) cache: T::Cache,
}

impl<T: Transformer> Default for Sequence<T> {
    fn default() -> Self {
        Self { tokens: Vec::new(), cache: T::Cache::default() }
    }
}

impl<T: Transformer> Sequence<T> {
    /// A copy of the first `tokens` tokens.
    pub(crate) fn beginning(&self, tokens: usize) -> Self {
        let mut cache = self.cache.clone();
        T::truncate(&mut cache, tokens);
        Self { tokens: self.tokens[..tokens].to_vec(), cache }
    }
}

/// Stored sequences, the most recently used one last.
pub(crate) struct StoredSequences<T: Transformer> {
    sequences: Vec<Sequence<T>>,
    most: usize,
}

impl<T: Transformer> StoredSequences<T> {
    /// An empty store for at most `most` sequences.
    pub(crate) fn new(most: usize) -> Self {
        Self { sequences: Vec::new(), most }
    }

    /// Number of leading tokens of `need` that a stored sequence has.
    pub(crate) fn reusable(&self, need: Need<'_>) -> usize {
        self.longest(need).map_or(0, |(_, reusable)| reusable)
    }

    /// The longest stored prefix of `need`, empty if there is none. A sequence that is a
    /// prefix as a whole is taken out of the store instead of copied.
    pub(crate) fn recall(&mut self, need: Need<'_>) -> Sequence<T> {
        let Some((index, reusable)) = self.longest(need) else { return Sequence::default() };
        let sequence = self.sequences.remove(index);
        if reusable == sequence.tokens.len() {
            return sequence;
        }
        let beginning = sequence.beginning(reusable);
        self.sequences.push(sequence);
        beginning
    }

    /// Stores a sequence, and drops the least recently used one of a full store.
    pub(crate) fn keep(&mut self, sequence: Sequence<T>) {
        if sequence.tokens.is_empty() {
            return;
        }
        self.sequences.push(sequence);
        if self.sequences.len() > self.most {
            self.sequences.remove(0);
        }
    }

    /// Drops all sequences.
    pub(crate) fn forget(&mut self) {
        self.sequences.clear();
    }

    /// The index of the sequence with the most reusable tokens, the newest of equals, and their number.
    fn longest(&self, need: Need<'_>) -> Option<(usize, usize)> {
        let reusable = self.sequences.iter().map(|sequence| need.reusable(&sequence.tokens));
        let longest = reusable.enumerate().max_by_key(|&(_, reusable)| reusable);
        longest.filter(|&(_, reusable)| reusable > 0)
    }
}
