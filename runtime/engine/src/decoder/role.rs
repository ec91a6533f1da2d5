//! The decoder under one adapter, with its requests.

use std::sync::Arc;

use models_decoder::adapter::Adapter;
use runtime_core::model::ModelError;

use super::sequences::Sequences;
use super::weights::DecoderWeights;
use crate::prepared::{Prepared, PreparedGuide};
use crate::queue::{Queue, QueueSettings};
use crate::reply::{Event, Reply};
use crate::worker::{AdapterFile, Role, ScoreJob};

/// The decoder under one adapter.
pub(crate) struct DecoderRole<'weights> {
    queue: Queue<Sequences<'weights>>,
    file: Option<AdapterFile>,
}

impl<'weights> DecoderRole<'weights> {
    /// The weights under an adapter, without requests.
    pub(crate) fn new(
        weights: &'weights DecoderWeights,
        adapter: Adapter,
        file: Option<AdapterFile>,
    ) -> Self {
        let settings = QueueSettings {
            vocabulary: Arc::clone(&weights.vocabulary),
            adapter_sha256: file.as_ref().map(|file| file.sha256.clone()),
            context_tokens: weights.config.context_tokens.get(),
            live_max: weights.config.live_max(),
            batch_tokens: weights.config.batch_tokens.get(),
            deterministic: weights.config.deterministic,
        };
        Self { queue: Queue::new(Sequences::new(weights, adapter), settings), file }
    }
}

impl Role for DecoderRole<'_> {
    fn adapter_file(&self) -> Option<&AdapterFile> {
        self.file.as_ref()
    }

    fn is_busy(&self) -> bool {
        self.queue.is_busy()
    }

    fn submit(&mut self, Prepared { question, guide }: Prepared, reply: Reply) {
        let PreparedGuide::Ready(guide) = guide else {
            let reason =
                "grammars in GBNF are read by llama.cpp alone; give a JSON schema or choices";
            return reply.send(Event::Done(Err(ModelError::Constraint(reason.to_owned()))));
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
