//! `rebound tests`: tests of programs that a model proposes.

mod accuracy;
mod propose;

use clap::Arg;
use runtime_environments::entry::WorldEntry;

use crate::options::Keys;
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound tests propose --actor qwen2.5-coder-0.5b-instruct -n 164 --out tests.jsonl
rebound tests propose -e reflexion-programs --split humaneval-rs-hardest50/test -n 0 --out rust.jsonl
rebound run -e humaneval --shown-tests internal --internal-tests tests.jsonl --feedback shown
rebound tests accuracy runs/internal
rebound tests accuracy runs/reflexion --internal-tests tests.jsonl --json";

/// Let a model propose tests of programs, before it writes any
///
/// Runs of humaneval, mbpp, reflexion-programs and programs take them by
/// `--shown-tests internal --internal-tests FILE`: the agent is told their results, and the hidden
/// tests decide the return alone.
#[derive(clap::Args)]
pub(crate) struct Tests {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Propose(propose::Propose),
    Accuracy(accuracy::AccuracyOf),
}

impl Tests {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Propose(command) => command.run(),
            Action::Accuracy(command) => command.run(),
        }
    }
}

/// The flag that names one of the environments of programs.
pub(super) fn of_programs(environment: Arg) -> Arg {
    environment.value_parser(values::world_key(WorldEntry::judges_programs))
}

/// The keys of a run that proposals have.
struct Proposing;

impl Keys for Proposing {
    const LINES: &'static str = "\
environment: The environment of the problems: humaneval, mbpp, reflexion-programs or programs \
[default: humaneval]
data
problems
split
tasks: Number of problems; 0 takes all [default: 20]
actor: Who proposes: a name from `rebound models list`, a GGUF file, or `remote:NAME` \
[default: smollm2-135m-instruct]
actor-adapter
temperature
top-p
board
context
engine
device
gpu-layers
threads
parallel: Number of problems at once [default: 1]
deterministic
seed: Seed of the choice of problems, of every answer, and of which tests are kept [default: 1]
retries
request-seconds";
}
