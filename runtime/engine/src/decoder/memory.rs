//! Caches of requests that have ended, for those that begin alike.

use models_decoder::cache::Cache;

/// Tokens and the cache of what was computed of them.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// As many tokens as the cache holds.
    pub(crate) tokens: Vec<u32>,
    /// Their keys and values.
    pub(crate) cache: Cache,
}

/// The newest caches, the one used last at the end.
#[derive(Debug)]
pub(crate) struct Memory {
    entries: Vec<Remembered>,
    most: usize,
}

impl Memory {
    /// A memory of at most that many caches.
    pub(crate) fn new(most: usize) -> Self {
        Self { entries: Vec::new(), most }
    }

    /// A copy of the remembered cache that shares most with `tokens`, cut to whole
    /// blocks of what they share and to at most `reuse_max` tokens; an empty one
    /// where nothing is shared. A cache that is used up to its end is handed over,
    /// so that it grows in its place.
    pub(crate) fn recall(&mut self, tokens: &[u32], reuse_max: usize, block: usize) -> Cache {
        let reusable = |entry: &Remembered| {
            let common = common_prefix(&entry.tokens, tokens).min(reuse_max);
            common - common % block
        };
        let best = self.entries.iter().map(reusable).enumerate().max_by_key(|&(_, common)| common);
        let Some((index, common)) = best.filter(|&(_, common)| common > 0) else {
            return Cache::default();
        };
        let entry = self.entries.remove(index);
        if common == entry.tokens.len() {
            return entry.cache;
        }
        let mut copy = entry.cache.clone();
        copy.truncate(common);
        self.entries.push(entry);
        copy
    }

    /// How many tokens of a prompt are remembered at most.
    pub(crate) fn common(&self, tokens: &[u32]) -> usize {
        let common = self.entries.iter().map(|entry| common_prefix(&entry.tokens, tokens));
        common.max().unwrap_or(0)
    }

    /// Keeps a cache, and forgets the oldest one where there are too many.
    pub(crate) fn keep(&mut self, entry: Remembered) {
        if entry.tokens.is_empty() {
            return;
        }
        self.entries.push(entry);
        if self.entries.len() > self.most {
            self.entries.remove(0);
        }
    }

    /// Forgets everything.
    pub(crate) fn forget(&mut self) {
        self.entries.clear();
    }
}

/// How many tokens two sequences begin with in common.
pub(crate) fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}
