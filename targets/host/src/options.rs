//! What a run can be told, by flags or by a file.
//!
//! All commands that play write the same keys. Flags win over the file, the file over defaults.
//! Paths on the command line go from the working folder, those of a file from the file's.

use std::any::TypeId;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Arg, Args, CommandFactory};
use models::paths;
use runtime_environments::node::NodeOptions;
use runtime_environments::world::EnvironmentOptions;
use runtime_store::sealed;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::run_name::RunName;

/// Heads the options that concern a microcontroller and nothing else.
const NODE: &str = "A microcontroller as the environment";
/// Heads the options that concern endpoints and nothing else.
pub(crate) const PAID: &str = "Models behind an endpoint";
/// The value of an option that takes a name or a file.
const NAME_OR_FILE: &str = "NAME|FILE";

/// Keys of a run's file, each also a flag.
#[derive(Args, Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RunOptions {
    /// The world: household, alfworld or node [default: household]
    #[arg(long, short, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Folder of data sets, for worlds that need one [default: rebound/data in the user's data,
    /// where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Where the node of the environment `node` is: a serial device such as `/dev/ttyACM0` (or
    /// `/dev/ttyUSB0@9600`), `tcp:HOST:PORT`, or `exec:COMMAND` that speaks on its standard
    /// input and output. A command inherits PATH, HOME, LANG, TERM, TMPDIR and their like, and no
    /// other variable: say others in it, `exec:env NAME=VALUE COMMAND`
    #[arg(long, value_name = "PORT", help_heading = NODE)]
    pub(crate) connect: Option<String>,
    /// What the node is to be brought to: a sensor, a band and for how many steps, such as
    /// `temperature 18..22 for 3` [default: the middle tenth of its first graded sensor, for 3]
    #[arg(long, value_name = "GOAL", help_heading = NODE)]
    pub(crate) goal: Option<String>,
    /// Begin with the reflections that the node remembers from earlier runs
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL", help_heading = NODE)]
    pub(crate) recall: Option<bool>,
    /// Which tasks, for example `validation/easy` or `valid_unseen` [default: the world's own]
    #[arg(long)]
    pub(crate) split: Option<String>,
    /// How many tasks of the split [default: 20; 0: all]
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) tasks: Option<u32>,
    /// Trials of each task at most, the first included [default: 3]
    #[arg(long, short, value_name = "N")]
    pub(crate) trials: Option<NonZeroU32>,
    /// Steps of an episode at most [default: the world's own]
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<NonZeroU32>,
    /// The model that acts: a name from `rebound models list`, a GGUF file, `remote:NAME` for
    /// one behind an endpoint, or `scripted` [default: smollm2-135m-instruct]
    #[arg(long, short, value_name = "NAME|FILE")]
    pub(crate) actor: Option<String>,
    /// A LoRA adapter for the actor
    #[arg(long, value_name = "FILE")]
    pub(crate) actor_adapter: Option<PathBuf>,
    /// The model that writes reflections under `retrospective` [default: the actor's]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) retrospective: Option<String>,
    /// A LoRA adapter for the retrospective
    /// [default: what `rebound adapter install` made active for its model, if anything]
    #[arg(long, value_name = "FILE")]
    pub(crate) retrospective_adapter: Option<PathBuf>,
    /// Reflections to draw for each failure, of which `--reward-model` chooses one [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) best_of: Option<NonZeroU32>,
    /// The adapter of the stage `reward-model` that chooses
    #[arg(long, value_name = "FILE")]
    pub(crate) reward_model: Option<PathBuf>,
    /// Tell each failure a reflection on another task of its type from the run in this
    /// folder: the control that says whether reflections carry information
    #[arg(long, value_name = "DIR")]
    pub(crate) borrow_reflections: Option<PathBuf>,
    /// Take the first trials from the run in this folder, which has the same tasks, seed, actor
    /// and prompts: what reflections change comes later
    #[arg(long, value_name = "DIR")]
    pub(crate) first_trials: Option<PathBuf>,
    /// How the agent acts: act (an action) or react (a thought, then an action) [default: act]
    #[arg(long, value_name = "KIND")]
    pub(crate) agent: Option<String>,
    /// Folder with templates that stand in for the built-in ones: `system.j2`, `example.j2`,
    /// `opening.j2`, `observation.j2`, `reflection_system.j2`, `reflection.j2`,
    /// `judgement_system.j2`, `judgement.j2`
    #[arg(long, value_name = "DIR")]
    pub(crate) prompts: Option<PathBuf>,
    /// What the agent learns of its success between trials: success, score, text, or self: it
    /// judges itself, and is told nothing [default: success]
    #[arg(long)]
    pub(crate) feedback: Option<String>,
    /// Reflections that a task's memory holds [default: 3]
    #[arg(long, value_name = "N")]
    pub(crate) reflections: Option<NonZeroU32>,
    /// Sampling temperature, all arms alike [default: 0.7]
    #[arg(long)]
    pub(crate) temperature: Option<f32>,
    /// Sampling temperature of reflections [default: --temperature]
    #[arg(long, value_name = "TEMPERATURE")]
    pub(crate) reflection_temperature: Option<f32>,
    /// Share of probability that sampling keeps [default: 1.0]
    #[arg(long)]
    pub(crate) top_p: Option<f32>,
    /// What the run may take and how it is computed, where other options say nothing: laptop,
    /// raspberry-pi-5, raspberry-pi-4, jetson-orin-nano, phone-8gb or a TOML file like theirs
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) board: Option<String>,
    /// Tokens of context for each episode [default: the board's, or 2048]
    #[arg(long, value_name = "N")]
    pub(crate) context: Option<NonZeroU32>,
    /// What computes the models: llama (llama.cpp), decoder (our own), or remote (the endpoint
    /// of `OPENAI_BASE_URL` and `OPENAI_API_KEY`) [default: llama]
    #[arg(long, value_name = "NAME")]
    pub(crate) engine: Option<String>,
    /// Where it computes, as `rebound devices` lists it [default: flex for the decoder, llama's
    /// own choice]
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    /// Layers that llama computes beside the processor, where it can [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) gpu_layers: Option<u32>,
    /// Threads of the engine [default: one for each core that is free as the run begins]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroU32>,
    /// Episodes played at once [default: 1]
    #[arg(long, short, value_name = "N")]
    pub(crate) parallel: Option<NonZeroU32>,
    /// Seeds everything that is drawn [default: 1]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Repeat to the byte: one request at a time, in fixed blocks
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) deterministic: Option<bool>,
    /// Stop the run once its paid requests cost this many USD; --resume goes on
    #[arg(long, value_name = "USD", help_heading = PAID)]
    pub(crate) cost_limit: Option<f64>,
    /// Leave a task once its paid requests in one arm cost this many USD
    #[arg(long, value_name = "USD", help_heading = PAID)]
    pub(crate) cost_limit_per_task: Option<f64>,
    /// Prices to use instead of the built-in ones
    #[arg(long, value_name = "TOML", help_heading = PAID)]
    pub(crate) prices: Option<PathBuf>,
    /// How often a request is repeated that an endpoint does not answer [default: 6]
    #[arg(long, value_name = "N", help_heading = PAID)]
    pub(crate) retries: Option<u32>,
    /// The first wait before repeating it, at most; it doubles [default: 0.5]
    #[arg(long, value_name = "SECONDS", help_heading = PAID)]
    pub(crate) retry_seconds: Option<f64>,
    /// How long an endpoint may take to be connected [default: 10]
    #[arg(long, value_name = "SECONDS", help_heading = PAID)]
    pub(crate) connect_seconds: Option<f64>,
    /// How long it may take to begin its answer [default: 60]
    #[arg(long, value_name = "SECONDS", help_heading = PAID)]
    pub(crate) first_byte_seconds: Option<f64>,
    /// How long a request may take in all [default: 300]
    #[arg(long, value_name = "SECONDS", help_heading = PAID)]
    pub(crate) request_seconds: Option<f64>,
    /// Name of the run's folder in runs/ [default: made of environment and time]
    #[arg(long)]
    pub(crate) name: Option<RunName>,
    /// The run's folder itself, instead of runs/NAME
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub(crate) out: Option<PathBuf>,
}

