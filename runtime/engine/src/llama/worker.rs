//! The thread that owns the weights and makes all calls of llama.cpp.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};

use runtime_core::model::ModelError;

use super::config::LlamaConfig;
use super::error::LlamaError;
use super::prepared::{Prepared, Reply};
use super::raw::Model;
use super::role::{AdapterFile, Role};
use super::score::ScoreJob;
use super::ticket::Event;
use crate::prompt::Vocabulary;

/// Names a role to the worker.
pub(crate) type RoleId = u64;

/// What the worker can be told.
pub(crate) enum Command {
    /// Make a role, or count one user more of the one with this adapter.
    Open {
        /// The adapter, none for the bare model.
        adapter: Option<AdapterFile>,
        /// Where the role's name goes.
        reply: SyncSender<Result<RoleId, LlamaError>>,
    },
    /// Count one user less; the last one frees the context and the adapter.
    Close(RoleId),
    /// Answer a request.
    Generate {
        /// Which context.
        role: RoleId,
        /// What is asked.
        prepared: Prepared,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Score tokens.
    Score {
        /// Which context.
        role: RoleId,
        /// Which tokens.
        job: ScoreJob,
    },
}

/// The worker's roles.
pub(crate) struct Worker<'model> {
    model: &'model Model,
    config: Arc<LlamaConfig>,
    vocabulary: Arc<Vocabulary>,
    roles: BTreeMap<RoleId, Used<'model>>,
    opened: RoleId,
}

struct Used<'model> {
    role: Role<'model>,
    users: usize,
}

impl<'model> Worker<'model> {
    /// A worker without roles.
    pub(crate) fn new(
        model: &'model Model,
        config: Arc<LlamaConfig>,
        vocabulary: Arc<Vocabulary>,
    ) -> Self {
        Self { model, config, vocabulary, roles: BTreeMap::new(), opened: 0 }
    }

    /// Works until all senders of commands are gone; what is under way then is
    /// dropped.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        loop {
            if self.is_idle() {
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
            for used in self.roles.values_mut() {
                if let Some(context) = used.role.busy_context() {
                    context.step();
                }
            }
        }
    }

    fn is_idle(&mut self) -> bool {
        self.roles.values_mut().all(|used| used.role.busy_context().is_none())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open { adapter, reply } => {
                // A caller that is gone has closed nothing: its role stays unused.
                let _ = reply.send(self.open(adapter));
            }
            Command::Close(role) => self.close(role),
            Command::Generate { role, prepared, reply } => match self.context(role) {
                Ok(context) => context.submit(prepared, reply),
                Err(error) => reply.send(Event::Done(Err(error))),
            },
            Command::Score { role, job } => match self.context(role) {
                Ok(context) => context.submit_score(job),
                Err(error) => {
                    let _ = job.reply.send(Err(error));
                }
            },
        }
    }

    fn context(
        &mut self,
        role: RoleId,
    ) -> Result<&mut super::context::Context<'model>, ModelError> {
        match self.roles.get_mut(&role) {
            Some(used) => used.role.context(),
            None => Err(ModelError::Engine("the role is closed".to_owned())),
        }
    }

    fn open(&mut self, adapter: Option<AdapterFile>) -> Result<RoleId, LlamaError> {
        let same = |used: &Used<'_>| match (used.role.adapter_file(), &adapter) {
            (None, None) => true,
            (Some(a), Some(b)) => a.sha256 == b.sha256 && a.scale.to_bits() == b.scale.to_bits(),
            _ => false,
        };
        if let Some((&id, used)) = self.roles.iter_mut().find(|(_, used)| same(used)) {
            used.users += 1;
            return Ok(id);
        }
        let (config, vocabulary) = (Arc::clone(&self.config), Arc::clone(&self.vocabulary));
        let role = Role::open(self.model, config, vocabulary, adapter)?;
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
