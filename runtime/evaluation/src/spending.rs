//! Spending on paid models: tokens, money and limits.
//!
//! ```text
//! agent ─► account (one a worker) ─► ledger ─► log
//!            ▲ begin, end              │ prices, limits
//!          model                       └► spending results
//! ```
//!
//! The ledger counts every attempt, also those whose answers were lost, so its totals may
//! exceed those of the trials. Money is computed from total token counts by one table of
//! prices, so that it does not depend on the order of requests.

pub mod prices;
pub mod ledger;
pub mod account;
pub mod results;
