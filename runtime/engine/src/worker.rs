//! The thread that owns the weights and computes with them.
//!
//! An engine says what it can do by [`Weights`] and [`Role`]; who asks for what,
//! and when a role ends, is kept here once for all engines.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};

use runtime_core::model::ModelError;

use crate::error::EngineError;
use crate::prepared::Prepared;
use crate::reply::{Event, Reply};

/// Names a role to the worker.
pub(crate) type RoleId = u64;

/// An adapter file that was checked against its model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdapterFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What its output is multiplied by.
    pub(crate) scale: f32,
    /// sha256 of the file, in hexadecimal.
    pub(crate) sha256: String,
}

/// Tokens to score, and where the scores go.
pub(crate) struct ScoreJob {
    /// At least one token, at most as many as a context holds.
    pub(crate) ids: Vec<u32>,
    /// Where the natural log-probability of each goes; the first has none.
    pub(crate) reply: SyncSender<Result<Vec<Option<f32>>, ModelError>>,
}

/// Tokens whose last hidden state is wanted, and where it goes.
pub(crate) struct StateJob {
    /// At least one token, at most as many as a context holds.
    pub(crate) ids: Vec<u32>,
    /// Where the normed residual stream at the last token goes, `[width]`.
    pub(crate) reply: SyncSender<Result<Vec<f32>, ModelError>>,
}

/// Loaded weights.
pub(crate) trait Weights {
    /// The weights under one adapter.
    type Role<'weights>: Role
    where
        Self: 'weights;

    /// The weights under this adapter, or bare.
    fn open(&self, adapter: Option<AdapterFile>) -> Result<Self::Role<'_>, EngineError>;
}

/// Weights under one adapter, and the requests to them.
pub(crate) trait Role {
    /// The adapter's file.
    fn adapter_file(&self) -> Option<&AdapterFile>;

    /// Whether a request is live or waits.
    fn is_busy(&self) -> bool;

    /// Takes a request in.
    fn submit(&mut self, prepared: Prepared, reply: Reply);

    /// Takes scoring in; it is done when no request is live.
    fn submit_score(&mut self, job: ScoreJob);

    /// The last hidden state of some tokens; done at once.
    fn state(&mut self, ids: &[u32]) -> Result<Vec<f32>, ModelError>;

    /// One piece of work, so short that commands can wait for it.
    fn step(&mut self);
}

/// What the worker can be told.
pub(crate) enum Command {
    /// Make a role, or count one user more of the one with this adapter.
    Open {
        /// The adapter, none for the bare model.
        adapter: Option<AdapterFile>,
        /// Where the role's name goes.
        reply: SyncSender<Result<RoleId, EngineError>>,
    },
    /// Count one user less; the last one frees the role and its adapter.
    Close(RoleId),
    /// Answer a request.
    Generate {
        /// Whom is asked.
        role: RoleId,
        /// What is asked.
        prepared: Prepared,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Score tokens.
    Score {
        /// Whom is asked.
        role: RoleId,
        /// Which tokens.
        job: ScoreJob,
    },
    /// Compute a hidden state.
    State {
        /// Whom is asked.
        role: RoleId,
        /// Of which tokens.
        job: StateJob,
    },
}

/// The worker's roles.
pub(crate) struct Worker<'weights, W: Weights> {
    weights: &'weights W,
    roles: BTreeMap<RoleId, Used<W::Role<'weights>>>,
    opened: RoleId,
}

struct Used<R> {
    role: R,
    users: usize,
}

impl<'weights, W: Weights> Worker<'weights, W> {
    /// A worker without roles.
    pub(crate) fn new(weights: &'weights W) -> Self {
        Self { weights, roles: BTreeMap::new(), opened: 0 }
    }

    /// Works until all senders of commands are gone; what is under way then is
    /// dropped.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
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

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open { adapter, reply } => {
                // A caller that is gone has closed nothing: its role stays unused.
                let _ = reply.send(self.open(adapter));
            }
            Command::Close(role) => self.close(role),
            Command::Generate { role, prepared, reply } => match self.role(role) {
                Ok(role) => role.submit(prepared, reply),
                Err(error) => reply.send(Event::Done(Err(error))),
            },
            Command::Score { role, job } => match self.role(role) {
                Ok(role) => role.submit_score(job),
                Err(error) => {
                    let _ = job.reply.send(Err(error));
                }
            },
            Command::State { role, job } => {
                let state = self.role(role).and_then(|role| role.state(&job.ids));
                // Who asked may have gone.
                let _ = job.reply.send(state);
            }
        }
    }

    fn role(&mut self, role: RoleId) -> Result<&mut W::Role<'weights>, ModelError> {
        let used = self.roles.get_mut(&role);
        used.map(|used| &mut used.role)
            .ok_or_else(|| ModelError::Engine("the role is closed".to_owned()))
    }

    fn open(&mut self, adapter: Option<AdapterFile>) -> Result<RoleId, EngineError> {
        let same = |used: &Used<W::Role<'_>>| match (used.role.adapter_file(), &adapter) {
            (None, None) => true,
            (Some(a), Some(b)) => a.sha256 == b.sha256 && a.scale.to_bits() == b.scale.to_bits(),
            _ => false,
        };
        if let Some((&id, used)) = self.roles.iter_mut().find(|(_, used)| same(used)) {
            used.users += 1;
            return Ok(id);
        }
        let role = self.weights.open(adapter)?;
        self.opened += 1;
        self.roles.insert(self.opened, Used { role, users: 1 });
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
