//! Flags of the models and how they are asked.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use runtime_agent::settings::AgentKind;
use runtime_session::options::{Share, Temperature};
use serde::Serialize;

use crate::values;

/// The models, and how they are asked.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Who plays")]
#[serde(rename_all = "kebab-case")]
pub(super) struct PlayerFlags {
    /// The model that acts: a name from `rebound models list`, a GGUF file, `remote:NAME` for
    /// one behind an endpoint, or `scripted` [default: smollm2-135m-instruct]
    #[arg(long, short, value_name = "NAME|FILE", value_parser = values::text())]
    actor: Option<String>,
    /// A LoRA adapter for the actor
    #[arg(long, value_name = "FILE")]
    actor_adapter: Option<PathBuf>,
    /// The model that writes reflections under `retrospective` [default: the actor's]
    #[arg(long, value_name = "NAME|FILE", value_parser = values::text())]
    retrospective: Option<String>,
    /// A LoRA adapter for the retrospective
    /// [default: what `rebound adapter install` made active for its model, if anything]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    retrospective_adapter: Option<PathBuf>,
    /// Reflections to draw for each failure, of which `--reward-model` chooses one [default: 1]
    #[arg(long, value_name = "N", value_parser = values::count(), hide_short_help = true)]
    best_of: Option<NonZeroU32>,
    /// The adapter of the stage `reward-model` that chooses
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    reward_model: Option<PathBuf>,
    /// Tell each failure a reflection on another task of its type from the run in this
    /// folder: the control that says whether reflections carry information
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    borrow_reflections: Option<PathBuf>,
    /// How the agent acts: act (an action) or react (a thought, then an action) [default: act]
    #[arg(
        long,
        value_name = "KIND",
        value_parser = values::one_of(&AgentKind::ALL.map(AgentKind::name)),
        ignore_case = true,
        hide_possible_values = true,
        hide_short_help = true
    )]
    agent: Option<String>,
    /// Folder with templates that stand in for the built-in ones: `system.j2`, `example.j2`,
    /// `opening.j2`, `observation.j2`, `reflection_system.j2`, `reflection.j2`,
    /// `judgement_system.j2`, `judgement.j2`
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    prompts: Option<PathBuf>,
    /// Sampling temperature, all arms alike [default: 0.7]
    #[arg(long)]
    temperature: Option<Temperature>,
    /// Sampling temperature of reflections [default: --temperature]
    #[arg(long, value_name = "TEMPERATURE", hide_short_help = true)]
    reflection_temperature: Option<Temperature>,
    /// Share of probability that sampling keeps [default: 1.0]
    #[arg(long, hide_short_help = true)]
    top_p: Option<Share>,
}
