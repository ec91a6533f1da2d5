//! One context of llama.cpp: its live requests, decoded together.
//!
//! ```text
//! waiting ─► lease of a sequence ─► live ─► batch ─► logits ─► token ─┬─► live
//!                                                                     └─► answer
//! ```
//!
//! What goes into a batch is left to `batch`, which sequence holds what to
//! `sequences`.

use std::collections::VecDeque;
use std::sync::Arc;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use runtime_core::model::ModelError;

use super::batch::{self, DETERMINISTIC_BLOCK, Part};
use super::cache;
use super::config::LlamaConfig;
use super::grammar::Grammar;
use super::score::score;
use super::sequences::{Edit, Need, Sequences, common_prefix};
use crate::guide::Guide;
use crate::live::{Live, Progress};
use crate::prepared::{Prepared, PreparedGuide, Reply};
use crate::ticket::Event;
use crate::worker::ScoreJob;
use models::vocabulary::Vocabulary;

/// A request waits for another one that is about to compute at least this many
/// of its tokens.
const SHARED_TOKENS_MIN: usize = 32;

/// More requests may not wait; what comes then is refused.
const WAITING_MAX: usize = 4096;

/// A context and the requests in it.
pub(crate) struct Context<'model> {
    pub(super) llama: LlamaContext<'model>,
    pub(super) batch: LlamaBatch<'static>,
    pub(super) config: Arc<LlamaConfig>,
    sequences: Sequences,
    vocabulary: Arc<Vocabulary>,
    model: &'model LlamaModel,
    adapter_sha256: Option<String>,
    waiting: VecDeque<Live>,
    live: Vec<Leased>,
    scores: VecDeque<ScoreJob>,
}

/// How a request ended.
type End = Result<Progress, ModelError>;

/// A live request and its sequence.
pub(crate) struct Leased {
    /// The request.
    pub(crate) request: Live,
    /// Its sequence.
    pub(crate) slot: usize,
}

impl<'model> Context<'model> {
    /// A context with an empty cache.
    pub(crate) fn new(
        llama: LlamaContext<'model>,
        model: &'model LlamaModel,
        config: Arc<LlamaConfig>,
        vocabulary: Arc<Vocabulary>,
        adapter_sha256: Option<String>,
    ) -> Self {
        let sequences = Sequences::new(config.slots() as usize, config.cache_tokens.get() as usize);
        Self {
            llama,
            batch: LlamaBatch::new(config.micro_batch.get() as usize, 1),
            config,
            sequences,
            vocabulary,
            model,
            adapter_sha256,
            waiting: VecDeque::new(),
            live: Vec::new(),
            scores: VecDeque::new(),
        }
    }

