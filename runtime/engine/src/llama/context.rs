//! One context of llama.cpp as a sequence cache.
//!
//! The table of sequences is in `sequences`.

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use runtime_core::model::ModelError;

use super::cache::{edit, number};
use super::config::LlamaConfig;
use super::score::score;
use super::sequences::{Edit, SequenceTable};
use crate::queue::{Extension, Lease, Need, SequenceCache};

/// A context with the table of its sequences.
pub(crate) struct Context<'model> {
    llama: LlamaContext<'model>,
    batch: LlamaBatch<'static>,
    sequences: SequenceTable,
    slots: usize,
    micro_batch: usize,
}

impl<'model> Context<'model> {
    /// A context with an empty cache.
    pub(crate) fn new(llama: LlamaContext<'model>, config: &LlamaConfig) -> Self {
        let (slots, micro_batch) = (config.slots() as usize, config.micro_batch.get() as usize);
        let sequences = SequenceTable::new(slots, config.cache_tokens.get() as usize);
        let batch = LlamaBatch::new(micro_batch, 1);
        Self { llama, batch, sequences, slots, micro_batch }
    }

    /// Marks the sequences whose first cells llama.cpp has freed, as it does outside of a
    /// sliding window.
    fn note_purged(&mut self) {
        for slot in 0..self.slots {
            if self.llama.kv_cache_seq_pos_min(number(slot)) > 0 {
                self.sequences.note_purged(slot);
            }
        }
    }

    /// Adds tokens to the batch; returns the row of their logits, if they are wanted.
    fn add(&mut self, part: &Extension<'_>) -> Option<i32> {
        for (offset, &token) in part.tokens.iter().enumerate() {
            let token = LlamaToken::new(token.cast_signed());
            let logits = part.wants_logits && offset + 1 == part.tokens.len();
            self.batch
                .add(token, number(part.start + offset), &[number(part.slot)], logits)
                .expect("the parts are no more than the batch holds");
        }
        part.wants_logits.then(|| self.batch.n_tokens() - 1)
    }

    fn follow(&mut self, edits: &[Edit]) {
        for &change in edits {
            edit(&mut self.llama, change);
        }
    }

    /// Empties the cache.
    fn forget(&mut self) {
        let mut edits = Vec::new();
        self.sequences.forget_remembered(&mut edits);
        self.follow(&edits);
        self.llama.clear_kv_cache();
    }
}

impl SequenceCache for Context<'_> {
    fn reusable(&mut self, need: Need<'_>) -> usize {
        self.note_purged();
        self.sequences.reusable(need)
    }

    fn lease(&mut self, need: Need<'_>) -> Option<Lease> {
        self.note_purged();
        let mut edits = Vec::new();
        let lease = self.sequences.lease(need, &mut edits);
        self.follow(&edits);
        lease
    }

    fn compute(&mut self, parts: &[Extension<'_>]) -> Result<Vec<&[f32]>, String> {
        self.batch.clear();
        let rows: Vec<i32> = parts.iter().filter_map(|part| self.add(part)).collect();
        self.llama.decode(&mut self.batch).map_err(|error| error.to_string())?;
        for part in parts {
            self.sequences.grow(part.slot, part.tokens);
        }
        Ok(rows.into_iter().map(|row| self.llama.get_logits_ith(row)).collect())
    }

    fn release(&mut self, slot: usize, kept: usize) {
        let mut edits = Vec::new();
        self.sequences.release(slot, kept, &mut edits);
        self.follow(&edits);
    }

    /// Empties the cache before and after, so that the same tokens give the same bits.
    fn score(&mut self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        self.forget();
        let scores = score(&mut self.llama, &mut self.batch, self.micro_batch, ids);
        self.forget();
        scores
    }
}
