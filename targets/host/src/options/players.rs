//! Flags of the models, their adapters, prompts and sampling.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use runtime_agent::settings::AgentKind;
use runtime_session::options::{Share, Temperature};
use serde::Serialize;

use crate::values;

/// The models, their adapters, prompts and sampling.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Models and sampling")]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlayerFlags {
    /// The model that chooses actions: a name from `rebound models list`, a GGUF file,
    /// `remote:NAME` for one behind an endpoint, or `scripted` [default: smollm2-135m-instruct]
    #[arg(long, short, value_name = "NAME|FILE", value_parser = values::text())]
    actor: Option<String>,
    /// A LoRA adapter for the actor
    #[arg(long, value_name = "FILE")]
    actor_adapter: Option<PathBuf>,
    /// The model that writes reflections in the strategy `retrospective` [default: the actor's]
    #[arg(long, value_name = "NAME|FILE", value_parser = values::text())]
    retrospective: Option<String>,
    /// A LoRA adapter for the retrospective
    /// [default: the one that `rebound adapter install` installed for its model, if any]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    retrospective_adapter: Option<PathBuf>,
    /// Reflections to sample for each failure, of which `--reward-model` picks one [default: 1]
    #[arg(long, value_name = "N", value_parser = values::count(), hide_short_help = true)]
    best_of: Option<NonZeroU32>,
    /// The reward model for --best-of: an adapter trained in the stage `reward-model`
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    reward_model: Option<PathBuf>,
    /// Control experiment: after each failure, show a reflection on another task of the same
    /// type, taken from the run in this folder
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    borrow_reflections: Option<PathBuf>,
    /// Kind of agent: act (answers with an action) or react (a thought, then an action) [default: act]
    #[arg(
        long,
        value_name = "KIND",
        value_parser = values::one_of(&AgentKind::ALL.map(AgentKind::name)),
        ignore_case = true,
        hide_possible_values = true,
        hide_short_help = true
    )]
    agent: Option<String>,
    /// Folder of prompt templates that replace built-in ones: `system.j2`, `example.j2`,
    /// `opening.j2`, `observation.j2`, `reflection_system.j2`, `reflection.j2`,
    /// `judgement_system.j2`, `judgement.j2`
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    prompts: Option<PathBuf>,
    /// Sampling temperature, the same in all arms [default: 0.7]
    #[arg(long)]
    temperature: Option<Temperature>,
    /// Sampling temperature of reflections [default: --temperature]
    #[arg(long, value_name = "TEMPERATURE", hide_short_help = true)]
    reflection_temperature: Option<Temperature>,
    /// Nucleus sampling: sample from the likeliest tokens with this total probability [default: 1.0]
    #[arg(long, hide_short_help = true)]
    top_p: Option<Share>,
}