    /// Whether no request is live or waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.live.is_empty() && self.waiting.is_empty() && self.scores.is_empty()
    }

    /// Takes a request in; its answer begins with what needs no decoding.
    pub(crate) fn submit(&mut self, prepared: Prepared, reply: Reply) {
        let guide: Result<Box<dyn Guide>, ModelError> = match prepared.guide {
            PreparedGuide::Ready(guide) => Ok(guide),
            PreparedGuide::Grammar(text) => {
                Grammar::new(self.model, Arc::clone(&self.vocabulary), &text)
                    .map(|grammar| Box::new(grammar) as Box<dyn Guide>)
            }
        };
        let guide = match guide {
            Ok(guide) => guide,
            Err(error) => return reply.send(Event::Done(Err(error))),
        };
        let vocabulary = Arc::clone(&self.vocabulary);
        let context_tokens = self.config.context_tokens.get() as usize;
        let mut request = Live::new(prepared.question, guide, reply, vocabulary, context_tokens);
        match request.advance() {
            Ok(Progress::Waiting) if self.waiting.len() >= WAITING_MAX => {
                let reason = format!("{WAITING_MAX} requests are waiting already");
                self.send_end(request, Err(ModelError::Engine(reason)));
            }
            Ok(Progress::Waiting) => self.waiting.push_back(request),
            end => self.send_end(request, end),
        }
    }

    /// Takes scoring in; it is done when no request is live, so that its figures
    /// depend on nothing else.
    pub(crate) fn submit_score(&mut self, job: ScoreJob) {
        self.scores.push_back(job);
    }

    /// One batch for the live requests, or one scoring.
    pub(crate) fn step(&mut self) {
        self.drop_cancelled();
        if self.scores.is_empty() {
            self.admit();
        } else if self.live.is_empty() {
            self.score_next();
        }
        let parts = batch::fill(&mut self.batch, &self.live, &self.config);
        if parts.is_empty() {
            return;
        }
        if let Err(error) = self.llama.decode(&mut self.batch) {
            self.fail(&parts, &error.to_string());
            return;
        }
        let ended = self.take_logits(&parts);
        // From the back, so that the indices in front stay true.
        for (index, end) in ended.into_iter().rev() {
            self.retire(index, end);
        }
    }

    fn drop_cancelled(&mut self) {
        self.waiting.retain(|request| {
            let cancelled = request.reply.is_cancelled();
            if cancelled {
                request.reply.send(Event::Done(Err(ModelError::Cancelled)));
            }
            !cancelled
        });
        for index in (0..self.live.len()).rev() {
            if self.live[index].request.reply.is_cancelled() {
                self.retire(index, Err(ModelError::Cancelled));
            }
        }
    }

    fn score_next(&mut self) {
        if let Some(job) = self.scores.pop_front() {
            let scores = score(self, &job.ids);
            // Who asked may have gone.
            let _ = job.reply.send(scores);
        }
    }

    /// Gives sequences to waiting requests, in order; one that another request
    /// is computing a beginning for is passed over until that is done.
    fn admit(&mut self) {
        let mut next = 0;
        while next < self.waiting.len() && self.live.len() < self.config.live_max() as usize {
            self.note_purged();
            if self.gains_by_waiting(&self.waiting[next]) {
                next += 1;
                continue;
            }
            let request = &self.waiting[next];
            let mut edits = Vec::new();
            let lease = self.sequences.lease(self.need(request), &mut edits);
            self.edit_cache(&edits);
            let Some(lease) = lease else { return };
            let Some(mut request) = self.waiting.remove(next) else { return };
            request.computed = lease.cached;
            request.cached = lease.cached;
            self.live.push(Leased { request, slot: lease.slot });
        }
    }

    fn need<'a>(&self, request: &'a Live) -> Need<'a> {
        Need {
            tokens: &request.tokens[..request.prompt_tokens],
            reuse_max: request.prompt_tokens - 1,
            block: if self.config.deterministic { DETERMINISTIC_BLOCK } else { 1 },
            length_max: request.length_max,
        }
    }

    /// Whether a live request will soon have computed much more of the prompt
    /// than is in the cache now.
    fn gains_by_waiting(&self, request: &Live) -> bool {
        let now = self.sequences.reusable(self.need(request));
        let prompt = &request.tokens[..request.prompt_tokens];
        self.live.iter().map(|live| &live.request).filter(|live| live.in_prompt()).any(|live| {
            let common = common_prefix(prompt, &live.tokens[..live.prompt_tokens]);
            common > live.computed && common >= now + SHARED_TOKENS_MIN
        })
    }

    /// Takes note of sequences whose beginning llama.cpp has given away, as it
    /// does behind a sliding window.
    fn note_purged(&mut self) {
        for slot in 0..self.config.slots() as usize {
            if self.llama.kv_cache_seq_pos_min(cache::number(slot)) > 0 {
                self.sequences.note_purged(slot);
            }
        }
    }

    /// Draws a token for each part that has logits; returns what ended.
    fn take_logits(&mut self, parts: &[Part]) -> Vec<(usize, End)> {
        let mut ended = Vec::new();
        for part in parts {
            let Leased { request, slot } = &mut self.live[part.index];
            let end = request.computed + part.tokens;
            self.sequences.grow(*slot, &request.tokens[request.computed..end]);
            request.computed = end;
            let Some(row) = part.row else { continue };
            match request.draw(self.llama.get_logits_ith(row)) {
                Ok(Progress::Waiting) => {}
                end => ended.push((part.index, end)),
            }
        }
        ended.sort_unstable_by_key(|&(index, _)| index);
        ended
    }

    /// Ends requests whose tokens could not be computed; what the cache holds
    /// of them is unknown and forgotten.
    fn fail(&mut self, parts: &[Part], reason: &str) {
        let mut indices: Vec<usize> = parts.iter().map(|part| part.index).collect();
        indices.sort_unstable();
        for index in indices.into_iter().rev() {
            self.live[index].request.computed = 0;
            self.retire(index, Err(ModelError::Engine(reason.to_owned())));
        }
    }

    /// Ends a request; what it computed is remembered.
    ///
    /// Where runs must repeat to the bit, only whole blocks of the prompt are:
    /// they are what the next request would compute in the same way.
    fn retire(&mut self, index: usize, end: End) {
        let Leased { request, slot } = self.live.remove(index);
        let kept = if self.config.deterministic {
            let prompt = request.computed.min(request.prompt_tokens);
            prompt - prompt % DETERMINISTIC_BLOCK
        } else {
            request.computed
        };
        let mut edits = Vec::new();
        self.sequences.release(slot, kept, &mut edits);
        self.edit_cache(&edits);
        self.send_end(request, end);
    }

    fn send_end(&self, request: Live, end: End) {
        match end {
            Ok(Progress::Finished(stop)) => {
                request.generation(stop, self.adapter_sha256.clone()).send();
            }
            Ok(Progress::Waiting) => unreachable!("a request that waits has not ended"),
            Err(error) => request.reply.send(Event::Done(Err(error))),
        }
    }

    fn edit_cache(&mut self, edits: &[Edit]) {
        for &edit in edits {
            cache::edit(&mut self.llama, edit);
        }
    }

    /// Empties the cache.
    pub(super) fn forget_all(&mut self) {
        let mut edits = Vec::new();
        self.sequences.forget_remembered(&mut edits);
        self.edit_cache(&edits);
        self.llama.clear_kv_cache();
    }
}
