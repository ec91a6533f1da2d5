//! The ledger: spending so far by model and task, and the check of cost limits.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use runtime_core::model::{CostScope, ModelError};
use runtime_core::spending::{Spending, TokenUse, Used};

use super::prices::Prices;

/// Cost limits in USD.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CostLimits {
    /// For one task in one arm. Arms are played one after another, so a limit over all of
    /// them could leave nothing for the last.
    pub task_usd: Option<f64>,
    /// For the whole run.
    pub run_usd: Option<f64>,
}

/// Stores the spending of an attempt permanently, so that a resumed run counts it; an error is
/// a message.
pub type SpendingLog = Box<dyn FnMut(&Spending) -> Result<(), String> + Send>;

/// The token use of some attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// Number of answered requests.
    pub(super) requests: u64,
    /// Their tokens, as counted by the provider.
    pub(super) tokens: TokenUse,
    /// Number of requests whose answers were lost.
    pub(super) lost_requests: u64,
    /// Their estimated tokens.
    pub(super) lost_tokens: TokenUse,
}

/// Attempts by model.
pub(super) type ByModel = BTreeMap<String, Attempts>;

/// The spending of a run, shared by all workers of all arms.
pub struct Ledger {
    pub(super) prices: Prices,
    pub(super) limits: CostLimits,
    state: Mutex<LedgerState>,
    /// Notified when an attempt ends.
    ended: Condvar,
}

struct LedgerState {
    log: SpendingLog,
    books: Books,
    /// The reserved token use of running attempts, by model.
    reserved: BTreeMap<String, TokenUse>,
    under_way: u64,
}

/// The spending in total and by arm and task.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) run: ByModel,
    pub(super) tasks: BTreeMap<(String, String), ByModel>,
}

impl Ledger {
    /// A ledger that starts with what was `spent` before.
    pub fn new(
        prices: Prices,
        limits: CostLimits,
        spent: impl IntoIterator<Item = Spending>,
        log: SpendingLog,
    ) -> Self {
        let mut books = Books::default();
        spent.into_iter().for_each(|spending| books.enter(&spending));
        let state = LedgerState { log, books, reserved: BTreeMap::new(), under_way: 0 };
        Self { prices, limits, state: Mutex::new(state), ended: Condvar::new() }
    }

    /// Waits until an attempt is allowed, and reserves its greatest token use.
    ///
    /// An attempt is allowed while the spent and reserved costs are below the run's limit, so
    /// that all running attempts together exceed it by at most one of them. It is also
    /// allowed if no other attempt is running.
    pub(super) fn begin(
        &self,
        (arm, task): (&str, &str),
        model: &str,
        at_most: TokenUse,
    ) -> Result<(), ModelError> {
        let mut state = self.lock();
        loop {
            self.check(&state.books, arm, task)?;
            if state.under_way == 0 || self.may_reserve(&state) {
                break;
            }
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        *state.reserved.entry(model.to_owned()).or_default() += at_most;
        state.under_way += 1;
        Ok(())
    }

    /// Releases the reservation and records the actual use.
    pub(super) fn end(
        &self,
        (arm, task): (&str, &str),
        model: &str,
        at_most: TokenUse,
        used: Used,
    ) -> Result<(), ModelError> {
        let mut state = self.lock();
        state.under_way -= 1;
        if let Some(reserved) = state.reserved.get_mut(model) {
            reserved.prompt = reserved.prompt.saturating_sub(at_most.prompt);
            reserved.completion = reserved.completion.saturating_sub(at_most.completion);
        }
        self.ended.notify_all();
        let (answered, tokens) = match used {
            Used::Answered(tokens) => (true, tokens),
            Used::Lost(tokens) => (false, tokens),
            Used::Nothing => return Ok(()),
        };
        let [arm, task, model] = [arm, task, model].map(str::to_owned);
        let spending = Spending { arm, task, model, answered, tokens };
        state.books.enter(&spending);
        (state.log)(&spending).map_err(ModelError::Engine)
    }

    /// The spending so far.
    pub(super) fn books(&self) -> Books {
        self.lock().books.clone()
    }

    /// The cost of attempts; a model without a price counts as free.
    pub(super) fn usd(&self, attempts: &ByModel) -> f64 {
        let cost = |(model, attempts): (&String, &Attempts)| {
            let price = self.prices.price(model)?;
            Some(price.usd(attempts.tokens) + price.usd(attempts.lost_tokens))
        };
        attempts.iter().filter_map(cost).sum()
    }

    fn check(&self, books: &Books, arm: &str, task: &str) -> Result<(), ModelError> {
        if let Some(limit_usd) = self.limits.run_usd {
            refuse_from(CostScope::Run, self.usd(&books.run), limit_usd)?;
        }
        let Some(limit_usd) = self.limits.task_usd else { return Ok(()) };
        let spent = books.tasks.get(&(arm.to_owned(), task.to_owned()));
        refuse_from(CostScope::Task, spent.map_or(0.0, |spent| self.usd(spent)), limit_usd)
    }

    fn may_reserve(&self, state: &LedgerState) -> bool {
        let Some(limit_usd) = self.limits.run_usd else { return true };
        let reserved = state
            .reserved
            .iter()
            .filter_map(|(model, tokens)| self.prices.price(model).map(|price| price.usd(*tokens)));
        self.usd(&state.books.run) + reserved.sum::<f64>() < limit_usd
    }

    fn lock(&self) -> MutexGuard<'_, LedgerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn enter(&mut self, spending: &Spending) {
        let Spending { arm, task, model, .. } = spending;
        self.run.entry(model.clone()).or_default().add(spending);
        let task = self.tasks.entry((arm.clone(), task.clone())).or_default();
        task.entry(model.clone()).or_default().add(spending);
    }
}

impl Attempts {
    fn add(&mut self, spending: &Spending) {
        if spending.answered {
            self.requests += 1;
            self.tokens += spending.tokens;
        } else {
            self.lost_requests += 1;
            self.lost_tokens += spending.tokens;
        }
    }
}

fn refuse_from(scope: CostScope, spent_usd: f64, limit_usd: f64) -> Result<(), ModelError> {
    if spent_usd < limit_usd {
        return Ok(());
    }
    Err(ModelError::CostLimit { scope, spent_usd, limit_usd })
}

#[cfg(test)]
mod tests;
