//! `rebound introspect`: several turns at a problem (RISE): attempts, lines to train on, measures,
//! and rounds of all of it.

mod convert;
mod evaluate;
mod generate;
mod iterate;

use clap::Arg;

use crate::options::Keys;
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound introspect generate --tasks 200 --turns 2 --samples 1,16 --out runs/attempts
rebound introspect generate -e math --turns 2 --models learner,remote:gpt-4o-mini --out runs/taught
rebound introspect convert runs/attempts --to runs/lines.jsonl --criteria better --remove-duplicates
rebound introspect evaluate --split test --tasks 200 --context-window 1 --out runs/measured
rebound introspect iterate --config examples/introspect.toml";

/// Let a model try again: several turns at a problem of gsm8k or math, and learn from those that
/// got better (RISE)
///
/// `generate` writes attempts down, `convert` makes lines that `rebound-train` learns from by
/// imitation or reward-weighted regression, `evaluate` measures turns beside as many attempts at
/// once, `iterate` does all of it in rounds. Each command goes on where it was stopped.
#[derive(clap::Args)]
pub(crate) struct Introspect {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Generate(generate::Generate),
    Convert(convert::Convert),
    Evaluate(evaluate::Evaluate),
    Iterate(iterate::Iterate),
}

impl Introspect {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Generate(command) => command.run(),
            Action::Convert(command) => command.run(),
            Action::Evaluate(command) => command.run(),
            Action::Iterate(command) => command.run(),
        }
    }
}

/// The flag that names one of the environments of problems with a final answer.
fn of_problems(environment: Arg) -> Arg {
    environment.value_parser(values::world_key(|world| world.prompts == "mathematics"))
}

/// The keys of a run that attempts have.
struct Attempting;

impl Keys for Attempting {
    const LINES: &'static str = "\
environment: The environment of the problems: gsm8k or math [default: gsm8k]
data
split: The split to take problems from; only training problems are learned from, others measure \
[default: train to learn from, validation to measure]
tasks: Number of problems; 0 takes all [default: 20]
solution-tokens
actor: The learner: a name from `rebound models list`, a GGUF file, or `remote:NAME` \
[default: smollm2-135m-instruct]
actor-adapter: A LoRA adapter for the learner
prompts: Folder of prompt templates that replace built-in ones
temperature: Sampling temperature of attempts [default: 1]
top-p
board
context: Context length in tokens; what does not fit is dropped from the oldest turn on \
[default: the board's, or 4096]
engine
device
gpu-layers
threads
parallel: Number of problems attempted in parallel [default: 1]
deterministic
seed: Seed of the choice of problems and of every draw [default: 1]
retries
request-seconds";
}
