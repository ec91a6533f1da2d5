//! The decoder under one adapter, and the requests to it.

use std::collections::VecDeque;
use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use models_decoder::adapter::Adapter;
use models_decoder::batch::Batch;
use models_decoder::cache::Cache;
use models_decoder::score::numbers;
use runtime_core::error::with_sources;
use runtime_core::model::ModelError;

use super::batch::{self, Held, Part};
use super::config::DETERMINISTIC_BLOCK;
use super::engine::DecoderWeights;
use super::memory::{Memory, Remembered, common_prefix};
use crate::live::{Live, Progress};
use crate::prepared::{Prepared, PreparedGuide, Reply};
use crate::ticket::Event;
use crate::worker::{AdapterFile, Role, ScoreJob};

/// A request waits for another one that is about to compute at least this many
/// of its tokens.
const SHARED_TOKENS_MIN: usize = 32;

/// More requests may not wait; what comes then is refused.
const WAITING_MAX: usize = 4096;

/// How a request ended.
type End = Result<Progress, ModelError>;

/// The decoder under one adapter.
pub(crate) struct DecoderRole<'weights> {
    weights: &'weights DecoderWeights,
    adapter: Adapter,
    file: Option<AdapterFile>,
    memory: Memory,
    waiting: VecDeque<Live>,
    live: Vec<Held>,
    scores: VecDeque<ScoreJob>,
}

impl<'weights> DecoderRole<'weights> {
    /// The weights under an adapter, without requests.
    pub(crate) fn new(
        weights: &'weights DecoderWeights,
        adapter: Adapter,
        file: Option<AdapterFile>,
    ) -> Self {
        let memory = Memory::new(weights.config.live_max());
        let (waiting, live, scores) = (VecDeque::new(), Vec::new(), VecDeque::new());
        Self { weights, adapter, file, memory, waiting, live, scores }
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
            self.memory.forget();
            let scores = self.weights.decoder.score(&job.ids, &self.adapter);
            let scores = scores.map_err(|error| failed(&error));
            // Who asked may have gone.
            let _ = job.reply.send(scores);
        }
    }

    /// Makes waiting requests live, in order; one that another request is computing
    /// a beginning for is passed over until that is done.
    fn admit(&mut self) {
        let mut next = 0;
        while next < self.waiting.len() && self.live.len() < self.weights.config.live_max() {
            if self.gains_by_waiting(&self.waiting[next]) {
                next += 1;
                continue;
            }
            let Some(mut request) = self.waiting.remove(next) else { return };
            let cache = self.beginning(&request.tokens[..request.prompt_tokens]);
            request.computed = cache.tokens();
            request.cached = cache.tokens();
            self.live.push(Held { request, cache });
        }
    }

    /// What is computed of a prompt already, for a live request or one that has
    /// ended; at least one token is left to compute.
    fn beginning(&mut self, prompt: &[u32]) -> Cache {
        let block = self.block();
        let most = prompt.len() - 1;
        let live = self.live.iter().map(|held| (held.common(prompt).min(most), held));
        let live = live.max_by_key(|(common, _)| *common);
        match live {
            Some((common, held)) if common > self.memory.common(prompt) => {
                let mut cache = held.cache.clone();
                cache.truncate(common - common % block);
                cache
            }
            _ => self.memory.recall(prompt, most, block),
        }
    }

    fn block(&self) -> usize {
        if self.weights.config.deterministic { DETERMINISTIC_BLOCK } else { 1 }
    }

    /// Whether a live request will soon have computed much more of the prompt than
    /// is remembered now.
    fn gains_by_waiting(&self, request: &Live) -> bool {
        let prompt = &request.tokens[..request.prompt_tokens];
        let live = self.live.iter().map(|held| held.common(prompt)).max().unwrap_or(0);
        let now = self.memory.common(prompt).max(live);
        let in_prompt = self.live.iter().map(|held| &held.request).filter(|live| live.in_prompt());
        in_prompt.into_iter().any(|live| {
            let common = common_prefix(prompt, &live.tokens[..live.prompt_tokens]);
            common > live.computed && common >= now + SHARED_TOKENS_MIN
        })
    }

    /// Computes a batch; the logits behind the wanted rows, in their order.
    fn compute(&mut self, batch: &Batch, parts: &[Part]) -> Result<Vec<f32>, ModelError> {
        let caches = parts.iter().map(|part| std::mem::take(&mut self.live[part.index].cache));
        let mut caches: Vec<Cache> = caches.collect();
        let decoder = &self.weights.decoder;
        let rows = decoder.forward(batch, &self.adapter, Some(&mut caches));
        for (part, cache) in parts.iter().zip(caches) {
            self.live[part.index].cache = cache;
        }
        let rows = rows.map_err(|error| failed(&error))?;
        let wanted: Vec<i32> =
            parts.iter().filter_map(|part| i32::try_from(part.row?).ok()).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let count = wanted.len();
        let wanted = TensorData::new(wanted, [count]);
        let wanted = Tensor::<1, Int>::from_data(wanted, decoder.device());
        Ok(numbers(&decoder.logits(rows.select(0, wanted))))
    }

    /// Draws a token for each part that has logits; returns what ended.
    fn take(&mut self, parts: &[Part], logits: &[f32]) -> Vec<(usize, End)> {
        let mut ended = Vec::new();
        let mut logits = logits.chunks_exact(self.weights.decoder.shape().vocabulary);
        for part in parts {
            let Held { request, .. } = &mut self.live[part.index];
            request.computed += part.tokens;
            let Some(logits) = part.row.and_then(|_| logits.next()) else { continue };
            match request.draw(logits) {
                Ok(Progress::Waiting) => {}
                end => ended.push((part.index, end)),
            }
        }
        ended.sort_unstable_by_key(|&(index, _)| index);
        ended
    }

    /// Ends a request; what it computed is remembered.
    ///
    /// Where runs must repeat to the bit, only whole blocks of the prompt are:
    /// they are what the next request would compute in the same way.
    fn retire(&mut self, index: usize, end: End) {
        let Held { request, mut cache } = self.live.remove(index);
        if self.weights.config.deterministic {
            let prompt = cache.tokens().min(request.prompt_tokens);
            cache.truncate(prompt - prompt % DETERMINISTIC_BLOCK);
        }
        let tokens = request.tokens[..cache.tokens()].to_vec();
        self.memory.keep(Remembered { tokens, cache });
        self.send_end(request, end);
    }

    fn send_end(&self, request: Live, end: End) {
        match end {
            Ok(Progress::Finished(stop)) => {
                let adapter = self.file.as_ref().map(|file| file.sha256.clone());
                request.generation(stop, adapter).send();
            }
            Ok(Progress::Waiting) => unreachable!("a request that waits has not ended"),
            Err(error) => request.reply.send(Event::Done(Err(error))),
        }
    }
}

