//! Flags of models behind an API endpoint.

use std::path::PathBuf;

use clap::Args;
use runtime_session::options::Amount;
use serde::Serialize;

use crate::values;

/// Costs, retries and timeouts of endpoints.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Models behind an API endpoint")]
#[serde(rename_all = "kebab-case")]
pub(super) struct PaidFlags {
    /// Stop the run once its paid requests cost this many USD; --resume continues it
    #[arg(long, value_name = "USD")]
    cost_limit: Option<Amount>,
    /// End a task once its paid requests in one arm cost this many USD
    #[arg(long, value_name = "USD", hide_short_help = true)]
    cost_limit_per_task: Option<Amount>,
    /// Price list to use instead of the built-in one
    #[arg(long, value_name = "TOML", hide_short_help = true)]
    prices: Option<PathBuf>,
    /// Number of retries for a request that fails [default: 6]
    #[arg(long, value_name = "N", value_parser = values::whole::<u32>(), hide_short_help = true)]
    retries: Option<u32>,
    /// Longest wait before the first retry; it doubles with each retry [default: 0.5]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    retry_seconds: Option<Amount>,
    /// Timeout for connecting to the endpoint [default: 10]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    connect_seconds: Option<Amount>,
    /// Timeout for the first byte of an answer [default: 60]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    first_byte_seconds: Option<Amount>,
    /// Timeout for a whole request [default: 300]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    request_seconds: Option<Amount>,
}
