//! What a run can be told, by flags or by a file.
//!
//! All commands that play write the same keys. Flags win over the file, the file over defaults.
//! Paths on the command line go from the working folder, those of a file from the file's.

mod file;

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use runtime_agent::settings::AgentKind;
use runtime_core::strategy::Feedback;
use runtime_environments::node::NodeOptions;
use runtime_environments::world::{EnvironmentOptions, WORLDS};
use serde::{Deserialize, Serialize};

use crate::engines::ENGINES;
use crate::files;
use crate::run_name::RunName;
use crate::values;

pub(crate) use file::{RunFile, from_table, read, read_stored, with_paths_from};

/// Heads the options of what is played.
const TASKS: &str = "What is played";
/// Heads the options of the models and how they are asked.
const PLAYERS: &str = "Who plays";
/// Heads the options of the engine.
const MACHINE: &str = "Where it is computed";
/// Heads the options of a run's folder and what is printed.
pub(crate) const FOLDER: &str = "Where it is kept and shown";
/// Heads the options that concern a microcontroller and nothing else.
const NODE: &str = "A microcontroller as the environment";
/// Heads the options that concern endpoints and nothing else.
pub(crate) const PAID: &str = "Models behind an endpoint";
/// The value of an option that takes a name or a file.
const NAME_OR_FILE: &str = "NAME|FILE";

