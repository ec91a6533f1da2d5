//! A queue of requests that are decoded together in batches.
//!
//! ```text
//! waiting ─► lease of a sequence ─► live ─► parts ─► logits ─► token ─┬─► live
//!                                                                     └─► answer
//! ```
//!
//! The [`SequenceCache`] manages sequences and computes logits.

mod cache;
pub(crate) mod batch;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use models::held::HeldFile;
use models::vocabulary::Vocabulary;
use runtime_core::model::ModelError;

pub(crate) use cache::{Extension, Lease, Need, SequenceCache};

use crate::guide::Guide;
use crate::live::{LiveRequest, Progress};
use crate::prepared::TokenizedRequest;
use crate::reply::{ReplySender, TicketMessage};
use crate::worker::ScoreJob;
use batch::{DETERMINISTIC_BLOCK, Leased, Share, shares};

/// Greatest number of waiting requests; further ones are refused.
const WAITING_MAX: usize = 4096;

/// The settings of a queue.
pub(crate) struct QueueSettings {
    /// The model's vocabulary.
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// SHA-256 of the adapter, if there is one.
    pub(crate) adapter_sha256: Option<String>,
    /// Greatest number of tokens of a prompt and its answer together.
    pub(crate) context_tokens: u32,
    /// Greatest number of live requests.
    pub(crate) live_max: u32,
    /// Greatest number of tokens in a batch.
    pub(crate) batch_tokens: u32,
    /// Whether each answer must depend only on its request, to the bit.
    pub(crate) deterministic: bool,
    /// The file of the weights: nothing is told that was computed after it changed.
    pub(crate) file: Option<Arc<HeldFile>>,
}

impl QueueSettings {
    fn check_file(&self) -> Result<(), String> {
        let unchanged = self.file.as_ref().map_or(Ok(()), |file| file.check());
        unchanged.map_err(|error| error.to_string())
    }
}

/// A sequence cache and the requests to it.
pub(crate) struct Queue<C> {
    /// Computes logits.
    pub(crate) cache: C,
    settings: QueueSettings,
    waiting: VecDeque<LiveRequest>,
    live: Vec<Leased>,
    scores: VecDeque<ScoreJob>,
}

/// The result of a request.
type RequestEnd = Result<Progress, ModelError>;

impl<C: SequenceCache> Queue<C> {
    /// A queue without requests.
    pub(crate) fn new(cache: C, settings: QueueSettings) -> Self {
        let (waiting, live, scores) = (VecDeque::new(), Vec::new(), VecDeque::new());
        Self { cache, settings, waiting, live, scores }
    }

    /// Whether a request is live or waits.
    pub(crate) fn is_busy(&self) -> bool {
        !(self.live.is_empty() && self.waiting.is_empty() && self.scores.is_empty())
    }

    /// Adds a request; forced tokens at the start of its answer are generated at once.
    pub(crate) fn submit(
        &mut self,
        question: TokenizedRequest,
        guide: Box<dyn Guide>,
        reply: ReplySender,
    ) {
        let vocabulary = Arc::clone(&self.settings.vocabulary);
        let context_tokens = self.settings.context_tokens as usize;
        let mut request = LiveRequest::new(question, guide, reply, vocabulary, context_tokens);
        match request.advance() {
            Ok(Progress::Waiting) if self.waiting.len() >= WAITING_MAX => {
                let reason = format!("{WAITING_MAX} requests are waiting already");
                self.send_end(request, Err(ModelError::Engine(reason)));
            }
            Ok(Progress::Waiting) => self.waiting.push_back(request),
            end => self.send_end(request, end),
        }
    }

    /// Adds a scoring job. It is computed when no request is live, so that its result does
    /// not depend on other requests.
    pub(crate) fn submit_score(&mut self, job: ScoreJob) {
        self.scores.push_back(job);
    }

