//! The decoder under one adapter as a sequence cache: each lease has its own sequence.

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor, TensorData};
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::score::numbers;
use runtime_core::error::with_sources;
use runtime_core::model::ModelError;

use super::stored::{Sequence, StoredSequences};
use super::weights::DecoderWeights;
use crate::queue::{Extension, Lease, Need, SequenceCache};

/// The decoder under one adapter, with its computed sequences.
pub(crate) struct DecoderSequences<'weights> {
    weights: &'weights DecoderWeights,
    adapter: Adapter,
    /// Leased sequences by the number of their lease, the newest last.
    leased: BTreeMap<usize, Sequence>,
    leases: usize,
    memory: StoredSequences,
    /// The rows of logits of the last batch.
    logits: Vec<f32>,
}

impl<'weights> DecoderSequences<'weights> {
    /// The decoder under an adapter, without sequences.
    pub(crate) fn new(weights: &'weights DecoderWeights, adapter: Adapter) -> Self {
        let memory = StoredSequences::new(weights.config.live_max() as usize);
        let (leased, logits) = (BTreeMap::new(), Vec::new());
        Self { weights, adapter, leased, leases: 0, memory, logits }
    }

    /// The last hidden state of some tokens, `[width]`.
    pub(crate) fn state(&self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let rows = self.weights.decoder.forward(&Batch::new([ids]), &self.adapter, None);
        let rows = rows.map_err(|error| failed(&error))?;
        Ok(numbers(&rows.narrow(0, ids.len() - 1, 1)))
    }

    /// The leased sequence with the most reusable tokens, the newest of equals, and their
    /// number.
    fn longest_leased(&self, need: Need<'_>) -> Option<(usize, &Sequence)> {
        let leased = self.leased.values();
        let reusable = leased.map(|sequence| (need.reusable(&sequence.tokens), sequence));
        reusable.max_by_key(|&(reusable, _)| reusable)
    }

    /// The hidden states `[n, width]` after a batch, which is appended to its sequences.
    fn forward(&mut self, parts: &[Extension<'_>]) -> Result<Tensor<2>, String> {
        let mut batch = Batch::default();
        for part in parts {
            batch.tokens.extend_from_slice(part.tokens);
            batch.lengths.push(part.tokens.len());
        }
        let taken = parts.iter().map(|part| self.leased.remove(&part.slot).unwrap_or_default());
        let (tokens, mut caches): (Vec<_>, Vec<_>) =
            taken.map(|Sequence { tokens, cache }| (tokens, cache)).unzip();
        let rows = self.weights.decoder.forward(&batch, &self.adapter, Some(&mut caches));
        for ((part, mut tokens), cache) in parts.iter().zip(tokens).zip(caches) {
            tokens.extend_from_slice(part.tokens);
            self.leased.insert(part.slot, Sequence { tokens, cache });
        }
        rows.map_err(|error| with_sources(&error))
    }
}

impl SequenceCache for DecoderSequences<'_> {
    fn reusable(&mut self, need: Need<'_>) -> usize {
        let leased = self.longest_leased(need).map_or(0, |(reusable, _)| reusable);
        leased.max(self.memory.reusable(need))
    }

    fn lease(&mut self, need: Need<'_>) -> Option<Lease> {
        let remembered = self.memory.reusable(need);
        let leased = self.longest_leased(need).filter(|&(reusable, _)| reusable > remembered);
        let leased = leased.map(|(reusable, sequence)| sequence.beginning(reusable));
        let sequence = leased.unwrap_or_else(|| self.memory.recall(need));
        self.leases += 1;
        let lease = Lease { slot: self.leases, cached: sequence.tokens.len() };
        self.leased.insert(lease.slot, sequence);
        Some(lease)
    }

    fn compute(&mut self, parts: &[Extension<'_>]) -> Result<Vec<&[f32]>, String> {
        let rows = self.forward(parts)?;
        let mut end = 0;
        let ends = parts.iter().map(|part| {
            end += part.tokens.len();
            part.wants_logits.then_some(end - 1)
        });
        let wanted: Vec<i32> = ends.filter_map(|end| i32::try_from(end?).ok()).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let decoder = &self.weights.decoder;
        let count = wanted.len();
        let wanted = TensorData::new(wanted, [count]);
        let wanted = Tensor::<1, Int>::from_data(wanted, decoder.device());
        self.logits = numbers(&decoder.logits(rows.select(0, wanted)));
        Ok(self.logits.chunks_exact(decoder.shape().vocabulary).collect())
    }

    fn release(&mut self, slot: usize, kept: usize) {
        if let Some(Sequence { mut tokens, mut cache }) = self.leased.remove(&slot) {
            tokens.truncate(kept);
            cache.truncate(kept);
            self.memory.keep(Sequence { tokens, cache });
        }
    }

    fn score(&mut self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        self.memory.forget();
        self.weights.decoder.score(ids, &self.adapter).map_err(|error| failed(&error))
    }
}

fn failed(error: &dyn std::error::Error) -> ModelError {
    ModelError::Engine(with_sources(error))
}
