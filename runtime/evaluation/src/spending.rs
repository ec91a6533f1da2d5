//! What a run spends on paid models: tokens, money, limits.
//!
//! ```text
//! agent ─► account (one a worker) ─► ledger ─► log
//!            ▲ begin, end              │ prices, limits
//!          model                       └► spending results
//! ```
//!
//! The ledger counts every attempt, also those whose answers were lost, so that
//! it may show more than the trials do. Money is computed from token counts by one
//! table of prices, never added up along the way: the same counts cost the same in
//! any order.

pub mod prices;
pub mod ledger;
pub mod account;
pub mod results;
