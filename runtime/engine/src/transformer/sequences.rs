//! A transformer as a sequence cache: each lease has its own sequence.

use std::collections::BTreeMap;

use runtime_core::model::ModelError;

use super::Transformer;
use super::stored::{Sequence, StoredSequences};
use crate::queue::{Extension, Lease, Need, SequenceCache};

/// A transformer under one adapter, with its computed sequences.
pub(crate) struct Sequences<T: Transformer> {
    transformer: T,
    /// Leased sequences by the number of their lease, the newest last.
    leased: BTreeMap<usize, Sequence<T>>,
    leases: usize,
    stored: StoredSequences<T>,
    /// The rows of logits of the last batch.
    logits: Vec<f32>,
}

impl<T: Transformer> Sequences<T> {
    /// A transformer that stores at most `stored_max` ended sequences.
    pub(crate) fn new(transformer: T, stored_max: usize) -> Self {
        let (leased, logits) = (BTreeMap::new(), Vec::new());
        Self { transformer, leased, leases: 0, stored: StoredSequences::new(stored_max), logits }
    }

    /// The hidden state of the last of some tokens, `[width]`.
    pub(crate) fn state(&self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        self.transformer.state(ids)
    }

    /// The leased sequence with the most reusable tokens, the newest of equals, and their
    /// number.
    fn longest_leased(&self, need: Need<'_>) -> Option<(usize, &Sequence<T>)> {
        let leased = self.leased.values();
        let reusable = leased.map(|sequence| (need.reusable(&sequence.tokens), sequence));
        reusable.max_by_key(|&(reusable, _)| reusable)
    }
}

impl<T: Transformer> SequenceCache for Sequences<T> {
    fn reusable(&mut self, need: Need<'_>) -> usize {
        let leased = self.longest_leased(need).map_or(0, |(reusable, _)| reusable);
        leased.max(self.stored.reusable(need))
    }

    fn lease(&mut self, need: Need<'_>) -> Option<Lease> {
        let remembered = self.stored.reusable(need);
        let leased = self.longest_leased(need).filter(|&(reusable, _)| reusable > remembered);
        let leased = leased.map(|(reusable, sequence)| sequence.beginning(reusable));
        let sequence = leased.unwrap_or_else(|| self.stored.recall(need));
        self.leases += 1;
        let lease = Lease { slot: self.leases, cached: sequence.tokens.len() };
        self.leased.insert(lease.slot, sequence);
        Some(lease)
    }

    fn compute(&mut self, parts: &[Extension<'_>]) -> Result<Vec<&[f32]>, String> {
        let taken = parts.iter().map(|part| self.leased.remove(&part.slot).unwrap_or_default());
        let (tokens, mut caches): (Vec<_>, Vec<_>) =
            taken.map(|Sequence { tokens, cache }| (tokens, cache)).unzip();
        let logits = self.transformer.extend(parts, &mut caches);
        for ((part, mut tokens), cache) in parts.iter().zip(tokens).zip(caches) {
            tokens.extend_from_slice(part.tokens);
            self.leased.insert(part.slot, Sequence { tokens, cache });
        }
        self.logits = logits?;
        Ok(self.logits.chunks_exact(self.transformer.vocabulary()).collect())
    }

    fn release(&mut self, slot: usize, kept: usize) {
        if let Some(Sequence { mut tokens, mut cache }) = self.leased.remove(&slot) {
            tokens.truncate(kept);
            T::truncate(&mut cache, kept);
            self.stored.keep(Sequence { tokens, cache });
        }
    }

    fn score(&mut self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        self.stored.forget();
        self.transformer.score(ids)
    }
}
