//! Flags of the engine.

use std::num::NonZeroU32;

use clap::Args;
use runtime_session::engines::ENGINES;
use serde::Serialize;

use crate::values;

/// The engine, and what it may take.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Where it is computed")]
#[serde(rename_all = "kebab-case")]
pub(super) struct MachineFlags {
    /// What the run may take and how it is computed, where other options say nothing: laptop,
    /// raspberry-pi-5, raspberry-pi-4, jetson-orin-nano, phone-8gb or a TOML file like theirs
    #[arg(long, value_name = "NAME|FILE", value_parser = values::text())]
    board: Option<String>,
    /// Tokens of context for each episode [default: the board's, or 2048]
    #[arg(long, value_name = "N", value_parser = values::count())]
    context: Option<NonZeroU32>,
    /// What computes the models: llama (llama.cpp), decoder (our own), or remote (the endpoint
    /// of `OPENAI_BASE_URL` and `OPENAI_API_KEY`) [default: llama]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = values::one_of(&ENGINES),
        ignore_case = true,
        hide_possible_values = true
    )]
    engine: Option<String>,
    /// Where it computes, as `rebound devices` lists it [default: flex for the decoder, llama's
    /// own choice]
    #[arg(long, value_name = "NAME", value_parser = values::text(), hide_short_help = true)]
    device: Option<String>,
    /// Layers that llama computes beside the processor, where it can [default: all]
    #[arg(long, value_name = "N", value_parser = values::whole::<u32>(), hide_short_help = true)]
    gpu_layers: Option<u32>,
    /// Threads of the engine [default: one for each core that is free as the run begins]
    #[arg(long, value_name = "N", value_parser = values::count())]
    threads: Option<NonZeroU32>,
    /// Episodes played at once [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    parallel: Option<NonZeroU32>,
    /// Repeat to the byte: one request at a time, in fixed blocks
    #[arg(
        long,
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_short_help = true
    )]
    deterministic: Option<bool>,
}
