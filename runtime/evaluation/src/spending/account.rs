//! A worker's account with the ledger, which knows the current task.

use std::sync::{Arc, Mutex, PoisonError};

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::model::ModelError;
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::spending::{Meter, TokenUse, Used};
use runtime_core::trajectory::Decision;

use super::ledger::Ledger;

/// The account of one worker in one arm.
pub struct Account {
    ledger: Arc<Ledger>,
    /// The arm's strategy, by name.
    arm: String,
    /// The id of the current task.
    task: Mutex<String>,
}

impl Account {
    /// An account without a current task.
    pub fn new(ledger: Arc<Ledger>, arm: impl Into<String>) -> Self {
        Self { ledger, arm: arm.into(), task: Mutex::default() }
    }

    fn enter(&self, task: &str) {
        let mut entered = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if *entered != task {
            task.clone_into(&mut entered);
        }
    }

    fn task(&self) -> String {
        self.task.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Meter for Account {
    fn begin(&self, model: &str, at_most: TokenUse) -> Result<(), ModelError> {
        self.ledger.begin((&self.arm, &self.task()), model, at_most)
    }

    fn end(&self, model: &str, at_most: TokenUse, used: Used) -> Result<(), ModelError> {
        self.ledger.end((&self.arm, &self.task()), model, at_most, used)
    }
}

/// An agent whose models are metered by an account.
pub struct AccountedAgent {
    /// The agent.
    pub agent: Box<dyn Agent + Send>,
    /// The meter of its models.
    pub account: Arc<Account>,
}

impl Agent for AccountedAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        self.account.enter(&episode.task.id);
        self.agent.act(episode)
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        self.account.enter(&attempt.task.id);
        self.agent.judge(attempt)
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        self.account.enter(&attempt.task.id);
        self.agent.reflect(attempt)
    }
}
