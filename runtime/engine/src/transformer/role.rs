//! A transformer under one adapter, with its requests.

use runtime_core::model::ModelError;

use super::Transformer;
use super::sequences::Sequences;
use crate::prepared::{PreparedGuide, PreparedRequest};
use crate::queue::{Queue, QueueSettings};
use crate::reply::{ReplySender, TicketMessage};
use crate::worker::{AdapterRole, CheckedAdapter, ScoreJob};

/// A transformer under one adapter.
pub(crate) struct TransformerRole<T: Transformer> {
    queue: Queue<Sequences<T>>,
    file: Option<CheckedAdapter>,
}

impl<T: Transformer> TransformerRole<T> {
    /// The role of this adapter, without requests.
    pub(crate) fn new(
        transformer: T,
        settings: QueueSettings,
        file: Option<CheckedAdapter>,
    ) -> Self {
        let sequences = Sequences::new(transformer, settings.live_max as usize);
        Self { queue: Queue::new(sequences, settings), file }
    }
}

impl<T: Transformer> AdapterRole for TransformerRole<T> {
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
