//! The worker: the thread that owns the weights and computes with them.
//!
//! An engine implements [`Weights`] and [`AdapterRole`]; dispatching commands and closing
//! roles is shared by all engines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};

use models::held::HeldFile;
use runtime_core::model::ModelError;

use crate::error::EngineError;
use crate::prepared::PreparedRequest;
use crate::reply::{ReplySender, TicketMessage};

/// Identifies a role.
pub(crate) type RoleId = u64;

/// An adapter file that was checked against its base model.
#[derive(Clone, Debug)]
pub(crate) struct CheckedAdapter {
    /// The file, held open.
    pub(crate) file: Arc<HeldFile>,
    /// The factor of its output.
    pub(crate) scale: f32,
    /// sha256 of the file, in hexadecimal.
    pub(crate) sha256: String,
}

/// A job to compute log-probabilities.
pub(crate) struct ScoreJob {
    /// The tokens, at least one and at most as many as a context has room for.
    pub(crate) ids: Vec<u32>,
    /// Receives the natural log-probability of each token, `None` for the first.
    pub(crate) reply: SyncSender<Result<Vec<Option<f32>>, ModelError>>,
}

/// A job to compute a hidden state.
pub(crate) struct StateJob {
    /// The tokens, at least one and at most as many as a context has room for.
    pub(crate) ids: Vec<u32>,
    /// Receives the normed residual stream `[width]` at the last token.
    pub(crate) reply: SyncSender<Result<Vec<f32>, ModelError>>,
}

/// Loaded weights.
pub(crate) trait Weights {
    /// The weights under one adapter.
    type Role<'weights>: AdapterRole
    where
        Self: 'weights;

    /// The file that they are from.
    fn file(&self) -> &Arc<HeldFile>;

    /// The weights under this adapter, or without one.
    fn open(&self, adapter: Option<CheckedAdapter>) -> Result<Self::Role<'_>, EngineError>;
}

/// Weights under one adapter, with their requests.
pub(crate) trait AdapterRole {
    /// The adapter's file.
    fn adapter_file(&self) -> Option<&CheckedAdapter>;

    /// Whether a request is live or waits.
    fn is_busy(&self) -> bool;

    /// Adds a request.
    fn submit(&mut self, prepared: PreparedRequest, reply: ReplySender);

    /// Adds a scoring job, which is computed when no request is live.
    fn submit_score(&mut self, job: ScoreJob);

    /// The hidden state at the last of some tokens, computed at once.
    fn state(&mut self, ids: &[u32]) -> Result<Vec<f32>, ModelError>;

    /// Computes one batch, after which commands are read again.
    fn step(&mut self);
}

/// A command to the worker.
pub(crate) enum WorkerCommand {
    /// Open a role, or count one more user of the role with this adapter.
    Open {
        /// The adapter; `None` for the model without one.
        adapter: Option<CheckedAdapter>,
        /// Receives the role's id.
        reply: SyncSender<Result<RoleId, EngineError>>,
    },
    /// Count one user less; without users the role and its adapter are freed.
    Close(RoleId),
    /// Generate an answer.
    Generate {
        /// The role.
        role: RoleId,
        /// The request.
        prepared: PreparedRequest,
        /// Receives the answer.
        reply: ReplySender,
    },
    /// Score tokens.
    Score {
        /// The role.
        role: RoleId,
        /// The tokens to score.
        job: ScoreJob,
    },
    /// Compute a hidden state.
    State {
        /// The role.
        role: RoleId,
        /// The tokens whose state is wanted.
        job: StateJob,
    },
}

/// The worker's roles.
pub(crate) struct Worker<'weights, W: Weights> {
    weights: &'weights W,
    roles: BTreeMap<RoleId, CountedRole<W::Role<'weights>>>,
    opened: RoleId,
}

struct CountedRole<R> {
    role: R,
    users: usize,
}

impl<'weights, W: Weights> Worker<'weights, W> {
    /// A worker without roles.
    pub(crate) fn new(weights: &'weights W) -> Self {
        Self { weights, roles: BTreeMap::new(), opened: 0 }
    }

    /// Runs until all senders of commands are dropped; unfinished requests are then
    /// dropped too.
    pub(crate) fn run(mut self, commands: &Receiver<WorkerCommand>) {
        loop {
            if !self.roles.values().any(|used| used.role.is_busy()) {
                match commands.recv() {
                    Ok(command) => self.obey(command),
                    Err(_) => return,
                }
            }
            loop {
                match commands.try_recv() {
                    Ok(command) => self.obey(command),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            for used in self.roles.values_mut().filter(|used| used.role.is_busy()) {
                used.role.step();
            }
        }
    }

    fn obey(&mut self, command: WorkerCommand) {
        match command {
            WorkerCommand::Open { adapter, reply } => {
                // If the caller is gone, the role stays open but unused.
                let _ = reply.send(self.open(adapter));
            }
            WorkerCommand::Close(role) => self.close(role),
            WorkerCommand::Generate { role, prepared, reply } => match self.role(role) {
                Ok(role) => role.submit(prepared, reply),
                Err(error) => reply.send(TicketMessage::Done(Err(error))),
            },
            WorkerCommand::Score { role, job } => match self.role(role) {
                Ok(role) => role.submit_score(job),
                Err(error) => {
                    let _ = job.reply.send(Err(error));
                }
            },
            WorkerCommand::State { role, job } => {
                let state = self.role(role).and_then(|role| role.state(&job.ids));
                let state = state.and_then(|state| {
                    let unchanged = self.weights.file().check();
                    unchanged.map(|()| state).map_err(|error| ModelError::Engine(error.to_string()))
                });
                // The caller may no longer wait for it.
                let _ = job.reply.send(state);
            }
        }
    }

    fn role(&mut self, role: RoleId) -> Result<&mut W::Role<'weights>, ModelError> {
        let used = self.roles.get_mut(&role);
        used.map(|used| &mut used.role)
            .ok_or_else(|| ModelError::Engine("the role is closed".to_owned()))
    }

    fn open(&mut self, adapter: Option<CheckedAdapter>) -> Result<RoleId, EngineError> {
        let same = |used: &CountedRole<W::Role<'_>>| match (used.role.adapter_file(), &adapter) {
            (None, None) => true,
            (Some(a), Some(b)) => a.sha256 == b.sha256 && a.scale.to_bits() == b.scale.to_bits(),
            _ => false,
        };
        if let Some((&id, used)) = self.roles.iter_mut().find(|(_, used)| same(used)) {
            used.users += 1;
            return Ok(id);
        }
        let file = adapter.as_ref().map(|adapter| Arc::clone(&adapter.file));
        let role = self.weights.open(adapter)?;
        // Its factors were copied; what was checked is what was copied.
        file.map_or(Ok(()), |file| file.check())?;
        self.opened += 1;
        self.roles.insert(self.opened, CountedRole { role, users: 1 });
        Ok(self.opened)
    }

    fn close(&mut self, role: RoleId) {
        if let Some(used) = self.roles.get_mut(&role) {
            used.users -= 1;
            if used.users == 0 {
                self.roles.remove(&role);
            }
        }
    }
}