impl Role for DecoderRole<'_> {
    fn adapter_file(&self) -> Option<&AdapterFile> {
        self.file.as_ref()
    }

    fn is_busy(&self) -> bool {
        !(self.live.is_empty() && self.waiting.is_empty() && self.scores.is_empty())
    }

    fn submit(&mut self, Prepared { question, guide }: Prepared, reply: Reply) {
        let PreparedGuide::Ready(guide) = guide else {
            let reason =
                "grammars in GBNF are read by llama.cpp alone; give a JSON schema or choices";
            return reply.send(Event::Done(Err(ModelError::Constraint(reason.to_owned()))));
        };
        let vocabulary = Arc::clone(&self.weights.vocabulary);
        let context_tokens = self.weights.config.context_tokens.get() as usize;
        let mut request = Live::new(question, guide, reply, vocabulary, context_tokens);
        match request.advance() {
            Ok(Progress::Waiting) if self.waiting.len() >= WAITING_MAX => {
                let reason = format!("{WAITING_MAX} requests are waiting already");
                self.send_end(request, Err(ModelError::Engine(reason)));
            }
            Ok(Progress::Waiting) => self.waiting.push_back(request),
            end => self.send_end(request, end),
        }
    }

    fn submit_score(&mut self, job: ScoreJob) {
        self.scores.push_back(job);
    }

    fn state(&mut self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let decoder = &self.weights.decoder;
        let rows = decoder.forward(&Batch::new([ids]), &self.adapter, None);
        let rows = rows.map_err(|error| failed(&error))?;
        Ok(numbers(&rows.narrow(0, ids.len() - 1, 1)))
    }

    /// One batch for the live requests, or one scoring.
    fn step(&mut self) {
        self.drop_cancelled();
        if self.scores.is_empty() {
            self.admit();
        } else if self.live.is_empty() {
            self.score_next();
        }
        let (batch, parts) = batch::fill(&self.live, &self.weights.config);
        if parts.is_empty() {
            return;
        }
        let ended = match self.compute(&batch, &parts) {
            Ok(logits) => self.take(&parts, &logits),
            Err(error) => {
                let reason = error.to_string();
                parts
                    .iter()
                    .map(|part| (part.index, Err(ModelError::Engine(reason.clone()))))
                    .collect()
            }
        };
        // From the back, so that the indices in front stay true.
        for (index, end) in ended.into_iter().rev() {
            self.retire(index, end);
        }
    }
}

/// An error of the decoder as the one of a request.
pub(crate) fn failed(error: &dyn std::error::Error) -> ModelError {
    ModelError::Engine(with_sources(error))
}
