//! What was spent, as `results.json` says it.

use runtime_core::spending::TokenUse;
use serde::{Deserialize, Serialize};

use super::ledger::{ByModel, Ledger};

/// What a run spent on paid models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpendingResults {
    /// The date of the prices.
    pub prices_date: String,
    /// The limit of each task in each arm, in USD.
    pub cost_limit_per_task_usd: Option<f64>,
    /// The limit of the run, in USD.
    pub cost_limit_usd: Option<f64>,
    /// The whole run.
    #[serde(flatten)]
    pub total: Spent,
    /// By model.
    pub models: Vec<ModelSpending>,
    /// By arm and task, sorted by name.
    pub tasks: Vec<TaskSpending>,
}

/// What was spent on something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// What it cost, lost requests included; `null` where a model has no price.
    pub usd: Option<f64>,
    /// Requests that were answered, those of steps that were not finished included.
    pub requests: u64,
    /// What they used, as the provider counted.
    pub tokens: TokenUse,
    /// Requests whose answers broke off.
    pub lost_requests: u64,
    /// What they used, estimated.
    pub lost_tokens: TokenUse,
}

/// What was spent on one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpending {
    /// The model, by its provider's name.
    pub model: String,
    /// On it.
    #[serde(flatten)]
    pub spent: Spent,
}

/// What was spent on one task in one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskSpending {
    /// The arm's strategy, by name.
    pub strategy: String,
    /// The task's id.
    pub id: String,
    /// On it.
    #[serde(flatten)]
    pub spent: Spent,
}

impl SpendingResults {
    /// What a ledger holds.
    pub fn new(ledger: &Ledger) -> Self {
        let books = ledger.books();
        let one = |(model, attempts): (&String, &_)| ModelSpending {
            model: model.clone(),
            spent: spent(ledger, &ByModel::from([(model.clone(), *attempts)])),
        };
        let task = |((arm, task), attempts): (&(String, String), &ByModel)| TaskSpending {
            strategy: arm.clone(),
            id: task.clone(),
            spent: spent(ledger, attempts),
        };
        Self {
            prices_date: ledger.prices.date.clone(),
            cost_limit_per_task_usd: ledger.limits.task_usd,
            cost_limit_usd: ledger.limits.run_usd,
            total: spent(ledger, &books.run),
            models: books.run.iter().map(one).collect(),
            tasks: books.tasks.iter().map(task).collect(),
        }
    }
}

fn spent(ledger: &Ledger, by_model: &ByModel) -> Spent {
    let priced = by_model.keys().all(|model| ledger.prices.price(model).is_some());
    let mut spent = Spent {
        usd: priced.then(|| ledger.usd(by_model)),
        requests: 0,
        tokens: TokenUse::default(),
        lost_requests: 0,
        lost_tokens: TokenUse::default(),
    };
    for attempts in by_model.values() {
        spent.requests += attempts.requests;
        spent.tokens += attempts.tokens;
        spent.lost_requests += attempts.lost_requests;
        spent.lost_tokens += attempts.lost_tokens;
    }
    spent
}
