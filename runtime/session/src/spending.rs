//! What models behind an endpoint may cost in a run.

use std::sync::Arc;

use anyhow::{Context, ensure};
use runtime_evaluation::spending::ledger::{CostLimits, Ledger};
use runtime_evaluation::spending::prices::Prices;
use runtime_store::line_log::LineLog;
use runtime_store::run_folder::RunFolder;

use crate::agents::AgentParts;
use crate::loaded::SessionModel;
use crate::options::{Amount, RunOptions};

const PRICES: &str = include_str!("../prices.toml");

/// Prices and limits.
pub(crate) struct Terms {
    prices: Prices,
    limits: CostLimits,
}

/// The terms of a run; `None` if none of its models is behind an endpoint.
///
/// A limit is refused where it could not be kept: without a price.
pub(crate) fn terms(options: &RunOptions, parts: &[AgentParts]) -> anyhow::Result<Option<Terms>> {
    let [task_usd, run_usd] =
        [options.cost_limit_per_task, options.cost_limit].map(|usd| usd.map(Amount::get));
    let limits = CostLimits { task_usd, run_usd };
    let limited = task_usd.or(run_usd).is_some();
    let models = parts.iter().flat_map(|parts| [&parts.actor, &parts.retrospective]);
    let paid = models.filter_map(|model| match model {
        SessionModel::Remote(remote) => Some(remote.name.as_str()),
        SessionModel::Scripted(_) | SessionModel::Loaded(_) | SessionModel::Dictation(_) => None,
    });
    let paid: Vec<&str> = paid.collect();
    if paid.is_empty() {
        ensure!(!limited, "a cost limit is for models behind an endpoint; this run has none");
        return Ok(None);
    }
    let prices = prices(options)?;
    if limited {
        for model in paid {
            ensure!(
                prices.price(model).is_some(),
                "there is no price for {model}, so that no cost limit can be kept; write it into \
                 a file in the form of runtime/session/prices.toml and name that with --prices"
            );
        }
    }
    Ok(Some(Terms { prices, limits }))
}

/// The ledger of the run in a folder, with what was spent before.
pub(crate) fn ledger(terms: Terms, folder: &RunFolder) -> anyhow::Result<Arc<Ledger>> {
    let (mut log, spent) = LineLog::open(&folder.spending())?;
    let log = Box::new(move |spending: &_| {
        log.append(spending).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
    });
    Ok(Arc::new(Ledger::new(terms.prices, terms.limits, spent, log)))
}

fn prices(options: &RunOptions) -> anyhow::Result<Prices> {
    let Some(path) = &options.prices else {
        return Prices::parse(PRICES).context("in the built-in prices");
    };
    let text = runtime_files::read_text(path)
        .with_context(|| format!("cannot read the prices {}", path.display()))?;
    Prices::parse(&text).with_context(|| format!("in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_prices_can_be_read() {
        assert!(prices(&RunOptions::default()).unwrap().price("gpt-4o-mini").is_some());
    }
}