    /// Computes one batch of the live requests, or one scoring job.
    pub(crate) fn step(&mut self) {
        self.drop_cancelled();
        if self.scores.is_empty() {
            self.admit();
        } else if self.live.is_empty() {
            self.score_next();
        }
        let QueueSettings { batch_tokens, deterministic, .. } = self.settings;
        let shares = shares(&self.live, batch_tokens as usize, deterministic);
        if shares.is_empty() {
            return;
        }
        let parts: Vec<Extension<'_>> =
            shares.iter().map(|&(index, tokens)| self.live[index].part(tokens)).collect();
        let tokens: usize = parts.iter().map(|part| part.tokens.len()).sum();
        let batch = tracing::trace_span!("batch", tokens);
        let computed = batch.in_scope(|| self.cache.compute(&parts));
        let mut ended = match computed.and_then(|rows| self.settings.check_file().map(|()| rows)) {
            Ok(rows) => {
                tracing::trace_span!("draw").in_scope(|| draw(&mut self.live, &shares, rows))
            }
            Err(reason) => fail(&mut self.live, &shares, &reason),
        };
        // From the back, so that earlier indices stay valid.
        ended.sort_unstable_by_key(|&(index, _)| index);
        for (index, end) in ended.into_iter().rev() {
            self.retire(index, end);
        }
    }

    fn drop_cancelled(&mut self) {
        self.waiting.retain(|request| {
            let cancelled = request.reply.is_cancelled();
            if cancelled {
                request.reply.send(TicketMessage::Done(Err(ModelError::Cancelled)));
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
            let scores = self.cache.score(&job.ids).and_then(|scores| {
                self.settings.check_file().map(|()| scores).map_err(ModelError::Engine)
            });
            // The caller may no longer wait for it.
            let _ = job.reply.send(scores);
        }
    }

    /// Leases sequences to waiting requests, in order. A request is skipped while a live
    /// request computes a long common prefix for it.
    fn admit(&mut self) {
        let block = if self.settings.deterministic { DETERMINISTIC_BLOCK } else { 1 };
        let mut next = 0;
        while next < self.waiting.len() && self.live.len() < self.settings.live_max as usize {
            let request = &self.waiting[next];
            let tokens = &request.tokens[..request.prompt_tokens];
            let need = Need { tokens, block, length_max: request.length_max };
            let reusable = self.cache.reusable(need);
            if self.live.iter().any(|live| live.will_share(tokens, reusable)) {
                next += 1;
                continue;
            }
            let Some(lease) = self.cache.lease(need) else { return };
            let Some(mut request) = self.waiting.remove(next) else { return };
            request.computed = lease.cached;
            request.cached = lease.cached;
            self.live.push(Leased { request, slot: lease.slot });
        }
    }

    /// Ends a request; its computed tokens stay in the cache.
    ///
    /// In deterministic mode only whole blocks of the prompt stay: the next request
    /// would compute them in the same way.
    fn retire(&mut self, index: usize, end: RequestEnd) {
        let Leased { request, slot } = self.live.remove(index);
        let kept = if self.settings.deterministic {
            let prompt = request.computed.min(request.prompt_tokens);
            prompt - prompt % DETERMINISTIC_BLOCK
        } else {
            request.computed
        };
        self.cache.release(slot, kept);
        self.send_end(request, end);
    }

    fn send_end(&self, request: LiveRequest, end: RequestEnd) {
        match end {
            Ok(Progress::Finished(stop)) => {
                request.generation(stop, self.settings.adapter_sha256.clone()).send();
            }
            Ok(Progress::Waiting) => unreachable!("a request that waits has not ended"),
            Err(error) => request.reply.send(TicketMessage::Done(Err(error))),
        }
    }
}

/// Samples a token for each request whose tokens are all computed; returns the ended requests.
fn draw(live: &mut [Leased], shares: &[Share], rows: Vec<&[f32]>) -> Vec<(usize, RequestEnd)> {
    let mut rows = rows.into_iter();
    let mut ended = Vec::new();
    for &(index, tokens) in shares {
        let request = &mut live[index].request;
        request.count_computed(tokens);
        if request.computed < request.tokens.len() {
            continue;
        }
        let Some(logits) = rows.next() else { break };
        match request.draw(logits) {
            Ok(Progress::Waiting) => {}
            end => ended.push((index, end)),
        }
    }
    ended
}

/// Ends requests whose tokens could not be computed; their state in the cache is unknown
/// and dropped.
fn fail(live: &mut [Leased], shares: &[Share], reason: &str) -> Vec<(usize, RequestEnd)> {
    let ended = shares.iter().map(|&(index, _)| {
        live[index].request.computed = 0;
        (index, Err(ModelError::Engine(reason.to_owned())))
    });
    ended.collect()
}
