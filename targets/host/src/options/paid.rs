//! Flags of models behind an endpoint.

use std::path::PathBuf;

use clap::Args;
use runtime_session::options::Amount;
use serde::Serialize;

use crate::values;

/// Endpoints: costs and waits.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Models behind an endpoint")]
#[serde(rename_all = "kebab-case")]
pub(super) struct PaidFlags {
    /// Stop the run once its paid requests cost this many USD; --resume goes on
    #[arg(long, value_name = "USD")]
    cost_limit: Option<Amount>,
    /// Leave a task once its paid requests in one arm cost this many USD
    #[arg(long, value_name = "USD", hide_short_help = true)]
    cost_limit_per_task: Option<Amount>,
    /// Prices to use instead of the built-in ones
    #[arg(long, value_name = "TOML", hide_short_help = true)]
    prices: Option<PathBuf>,
    /// How often a request is repeated that an endpoint does not answer [default: 6]
    #[arg(long, value_name = "N", value_parser = values::whole::<u32>(), hide_short_help = true)]
    retries: Option<u32>,
    /// The first wait before repeating it, at most; it doubles [default: 0.5]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    retry_seconds: Option<Amount>,
    /// How long an endpoint may take to be connected [default: 10]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    connect_seconds: Option<Amount>,
    /// How long it may take to begin its answer [default: 60]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    first_byte_seconds: Option<Amount>,
    /// How long a request may take in all [default: 300]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    request_seconds: Option<Amount>,
}
