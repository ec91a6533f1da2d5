//! A cache that computes nothing, and who asks it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_core::model::{Generation, ModelError, Sampling};

use crate::clock::Moment;
use crate::guide::{Free, Guide};
use crate::prepared::TokenizedRequest;
use crate::queue::{Extension, Lease, Need, Queue, QueueSettings, SequenceCache};
use crate::reply::{ReplySender, TicketMessage};

/// Computes nothing; every token is followed by the same one.
pub(super) struct FakeCache {
    /// How many sequences may be leased at once.
    pub(super) slots: usize,
    /// How long a batch takes.
    pub(super) pause: Duration,
    /// Why nothing can be computed.
    pub(super) broken: Option<&'static str>,
    pub(super) leases: usize,
    pub(super) leased: BTreeMap<usize, Vec<u32>>,
    pub(super) remembered: Vec<Vec<u32>>,
    /// For each batch the lease and the number of tokens of each part.
    pub(super) batches: Vec<Vec<(usize, usize)>>,
    logits: Vec<f32>,
}

impl SequenceCache for FakeCache {
    fn reusable(&mut self, need: Need<'_>) -> usize {
        let sequences = self.leased.values().chain(&self.remembered);
        sequences.map(|tokens| need.reusable(tokens)).max().unwrap_or(0)
    }

    fn lease(&mut self, need: Need<'_>) -> Option<Lease> {
        let cached = self.reusable(need);
        if self.leased.len() == self.slots {
            return None;
        }
        self.leases += 1;
        self.leased.insert(self.leases, need.tokens[..cached].to_vec());
        Some(Lease { slot: self.leases, cached })
    }

    fn compute(&mut self, parts: &[Extension<'_>]) -> Result<Vec<&[f32]>, String> {
        if let Some(reason) = self.broken {
            return Err(reason.to_owned());
        }
        std::thread::sleep(self.pause);
        for part in parts {
            let tokens = self.leased.get_mut(&part.slot).unwrap();
            assert_eq!(tokens.len(), part.start);
            tokens.extend_from_slice(part.tokens);
        }
        self.batches.push(parts.iter().map(|part| (part.slot, part.tokens.len())).collect());
        let wanted = parts.iter().filter(|part| part.wants_logits);
        Ok(wanted.map(|_| self.logits.as_slice()).collect())
    }

    fn release(&mut self, slot: usize, kept: usize) {
        let mut tokens = self.leased.remove(&slot).unwrap();
        tokens.truncate(kept);
        self.remembered.push(tokens);
    }

    fn score(&mut self, ids: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        assert!(self.leased.is_empty());
        Ok(vec![None; ids.len()])
    }
}

/// A queue for that many live requests, with batches of 16 tokens.
pub(super) fn queue(live_max: u32) -> Queue<FakeCache> {
    let gguf = Gguf::from_bytes("tiny.gguf", models::tiny::llama(1)).unwrap();
    let vocabulary = Arc::new(Vocabulary::from_gguf(&gguf).unwrap());
    let mut logits = vec![0.0; vocabulary.tokenizer.vocabulary_len()];
    logits[usize::try_from(vocabulary.answer_ids("a")[0]).unwrap()] = 1.0;
    let cache = FakeCache {
        slots: usize::MAX,
        pause: Duration::ZERO,
        broken: None,
        leases: 0,
        leased: BTreeMap::new(),
        remembered: Vec::new(),
        batches: Vec::new(),
        logits,
    };
    let settings = QueueSettings {
        vocabulary,
        adapter_sha256: None,
        context_tokens: 1000,
        live_max,
        batch_tokens: 16,
        deterministic: false,
        file: None,
    };
    Queue::new(cache, settings)
}

/// Who asked.
pub(super) struct Asker {
    events: Receiver<TicketMessage>,
    cancelled: Arc<AtomicBool>,
}

impl Asker {
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The answer, or why there is none; `None` while it is under way.
    pub(super) fn end(&self) -> Option<Result<Generation, String>> {
        self.events.try_iter().find_map(|event| match event {
            TicketMessage::Done(end) => Some(end.map_err(|error| error.to_string())),
            TicketMessage::Streamed(_) => None,
        })
    }

    pub(super) fn has_answer(&self) -> bool {
        self.end().is_some_and(|end| end.is_ok())
    }
}

pub(super) fn ask_within(
    queue: &mut Queue<FakeCache>,
    prompt_ids: Vec<u32>,
    tokens_max: usize,
    guide: Box<dyn Guide>,
) -> Asker {
    let sampling = Sampling { temperature: 0.0, top_p: 1.0, seed: 0 };
    let (stop, started) = (Vec::new(), Moment::now());
    let (sender, events) = channel();
    let cancelled = Arc::new(AtomicBool::new(false));
    let reply = ReplySender { events: sender, cancelled: Arc::clone(&cancelled) };
    queue.submit(
        TokenizedRequest { prompt_ids, sampling, tokens_max, stop, started },
        guide,
        reply,
    );
    Asker { events, cancelled }
}

pub(super) fn ask(queue: &mut Queue<FakeCache>, prompt_ids: Vec<u32>, tokens_max: usize) -> Asker {
    ask_within(queue, prompt_ids, tokens_max, Box::new(Free))
}

/// So many tokens that differ from those of another `first`.
pub(super) fn prompt(first: u32, tokens: u32) -> Vec<u32> {
    (first..first + tokens).collect()
}
