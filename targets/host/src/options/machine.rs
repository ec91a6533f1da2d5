//! Flags of the inference engine and the machine.

use std::num::NonZeroU32;

use clap::Args;
use runtime_session::engines::ENGINES;
use serde::Serialize;

use crate::values;

/// The inference engine and its limits.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Engine and hardware")]
#[serde(rename_all = "kebab-case")]
pub(super) struct MachineFlags {
    /// Memory budget and engine settings of a device, which other options override: laptop,
    /// raspberry-pi-5, raspberry-pi-4, jetson-orin-nano, phone-8gb or a TOML file in their format
    #[arg(long, value_name = "NAME|FILE", value_parser = values::text())]
    board: Option<String>,
    /// Context length of each episode in tokens [default: the board's, or 2048]
    #[arg(long, value_name = "N", value_parser = values::count())]
    context: Option<NonZeroU32>,
    /// Inference engine: llama (llama.cpp), decoder (our own), or remote (the endpoint of
    /// `OPENAI_BASE_URL` and `OPENAI_API_KEY`) [default: llama]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = values::one_of(&ENGINES),
        ignore_case = true,
        hide_possible_values = true
    )]
    engine: Option<String>,
    /// Device to compute on, from `rebound devices` [default: flex for the decoder, llama.cpp's
    /// own choice]
    #[arg(long, value_name = "NAME", value_parser = values::text(), hide_short_help = true)]
    device: Option<String>,
    /// Number of layers that llama.cpp computes on the GPU if there is one [default: all]
    #[arg(long, value_name = "N", value_parser = values::whole::<u32>(), hide_short_help = true)]
    gpu_layers: Option<u32>,
    /// Number of CPU threads [default: one for each core that is idle as the run begins]
    #[arg(long, value_name = "N", value_parser = values::count())]
    threads: Option<NonZeroU32>,
    /// Number of episodes played in parallel [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    parallel: Option<NonZeroU32>,
    /// Make runs reproducible to the byte: decode one request at a time, prefill in fixed blocks
    #[arg(
        long,
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_short_help = true
    )]
    deterministic: Option<bool>,
}
