//! `rebound demonstrate`: records a scripted expert as training data for an actor.

use std::path::PathBuf;

use runtime_session::options::Share;
use runtime_session::request::{OptionsSource, RunRequest};

use crate::options::{Flags, Keys};
use crate::session::{Printed, demonstrate};
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound demonstrate --split train/easy --tasks 200 --name demonstrations
rebound demonstrate --environment alfworld --noise 0.1 --parallel 2";

/// Record a scripted expert on training tasks, as demonstrations for supervised training
///
/// Each trial is recorded as if the actor had generated the expert's actions: with the same
/// prompt templates, truncation and tokens. The model's weights are not needed. Writes
/// runs/NAME/results.json and every event to runs/NAME/arms/none/trials.log, or with several
/// trials for each task to runs/NAME/arms/retrospective/trials.log.
#[derive(clap::Args)]
#[command(mut_arg("environment", |arg| arg.value_parser(values::world_key(|one| one.has_expert))))]
pub(crate) struct Demonstrate {
    #[command(flatten)]
    options: Flags<Demonstrated>,
    /// Probability that a step is a random admissible action, from 0 to 1; training skips these
    /// steps and learns how the expert recovers from them [default: 0]
    #[arg(long, value_name = "P")]
    noise: Option<Share>,
    /// Resume the demonstrations in this folder
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    printed: Printed,
}

/// The keys of a run that demonstrations have.
struct Demonstrated;

impl Keys for Demonstrated {
    const LINES: &'static str = "\
environment
data
split: The split to take tasks from, for example `train/hard`; splits for validation and test \
are refused [default: the environment's first]
tasks: Number of tasks to take from the split [default: 0, all]
trials: Greatest number of trials for each task; after a failed trial the expert's advice is \
recorded as the retrospective's reflection, and the next trial follows it [default: 1]
steps: Greatest number of steps in an episode [default: 50]
actor: The model to be trained as the actor, whose tokenizer and chat template are used: a name \
from `rebound models list` or a GGUF file [default: smollm2-135m-instruct]
agent: Kind of agent: only act (answer with an action), since the expert writes no thoughts
prompts: Folder of prompt templates that replace built-in ones
context: Context length of the actor in tokens [default: 2048]
parallel
seed: Seed for the choice of tasks and for the noise [default: 1]
name
out";
}

impl Demonstrate {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let source = self.resume.map_or(OptionsSource::Options, OptionsSource::Run);
        let request =
            RunRequest { options: self.options.options()?, source, ..RunRequest::default() };
        demonstrate(&request, self.noise.map(Share::get), self.printed)
    }
}
