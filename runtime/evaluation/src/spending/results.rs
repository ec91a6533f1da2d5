//! The spending in `results.json`.

use runtime_core::spending::TokenUse;
use serde::{Deserialize, Serialize};

use super::ledger::{ByModel, Ledger};

/// The spending of a run on paid models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpendingResults {
    /// The date of the prices.
    pub prices_date: String,
    /// The limit of each task in each arm, in USD.
    pub cost_limit_per_task_usd: Option<f64>,
    /// The limit of the run, in USD.
    pub cost_limit_usd: Option<f64>,
    /// The spending of the whole run.
    #[serde(flatten)]
    pub total: Spent,
    /// The spending by model.
    pub models: Vec<ModelSpending>,
    /// The spending by arm and task, sorted by name.
    pub tasks: Vec<TaskSpending>,
}

/// An amount of spending.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// The cost, including lost requests; `null` if a model has no price.
    pub usd: Option<f64>,
    /// Number of answered requests, including those of unfinished steps.
    pub requests: u64,
    /// Their tokens, as counted by the provider.
    pub tokens: TokenUse,
    /// Number of requests whose answers were incomplete.
    pub lost_requests: u64,
    /// Their estimated tokens.
    pub lost_tokens: TokenUse,
}

/// The spending on one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSpending {
    /// The provider's name of the model.
    pub model: String,
    /// The amount.
    #[serde(flatten)]
    pub spent: Spent,
}

/// The spending on one task in one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskSpending {
    /// The arm's strategy, by name.
    pub strategy: String,
    /// The task's id.
    pub id: String,
    /// The amount.
    #[serde(flatten)]
    pub spent: Spent,
}

impl SpendingResults {
    /// The results of a ledger.
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