/// A command line of only these options, for the names of its arguments.
#[derive(clap::Parser)]
struct Keys {
    #[command(flatten)]
    options: RunOptions,
    /// The strategies, where the file says them.
    #[arg(long)]
    strategies: Option<String>,
}

/// A run's file: the options and the arms.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct RunFile {
    /// Where its paths go from, if not from the file's folder; the program writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<PathBuf>,
    /// The arms, for example `["none", "reflexion"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) strategies: Vec<String>,
    /// Written by `rebound demonstrate`, whose runs are of another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) demonstration: Option<Demonstration>,
    /// Written by `rebound collect`, whose runs are of another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) collection: Option<Collection>,
    /// Everything else.
    #[serde(flatten)]
    pub(crate) options: toml::Table,
}

impl RunFile {
    /// The file with paths from the working folder, which were from `start`.
    fn with_paths_from(self, start: &Path) -> Self {
        Self { folder: None, options: with_paths_from(start, self.options), ..self }
    }

    /// Its text, whose paths go from the working folder.
    pub(crate) fn text(&self) -> anyhow::Result<String> {
        let folder = paths::named(Path::new("")).context("cannot tell the working folder")?;
        Ok(sealed::toml(&toml::to_string(&Self { folder: Some(folder), ..self.clone() })?))
    }
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

/// Reads a run's file; an unknown key is refused, with the nearest known one.
pub(crate) fn read(path: &Path) -> anyhow::Result<RunFile> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the run's file {}", path.display()))?;
    let file = parse(path, &text)?;
    let start = paths::start(path, file.folder.as_deref());
    Ok(file.with_paths_from(&start))
}

