//! The decoder under one adapter, with its requests.

use std::sync::Arc;

use models_decoder::adapter::Adapter;
use runtime_core::model::ModelError;

use super::sequences::DecoderSequences;
use super::weights::DecoderWeights;
use crate::prepared::{PreparedGuide, PreparedRequest};
use crate::queue::{Queue, QueueSettings};
use crate::reply::{ReplySender, TicketMessage};
use crate::worker::{AdapterRole, CheckedAdapter, ScoreJob};

/// The decoder under one adapter.
pub(crate) struct DecoderRole<'weights> {
    queue: Queue<DecoderSequences<'weights>>,
    file: Option<CheckedAdapter>,
}

impl<'weights> DecoderRole<'weights> {
    /// The weights under an adapter, without requests.
    pub(crate) fn new(
        weights: &'weights DecoderWeights,
        adapter: Adapter,
        file: Option<CheckedAdapter>,
    ) -> Self {
        let settings = QueueSettings {
            vocabulary: Arc::clone(&weights.vocabulary),
            adapter_sha256: file.as_ref().map(|file| file.sha256.clone()),
            context_tokens: weights.config.context_tokens.get(),
            live_max: weights.config.live_max(),
            batch_tokens: weights.config.batch_tokens.get(),
            deterministic: weights.config.deterministic,
        };
        Self { queue: Queue::new(DecoderSequences::new(weights, adapter), settings), file }
    }
}

impl AdapterRole for DecoderRole<'_> {
    fn adapter_file(&self) -> Option<&CheckedAdapter> {
        self.file.as_ref()
    }

    fn is_busy(&self) -> bool {
        self.queue.is_busy()
    }

    fn submit(&mut self, PreparedRequest { question, guide }: PreparedRequest, reply: ReplySender) {
        let PreparedGuide::Ready(guide) = guide else {
            let reason =
                "grammars in GBNF are read by llama.cpp alone; give a JSON schema or choices";
            return reply.send(TicketMessage::Done(Err(ModelError::Constraint(reason.to_owned()))));
        };
        self.queue.submit(question, guide, reply);
    }

    fn submit_score(&mut self, job: ScoreJob) {
        self.queue.submit_score(job);
    }

    fn state(&mut self, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        self.queue.cache.state(ids)
    }

    fn step(&mut self) {
        self.queue.step();
    }
}