/// Keys of a run's file, each also a flag.
#[derive(Args, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[command(allow_negative_numbers = true)]
pub(crate) struct RunOptions {
    /// The world: household, alfworld or node [default: household]
    #[arg(
        long,
        short,
        value_name = "NAME",
        value_parser = values::one_of(&WORLDS),
        ignore_case = true,
        hide_possible_values = true,
        help_heading = TASKS
    )]
    pub(crate) environment: Option<String>,
    /// Folder of data sets, for worlds that need one [default: rebound/data in the user's data,
    /// where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA", help_heading = TASKS)]
    pub(crate) data: Option<PathBuf>,
    /// Where the node of the environment `node` is: a serial device such as `/dev/ttyACM0` (or
    /// `/dev/ttyUSB0@9600`), `tcp:HOST:PORT`, or `exec:COMMAND` that speaks on its standard
    /// input and output. A command inherits PATH, HOME, LANG, TERM, TMPDIR and their like, and no
    /// other variable: say others in it, `exec:env NAME=VALUE COMMAND`
    #[arg(long, value_name = "PORT", value_parser = values::text(), help_heading = NODE)]
    pub(crate) connect: Option<String>,
    /// What the node is to be brought to: a sensor, a band and for how many steps, such as
    /// `temperature 18..22 for 3` [default: the middle tenth of its first graded sensor, for 3]
    #[arg(long, value_name = "GOAL", value_parser = values::text(), help_heading = NODE)]
    pub(crate) goal: Option<String>,
    /// Begin with the reflections that the node remembers from earlier runs
    #[arg(
        long,
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL",
        help_heading = NODE,
        hide_short_help = true
    )]
    pub(crate) recall: Option<bool>,
    /// Which tasks, for example `validation/easy` or `valid_unseen` [default: the world's own]
    #[arg(long, value_parser = values::text(), help_heading = TASKS)]
    pub(crate) split: Option<String>,
    /// How many tasks of the split [default: 20; 0: all]
    #[arg(
        long,
        short = 'n',
        value_name = "N",
        value_parser = values::whole::<u32>(),
        help_heading = TASKS
    )]
    pub(crate) tasks: Option<u32>,
    /// Trials of each task at most, the first included [default: 3]
    #[arg(long, short, value_name = "N", value_parser = values::count(), help_heading = TASKS)]
    pub(crate) trials: Option<NonZeroU32>,
    /// Steps of an episode at most [default: the world's own]
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = TASKS)]
    pub(crate) steps: Option<NonZeroU32>,
    /// The model that acts: a name from `rebound models list`, a GGUF file, `remote:NAME` for
    /// one behind an endpoint, or `scripted` [default: smollm2-135m-instruct]
    #[arg(
        long,
        short,
        value_name = "NAME|FILE",
        value_parser = values::text(),
        help_heading = PLAYERS
    )]
    pub(crate) actor: Option<String>,
    /// A LoRA adapter for the actor
    #[arg(long, value_name = "FILE", help_heading = PLAYERS)]
    pub(crate) actor_adapter: Option<PathBuf>,
    /// The model that writes reflections under `retrospective` [default: the actor's]
    #[arg(long, value_name = "NAME|FILE", value_parser = values::text(), help_heading = PLAYERS)]
    pub(crate) retrospective: Option<String>,
    /// A LoRA adapter for the retrospective
    /// [default: what `rebound adapter install` made active for its model, if anything]
    #[arg(long, value_name = "FILE", help_heading = PLAYERS, hide_short_help = true)]
    pub(crate) retrospective_adapter: Option<PathBuf>,
    /// Reflections to draw for each failure, of which `--reward-model` chooses one [default: 1]
    #[arg(
        long,
        value_name = "N",
        value_parser = values::count(),
        help_heading = PLAYERS,
        hide_short_help = true
    )]
    pub(crate) best_of: Option<NonZeroU32>,
    /// The adapter of the stage `reward-model` that chooses
    #[arg(long, value_name = "FILE", help_heading = PLAYERS, hide_short_help = true)]
    pub(crate) reward_model: Option<PathBuf>,
    /// Tell each failure a reflection on another task of its type from the run in this
    /// folder: the control that says whether reflections carry information
    #[arg(long, value_name = "DIR", help_heading = PLAYERS, hide_short_help = true)]
    pub(crate) borrow_reflections: Option<PathBuf>,
    /// Take the first trials from the run in this folder, which has the same tasks, seed, actor
    /// and prompts: what reflections change comes later
    #[arg(long, value_name = "DIR", help_heading = TASKS, hide_short_help = true)]
    pub(crate) first_trials: Option<PathBuf>,
    /// How the agent acts: act (an action) or react (a thought, then an action) [default: act]
    #[arg(
        long,
        value_name = "KIND",
        value_parser = values::one_of(&AgentKind::ALL.map(AgentKind::name)),
        ignore_case = true,
        hide_possible_values = true,
        help_heading = PLAYERS,
        hide_short_help = true
    )]
    pub(crate) agent: Option<String>,
    /// Folder with templates that stand in for the built-in ones: `system.j2`, `example.j2`,
    /// `opening.j2`, `observation.j2`, `reflection_system.j2`, `reflection.j2`,
    /// `judgement_system.j2`, `judgement.j2`
    #[arg(long, value_name = "DIR", help_heading = PLAYERS, hide_short_help = true)]
    pub(crate) prompts: Option<PathBuf>,
    /// What the agent learns of its success between trials: success, score, text, or self: it
    /// judges itself, and is told nothing [default: success]
    #[arg(
        long,
        value_parser = values::one_of(&Feedback::ALL.map(Feedback::name)),
        ignore_case = true,
        hide_possible_values = true,
        help_heading = TASKS
    )]
    pub(crate) feedback: Option<String>,
    /// Reflections that a task's memory holds [default: 3]
    #[arg(
        long,
        value_name = "N",
        value_parser = values::count(),
        help_heading = TASKS,
        hide_short_help = true
    )]
    pub(crate) reflections: Option<NonZeroU32>,
    /// Sampling temperature, all arms alike [default: 0.7]
    #[arg(long, value_parser = values::between(0.0, 10.0), help_heading = PLAYERS)]
    pub(crate) temperature: Option<f32>,
    /// Sampling temperature of reflections [default: --temperature]
    #[arg(
        long,
        value_name = "TEMPERATURE",
        value_parser = values::between(0.0, 10.0),
        help_heading = PLAYERS,
        hide_short_help = true
    )]
    pub(crate) reflection_temperature: Option<f32>,
    /// Share of probability that sampling keeps [default: 1.0]
    #[arg(
        long,
        value_parser = values::between(0.0, 1.0),
        help_heading = PLAYERS,
        hide_short_help = true
    )]
    pub(crate) top_p: Option<f32>,
    /// What the run may take and how it is computed, where other options say nothing: laptop,
    /// raspberry-pi-5, raspberry-pi-4, jetson-orin-nano, phone-8gb or a TOML file like theirs
    #[arg(long, value_name = "NAME|FILE", value_parser = values::text(), help_heading = MACHINE)]
    pub(crate) board: Option<String>,
    /// Tokens of context for each episode [default: the board's, or 2048]
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = MACHINE)]
    pub(crate) context: Option<NonZeroU32>,
    /// What computes the models: llama (llama.cpp), decoder (our own), or remote (the endpoint
    /// of `OPENAI_BASE_URL` and `OPENAI_API_KEY`) [default: llama]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = values::one_of(&ENGINES),
        ignore_case = true,
        hide_possible_values = true,
        help_heading = MACHINE
    )]
    pub(crate) engine: Option<String>,
    /// Where it computes, as `rebound devices` lists it [default: flex for the decoder, llama's
    /// own choice]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = values::text(),
        help_heading = MACHINE,
        hide_short_help = true
    )]
    pub(crate) device: Option<String>,
    /// Layers that llama computes beside the processor, where it can [default: all]
    #[arg(
        long,
        value_name = "N",
        value_parser = values::whole::<u32>(),
        help_heading = MACHINE,
        hide_short_help = true
    )]
    pub(crate) gpu_layers: Option<u32>,
    /// Threads of the engine [default: one for each core that is free as the run begins]
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = MACHINE)]
    pub(crate) threads: Option<NonZeroU32>,
    /// Episodes played at once [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count(), help_heading = MACHINE)]
    pub(crate) parallel: Option<NonZeroU32>,
    /// Seeds everything that is drawn [default: 1]
    #[arg(long, value_parser = values::whole::<u64>(), help_heading = TASKS)]
    pub(crate) seed: Option<u64>,
    /// Repeat to the byte: one request at a time, in fixed blocks
    #[arg(
        long,
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL",
        help_heading = MACHINE,
        hide_short_help = true
    )]
    pub(crate) deterministic: Option<bool>,
    /// Stop the run once its paid requests cost this many USD; --resume goes on
    #[arg(long, value_name = "USD", value_parser = values::from_zero(), help_heading = PAID)]
    pub(crate) cost_limit: Option<f64>,
    /// Leave a task once its paid requests in one arm cost this many USD
    #[arg(
        long,
        value_name = "USD",
        value_parser = values::from_zero(),
        help_heading = PAID,
        hide_short_help = true
    )]
    pub(crate) cost_limit_per_task: Option<f64>,
    /// Prices to use instead of the built-in ones
    #[arg(long, value_name = "TOML", help_heading = PAID, hide_short_help = true)]
    pub(crate) prices: Option<PathBuf>,
    /// How often a request is repeated that an endpoint does not answer [default: 6]
    #[arg(
        long,
        value_name = "N",
        value_parser = values::whole::<u32>(),
        help_heading = PAID,
        hide_short_help = true
    )]
    pub(crate) retries: Option<u32>,
    /// The first wait before repeating it, at most; it doubles [default: 0.5]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = values::from_zero(),
        help_heading = PAID,
        hide_short_help = true
    )]
    pub(crate) retry_seconds: Option<f64>,
    /// How long an endpoint may take to be connected [default: 10]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = values::from_zero(),
        help_heading = PAID,
        hide_short_help = true
    )]
    pub(crate) connect_seconds: Option<f64>,
    /// How long it may take to begin its answer [default: 60]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = values::from_zero(),
        help_heading = PAID,
        hide_short_help = true
    )]
    pub(crate) first_byte_seconds: Option<f64>,
    /// How long a request may take in all [default: 300]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = values::from_zero(),
        help_heading = PAID,
        hide_short_help = true
    )]
    pub(crate) request_seconds: Option<f64>,
    /// Name of the run's folder in runs/ [default: made of environment and time]
    #[arg(long, help_heading = FOLDER)]
    pub(crate) name: Option<RunName>,
    /// The run's folder itself, instead of runs/NAME
    #[arg(long, value_name = "DIR", conflicts_with = "name", help_heading = FOLDER)]
    pub(crate) out: Option<PathBuf>,
}

