//! The table of a context's sequences: which tokens are in the cache.
//!
//! llama.cpp has cells and sequences; a cell may belong to several sequences.
//! The table lists the tokens of each sequence, counts the used cells and chooses
//! the stored sequence to drop when room is needed. It does not call llama.cpp: the
//! changes to its cache are returned as [`Edit`]s.

mod cells;

use crate::queue::{Lease, Need};
use cells::Cells;

/// A change to llama.cpp's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Remove a sequence's tokens from a position on.
    Remove {
        /// The sequence.
        slot: usize,
        /// The first position to remove.
        from: usize,
    },
    /// Let a sequence share the first tokens of another one.
    Share {
        /// The sequence with the tokens.
        from: usize,
        /// The sequence that receives them, which is empty.
        to: usize,
        /// Number of tokens.
        tokens: usize,
    },
}

/// The table of one context's sequences.
#[derive(Debug)]
pub(crate) struct SequenceTable {
    slots: Vec<SequenceEntry>,
    cells: Cells,
    /// Number of leases so far, to order sequences by their last use.
    time: u64,
}

#[derive(Debug, Default)]
struct SequenceEntry {
    tokens: Vec<u32>,
    /// The cell of each token.
    cells: Vec<u32>,
    /// The greatest length while a request extends it; `None` if it is only stored.
    length_max: Option<usize>,
    used_at: u64,
    /// Whether llama.cpp has freed its first cells.
    purged: bool,
}

impl SequenceTable {
    /// An empty table for a cache of `slots` sequences and `cells` cells.
    pub(crate) fn new(slots: usize, cells: usize) -> Self {
        let slots = std::iter::repeat_with(SequenceEntry::default).take(slots).collect();
        Self { slots, cells: Cells::new(cells), time: 0 }
    }

    /// Leases a sequence with the longest reusable prefix of `need`; `None` if there is no
    /// room while others are live.
    pub(crate) fn lease(&mut self, need: Need<'_>, edits: &mut Vec<Edit>) -> Option<Lease> {
        let source = self.longest_common(need);
        let cached = source.map_or(0, |(_, cached)| cached);
        let source = source.map(|(slot, _)| slot);
        let whole = source.filter(|&slot| self.is_remembered(slot) && self.len(slot) == cached);
        let target = match whole {
            Some(slot) => slot,
            None => {
                self.oldest_except(source).or(source.filter(|&slot| self.is_remembered(slot)))?
            }
        };
        let target = self.make_room(
            need.length_max - cached,
            source.map(|slot| (slot, cached)),
            target,
            edits,
        )?;
        if source == Some(target) {
            self.truncate(target, cached, edits);
        } else {
            self.truncate(target, 0, edits);
            if let Some(source) = source.filter(|_| cached > 0) {
                self.share(source, target, cached, edits);
            }
        }
        self.time += 1;
        self.slots[target].used_at = self.time;
        self.slots[target].length_max = Some(need.length_max);
        Some(Lease { slot: target, cached })
    }

    /// Number of reusable leading tokens of `need` in the cache.
    pub(crate) fn reusable(&self, need: Need<'_>) -> usize {
        self.longest_common(need).map_or(0, |(_, cached)| cached)
    }

    /// Appends computed `tokens` to a sequence.
    pub(crate) fn grow(&mut self, slot: usize, tokens: &[u32]) {
        let slot = &mut self.slots[slot];
        slot.tokens.extend_from_slice(tokens);
        slot.cells.extend(tokens.iter().map(|_| self.cells.take()));
    }

    /// Ends a lease; the first `kept` tokens stay stored.
    pub(crate) fn release(&mut self, slot: usize, kept: usize, edits: &mut Vec<Edit>) {
        self.slots[slot].length_max = None;
        let kept = if self.slots[slot].purged { 0 } else { kept };
        self.truncate(slot, kept, edits);
    }

    /// Marks a sequence whose first cells llama.cpp has freed: it is not reused any
    /// more.
    pub(crate) fn note_purged(&mut self, slot: usize) {
        self.slots[slot].purged = true;
    }

