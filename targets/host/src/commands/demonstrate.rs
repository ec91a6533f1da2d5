//! `rebound demonstrate`: records a scripted expert as training data for an actor.

use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::ensure;
use runtime_agent::settings::AgentKind;
use runtime_session::options::{RunOptions, Share, Temperature};
use runtime_session::request::{Request, Source};
use runtime_session::run_name::RunName;

use crate::session::{Printed, demonstrate};
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound demonstrate --split train/easy --tasks 200 --name demonstrations
rebound demonstrate --environment alfworld --noise 0.1 --parallel 2";

/// Greatest number of steps in an episode if `--steps` is absent.
const STEPS_MAX: NonZeroU32 = NonZeroU32::new(50).expect("it is not 0");

/// Record a scripted expert on training tasks, as demonstrations for supervised training
///
/// Each trial is recorded as if the actor had generated the expert's actions: with the same
/// prompt templates, truncation and tokens. The model's weights are not needed. Writes
/// runs/NAME/results.json and every event to runs/NAME/arms/none/trials.log, or with several
/// trials for each task to runs/NAME/arms/retrospective/trials.log.
#[derive(clap::Args)]
#[command(allow_negative_numbers = true)]
pub(crate) struct Demonstrate {
    #[arg(
        long,
        short,
        help = values::about_world(),
        value_name = "NAME",
        value_parser = values::world(|world| world.has_expert),
        ignore_case = true
    )]
    environment: Option<String>,
    /// Folder of data sets, for environments that need one [default: rebound/data in the user's
    /// data folder, where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// The split to take tasks from, for example `train/hard`; splits for validation and test
    /// are refused [default: the environment's first]
    #[arg(long, value_parser = values::text())]
    split: Option<String>,
    /// Number of tasks to take from the split [default: 0, all]
    #[arg(long, short = 'n', value_name = "N", value_parser = values::whole::<u32>())]
    tasks: Option<u32>,
    /// Greatest number of trials for each task; after a failed trial the expert's advice is
    /// recorded as the retrospective's reflection, and the next trial follows it [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    trials: Option<NonZeroU32>,
    /// Greatest number of steps in an episode [default: 50]
    #[arg(long, value_name = "N", value_parser = values::count())]
    steps: Option<NonZeroU32>,
    /// The model to be trained as the actor, whose tokenizer and chat template are used: a name
    /// from `rebound models list` or a GGUF file [default: smollm2-135m-instruct]
    #[arg(long, short, value_name = "NAME|FILE", value_parser = values::text())]
    actor: Option<String>,
    /// Kind of agent: only act (answer with an action), since the expert writes no thoughts
    #[arg(long, value_name = "KIND")]
    agent: Option<AgentKind>,
    /// Folder of prompt templates that replace built-in ones
    #[arg(long, value_name = "DIR")]
    prompts: Option<PathBuf>,
    /// Context length of the actor in tokens [default: 2048]
    #[arg(long, value_name = "N", value_parser = values::count())]
    context: Option<NonZeroU32>,
    /// Probability that a step is a random admissible action, from 0 to 1; training skips these
    /// steps and learns how the expert recovers from them [default: 0]
    #[arg(long, value_name = "P")]
    noise: Option<Share>,
    /// Number of episodes played in parallel [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    parallel: Option<NonZeroU32>,
    /// Seed for the choice of tasks and for the noise [default: 1]
    #[arg(long, value_parser = values::whole::<u64>())]
    seed: Option<u64>,
    /// Name of the run's folder in runs/ [default: the environment and the time]
    #[arg(long)]
    name: Option<RunName>,
    /// Path of the run's folder, instead of runs/NAME
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    out: Option<PathBuf>,
    /// Resume the demonstrations in this folder
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    /// Print no progress and no table
    #[arg(long, short)]
    quiet: bool,
    /// Print observations, actions and reflections as they happen
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    watch: bool,
}

impl Demonstrate {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        ensure!(
            self.agent != Some(AgentKind::React),
            "the expert has no thoughts to show; only --agent act can be demonstrated"
        );
        let noise = self.noise.map(Share::get);
        let printed = Printed { json: self.json, quiet: self.quiet, watch: self.watch };
        demonstrate(&self.request(), noise, printed)
    }

    fn request(self) -> Request {
        let options = RunOptions {
            environment: self.environment,
            data: self.data,
            split: self.split,
            tasks: self.tasks,
            trials: self.trials,
            steps: self.steps,
            actor: self.actor,
            agent: self.agent.map(|kind| kind.name().into()),
            prompts: self.prompts,
            context: self.context,
            parallel: self.parallel,
            seed: self.seed,
            name: self.name,
            out: self.out,
            ..RunOptions::default()
        };
        let (options, source) = match self.resume {
            Some(folder) => (options, Source::Run(folder)),
            None => (with_defaults(options), Source::Options),
        };
        Request { options, source, ..Request::default() }
    }
}

/// Sets the defaults of demonstrations; a resumed run has its options already.
fn with_defaults(options: RunOptions) -> RunOptions {
    RunOptions {
        tasks: options.tasks.or(Some(0)),
        steps: options.steps.or(Some(STEPS_MAX)),
        trials: options.trials.or(Some(NonZeroU32::MIN)),
        // Nothing is sampled.
        temperature: Some(Temperature::default()),
        ..options
    }
}
