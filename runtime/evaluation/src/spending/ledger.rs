//! What was spent so far, on whom, and whether more may be.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use runtime_core::model::{CostScope, ModelError};
use runtime_core::spending::{Spending, TokenUse, Used};

use super::prices::Prices;

/// What may be spent, in USD.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CostLimits {
    /// On one task in one arm; arms are played one after another, and a limit over
    /// all of them would starve the last.
    pub task_usd: Option<f64>,
    /// On the whole run.
    pub run_usd: Option<f64>,
}

/// Writes an attempt down for good, so that a resumed run counts it; says why it
/// could not.
pub type SpendingLog = Box<dyn FnMut(&Spending) -> Result<(), String> + Send>;

/// What some attempts used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// Attempts that were answered.
    pub(super) requests: u64,
    /// What they used, as their provider counted.
    pub(super) tokens: TokenUse,
    /// Attempts whose answers were lost.
    pub(super) lost_requests: u64,
    /// What they used, as we estimate.
    pub(super) lost_tokens: TokenUse,
}

/// Attempts by model.
pub(super) type ByModel = BTreeMap<String, Attempts>;

/// What a run spent. All workers of all arms share it.
pub struct Ledger {
    pub(super) prices: Prices,
    pub(super) limits: CostLimits,
    state: Mutex<State>,
    /// Is told when an attempt ends.
    ended: Condvar,
}

struct State {
    log: SpendingLog,
    books: Books,
    /// What attempts under way use at most, by model.
    reserved: BTreeMap<String, TokenUse>,
    under_way: u64,
}

/// What was spent, on the whole and by arm and task.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) run: ByModel,
    pub(super) tasks: BTreeMap<(String, String), ByModel>,
}

impl Ledger {
    /// A ledger that goes on from what was `spent` before.
    pub fn new(
        prices: Prices,
        limits: CostLimits,
        spent: impl IntoIterator<Item = Spending>,
        log: SpendingLog,
    ) -> Self {
        let mut books = Books::default();
        spent.into_iter().for_each(|spending| books.enter(&spending));
        let state = State { log, books, reserved: BTreeMap::new(), under_way: 0 };
        Self { prices, limits, state: Mutex::new(state), ended: Condvar::new() }
    }

    /// Waits until an attempt may be made, and reserves what it uses at most.
    ///
    /// It may be made while what is spent and reserved is below the run's limit,
    /// so that all attempts under way together exceed it by no more than one of
    /// them. Without another under way it needs no reserve.
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

    /// Takes the reserve back and writes down what was used.
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

    /// What was spent until now.
    pub(super) fn books(&self) -> Books {
        self.lock().books.clone()
    }

    /// What attempts cost; a model without a price costs nothing here.
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

    fn may_reserve(&self, state: &State) -> bool {
        let Some(limit_usd) = self.limits.run_usd else { return true };
        let reserved = state
            .reserved
            .iter()
            .filter_map(|(model, tokens)| self.prices.price(model).map(|price| price.usd(*tokens)));
        self.usd(&state.books.run) + reserved.sum::<f64>() < limit_usd
    }

    fn lock(&self) -> MutexGuard<'_, State> {
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