    /// Drops all stored sequences.
    pub(crate) fn forget_remembered(&mut self, edits: &mut Vec<Edit>) {
        for slot in 0..self.slots.len() {
            if self.is_remembered(slot) {
                self.truncate(slot, 0, edits);
            }
        }
    }

    /// The stored sequences, which no request extends.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.slots.len()).filter(|&slot| self.is_remembered(slot) && self.len(slot) > 0)
    }

    fn is_remembered(&self, slot: usize) -> bool {
        self.slots[slot].length_max.is_none()
    }

    fn len(&self, slot: usize) -> usize {
        self.slots[slot].tokens.len()
    }

    /// The sequence with the most reusable tokens, and their number; of equals one that
    /// is only stored and has no other tokens, then the one used last.
    fn longest_common(&self, need: Need<'_>) -> Option<(usize, usize)> {
        (0..self.slots.len())
            .map(|slot| (slot, need.reusable(&self.slots[slot].tokens)))
            .filter(|&(slot, cached)| cached > 0 && !self.slots[slot].purged)
            .max_by_key(|&(slot, cached)| {
                let whole = self.is_remembered(slot) && self.len(slot) == cached;
                (cached, whole, self.slots[slot].used_at)
            })
    }

    /// A sequence to reuse: an empty one, or the least recently used one.
    fn oldest_except(&self, source: Option<usize>) -> Option<usize> {
        (0..self.slots.len())
            .filter(|&slot| self.is_remembered(slot) && Some(slot) != source)
            .min_by_key(|&slot| (self.len(slot) > 0, self.slots[slot].used_at))
    }

    /// Frees cells until `wanted` more fit beside those reserved for live sequences;
    /// returns the sequence to use, `target` or else `source`.
    fn make_room(
        &mut self,
        wanted: usize,
        reused: Option<(usize, usize)>,
        target: usize,
        edits: &mut Vec<Edit>,
    ) -> Option<usize> {
        let source = reused.map(|(slot, _)| slot);
        if Some(target) != source {
            self.truncate(target, 0, edits);
        }
        while self.room() < wanted {
            let oldest = self
                .remembered()
                .filter(|&slot| slot != target && Some(slot) != source)
                .min_by_key(|&slot| self.slots[slot].used_at);
            match oldest {
                Some(slot) => self.truncate(slot, 0, edits),
                None => return self.room_in_source(wanted, reused),
            }
        }
        Some(target)
    }

    /// The source, if dropping its tokens after `cached` frees enough cells.
    fn room_in_source(&self, wanted: usize, reused: Option<(usize, usize)>) -> Option<usize> {
        let (slot, cached) = reused.filter(|&(slot, _)| self.is_remembered(slot))?;
        let freed = self.cells.owned_once(&self.slots[slot].cells[cached..]);
        (self.room() + freed >= wanted).then_some(slot)
    }

    /// Number of cells that are neither used nor reserved for a live sequence.
    fn room(&self) -> usize {
        let promised: usize = self
            .slots
            .iter()
            .filter_map(|slot| Some(slot.length_max?.saturating_sub(slot.tokens.len())))
            .sum();
        self.cells.free().saturating_sub(promised)
    }

    fn truncate(&mut self, slot: usize, length: usize, edits: &mut Vec<Edit>) {
        let kept = &mut self.slots[slot];
        if length >= kept.tokens.len() {
            return;
        }
        kept.tokens.truncate(length);
        for cell in kept.cells.drain(length..) {
            self.cells.give_back(cell);
        }
        kept.purged &= length > 0;
        edits.push(Edit::Remove { slot, from: length });
    }

    fn share(&mut self, from: usize, to: usize, tokens: usize, edits: &mut Vec<Edit>) {
        let cells = self.slots[from].cells[..tokens].to_vec();
        for &cell in &cells {
            self.cells.share(cell);
        }
        self.slots[to].tokens = self.slots[from].tokens[..tokens].to_vec();
        self.slots[to].cells = cells;
        edits.push(Edit::Share { from, to, tokens });
    }
}

#[cfg(test)]
mod tests;