/// An expert plays, not a model.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Demonstration {
    /// How likely a step is random and no lesson, 0.0 to 1.0.
    pub(crate) noise: f32,
}

/// Failed trials have groups of reflections.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Collection {
    /// Reflections of a group.
    pub(crate) members: NonZeroU32,
}

impl RunOptions {
    /// What the run's world may need to be opened.
    pub(crate) fn environment_options(&self) -> EnvironmentOptions {
        EnvironmentOptions {
            data: files::data_folder(self.data.clone()),
            node: NodeOptions { connect: self.connect.clone(), goal: self.goal.clone() },
            ..EnvironmentOptions::default()
        }
    }

    /// These options, and those of `file` where these say nothing.
    pub(crate) fn or(&self, file: toml::Table) -> anyhow::Result<Self> {
        let mut merged = file;
        merged.extend(self.table()?);
        Ok(merged.try_into()?)
    }

    /// The options that say something.
    pub(crate) fn table(&self) -> anyhow::Result<toml::Table> {
        Ok(toml::Table::try_from(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let flags = RunOptions { seed: Some(5), ..RunOptions::default() };
        let file: toml::Table = toml::from_str("seed = 1\ntasks = 7\n").unwrap();

        let merged = flags.or(file).unwrap();

        assert_eq!((merged.seed, merged.tasks), (Some(5), Some(7)));
    }
}
