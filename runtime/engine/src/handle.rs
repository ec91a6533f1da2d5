//! A handle to a loaded model, usable from any thread.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{channel, sync_channel};

use models::tokenizer::Tokenizer;
use runtime_core::model::{
    Generation, HiddenStates, LanguageModel, ModelError, ModelIdentity, Request,
};

use crate::error::stopped;
use crate::prompt;
use crate::reply::{ReplySender, TicketMessage};
use crate::shared::{EngineState, OpenRole};
use crate::ticket::Ticket;
use crate::worker::{RoleId, ScoreJob, StateJob, WorkerCommand};

/// A handle to a loaded model without or with one adapter.
///
/// Clones share the context. Requests of all clones are decoded together.
#[derive(Clone)]
pub struct Handle {
    role: Arc<OpenRole>,
    adapter_sha256: Option<String>,
}

impl Handle {
    pub(crate) fn new(
        shared: Arc<EngineState>,
        role: RoleId,
        adapter_sha256: Option<String>,
    ) -> Self {
        Self { role: Arc::new(OpenRole { shared, id: role }), adapter_sha256 }
    }

    /// Starts a request; its ticket receives the tokens and the generation.
    ///
    /// The prompt is tokenized and the constraint compiled here, on the calling
    /// thread.
    pub fn submit(&self, request: &Request) -> Ticket {
        let (events, receiver) = channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let reply = ReplySender { events: events.clone(), cancelled: Arc::clone(&cancelled) };
        let sent = self.role.shared.preparation.prepare(request).and_then(|prepared| {
            let command = WorkerCommand::Generate { role: self.role.id, prepared, reply };
            self.role.shared.send(command).map_err(|_| stopped())
        });
        if let Err(error) = sent {
            // The receiver is in this function.
            let _ = events.send(TicketMessage::Done(Err(error)));
        }
        Ticket::new(receiver, cancelled, Arc::clone(&self.role))
    }

    /// The natural log-probability of each token given the tokens before it, under
    /// the softmax of all logits; `None` for the first.
    ///
    /// Waits until no request of this context is live and empties its cache, so that
    /// the same tokens give the same bits. The context length bounds the number of
    /// tokens.
    pub fn score(&self, tokens: &[u32]) -> Result<Vec<Option<f32>>, ModelError> {
        self.check(tokens)?;
        if tokens.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = sync_channel(1);
        let job = ScoreJob { ids: tokens.to_vec(), reply };
        self.role
            .shared
            .send(WorkerCommand::Score { role: self.role.id, job })
            .map_err(|_| stopped())?;
        answer.recv().map_err(|_| stopped())?
    }

    /// Checks the number of tokens against the context length, and that each id exists.
    fn check(&self, tokens: &[u32]) -> Result<(), ModelError> {
        let context_tokens = self.context_tokens();
        if tokens.len() > context_tokens as usize {
            let prompt_tokens = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
            return Err(ModelError::PromptTooLong { prompt_tokens, context_tokens });
        }
        let size = self.tokenizer().vocabulary_len();
        match tokens.iter().find(|&&id| id as usize >= size) {
            Some(id) => {
                Err(ModelError::Prompt(format!("token {id} is not one of the model's {size}")))
            }
            None => Ok(()),
        }
    }

    /// The token ids of a prompt.
    pub fn prompt_ids(
        &self,
        prompt: &runtime_core::prompt::Prompt,
    ) -> Result<Vec<u32>, ModelError> {
        prompt::ids(&self.role.shared.preparation.vocabulary, prompt)
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.role.shared.preparation.vocabulary.tokenizer
    }
}

impl LanguageModel for Handle {
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        self.submit(request).wait()
    }

    fn count_tokens(&mut self, text: &str) -> Result<u32, ModelError> {
        prompt::count_tokens(&self.role.shared.preparation.vocabulary, text)
    }

    fn context_tokens(&self) -> u32 {
        self.role.shared.preparation.context_tokens
    }

    fn identity(&self) -> ModelIdentity {
        let path = self.role.shared.file.path();
        let name = path.file_name().unwrap_or(path.as_os_str());
        ModelIdentity {
            name: name.to_string_lossy().into_owned(),
            sha256: self.role.shared.file_sha256().to_owned(),
            adapter_sha256: self.adapter_sha256.clone(),
            source_sha256: self.role.shared.source_sha256.clone(),
        }
    }
}

impl HiddenStates for Handle {
    /// Other requests wait meanwhile. The context length bounds the number of tokens.
    fn state(&mut self, tokens: &[u32]) -> Result<Vec<f32>, ModelError> {
        self.check(tokens)?;
        if tokens.is_empty() {
            return Err(ModelError::Prompt("without a token there is no state".to_owned()));
        }
        let (reply, answer) = sync_channel(1);
        let job = StateJob { ids: tokens.to_vec(), reply };
        self.role
            .shared
            .send(WorkerCommand::State { role: self.role.id, job })
            .map_err(|_| stopped())?;
        answer.recv().map_err(|_| stopped())?
    }
}