/// Reads the file that the program stored with a run, which must be what was written.
pub(crate) fn read_stored(path: &Path) -> anyhow::Result<RunFile> {
    let file = parse(path, &sealed::read_toml(path)?)?;
    let start = paths::start_of_stored(file.folder.as_deref());
    Ok(file.with_paths_from(&start))
}

fn parse(path: &Path, text: &str) -> anyhow::Result<RunFile> {
    let in_file = || format!("in the run's file {}", path.display());
    let file: RunFile = toml::from_str(text).with_context(in_file)?;
    from_table(&file.options, text).with_context(in_file)?;
    Ok(file)
}

/// The options of a table that stands in this text.
pub(crate) fn from_table(table: &toml::Table, text: &str) -> anyhow::Result<RunOptions> {
    table.keys().try_for_each(|key| check_key(key, text))?;
    Ok(table.clone().try_into()?)
}

/// The options of a table whose paths go from `start`, with paths from the working folder.
pub(crate) fn with_paths_from(start: &Path, mut table: toml::Table) -> toml::Table {
    let is_named = |arg: &Arg| arg.get_value_names().is_some_and(|names| names == [NAME_OR_FILE]);
    let is_path = |arg: &Arg| arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    let is_remote = |name: &str| name.starts_with("remote:");
    let all_remote = table.get("engine").and_then(toml::Value::as_str) == Some("remote");
    for arg in Keys::command().get_arguments() {
        let value = arg.get_long().and_then(|key| table.get_mut(key));
        let Some(toml::Value::String(text)) = value else { continue };
        if is_path(arg) {
            *text = paths::from(start, Path::new(text)).display().to_string();
        } else if is_named(arg) && !all_remote && !is_remote(text) {
            *text = paths::named_or_from(start, text);
        }
    }
    table
}

fn check_key(key: &str, text: &str) -> anyhow::Result<()> {
    let command = Keys::command();
    let known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    if known.contains(&key) {
        return Ok(());
    }
    let line = text.lines().position(|line| line.trim_start().starts_with(key)).unwrap_or(0) + 1;
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, key), *name))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    match nearest {
        Some((_, name)) => bail!("line {line}: unknown key `{key}`; did you mean `{name}`?"),
        None => bail!("line {line}: unknown key `{key}`; known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        format!("{:#}", read(&path).unwrap_err())
    }

    #[test]
    fn a_misspelt_key_is_refused_with_a_suggestion() {
        let message = refused("seed = 3\ntemprature = 0.5\n");

        assert!(message.contains("line 2: unknown key `temprature`"), "{message}");
        assert!(message.contains("did you mean `temperature`?"), "{message}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        assert!(refused("seed = \"x\"\n").contains("invalid type: string \"x\", expected u64"));
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = RunOptions { seed: Some(5), ..RunOptions::default() };
        let file: toml::Table = toml::from_str("seed = 1\ntasks = 7\n").unwrap();

        let merged = flags.or(file).unwrap();

        assert_eq!((merged.seed, merged.tasks), (Some(5), Some(7)));
    }
}
