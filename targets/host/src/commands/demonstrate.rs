//! `rebound demonstrate`: an expert plays what an actor is to learn.

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

/// Steps of an episode at most, where nobody says.
const STEPS_MAX: NonZeroU32 = NonZeroU32::new(50).expect("it is not 0");

/// Let a scripted expert play training tasks, in the prompts of an actor
///
/// Each trial is recorded as if the actor had answered what the expert does: the same
/// templates, truncation and tokens. The model's weights are not needed. Writes
/// runs/NAME/results.json and every event to runs/NAME/arms/none/trials.log, with several
/// trials to runs/NAME/arms/retrospective/trials.log.
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
    /// Folder of data sets, for worlds that need one [default: rebound/data in the user's data,
    /// where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Which training tasks, for example `train/hard`; splits to judge by are refused
    /// [default: the world's first]
    #[arg(long, value_parser = values::text())]
    split: Option<String>,
    /// How many tasks of the split [default: 0, all]
    #[arg(long, short = 'n', value_name = "N", value_parser = values::whole::<u32>())]
    tasks: Option<u32>,
    /// Trials of each task at most; the expert's advice on a failed one is recorded as the
    /// retrospective's reflection, and the next one heeds it [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    trials: Option<NonZeroU32>,
    /// Steps of an episode at most [default: 50]
    #[arg(long, value_name = "N", value_parser = values::count())]
    steps: Option<NonZeroU32>,
    /// The actor that is to learn, whose tokenizer and chat template are used: a name from
    /// `rebound models list` or a GGUF file [default: smollm2-135m-instruct]
    #[arg(long, short, value_name = "NAME|FILE", value_parser = values::text())]
    actor: Option<String>,
    /// How the actor acts: act (an action); the expert has no thoughts for react
    #[arg(long, value_name = "KIND")]
    agent: Option<AgentKind>,
    /// Folder with templates that replace the built-in prompts
    #[arg(long, value_name = "DIR")]
    prompts: Option<PathBuf>,
    /// Tokens of the actor's context [default: 2048]
    #[arg(long, value_name = "N", value_parser = values::count())]
    context: Option<NonZeroU32>,
    /// How likely a step is a random admissible action, from 0 to 1; it is not to be learned,
    /// what the expert makes of it is [default: 0]
    #[arg(long, value_name = "P")]
    noise: Option<Share>,
    /// Episodes played at once [default: 1]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    parallel: Option<NonZeroU32>,
    /// Seeds the choice of tasks and the noise [default: 1]
    #[arg(long, value_parser = values::whole::<u64>())]
    seed: Option<u64>,
    /// Name of the run's folder in runs/ [default: made of environment and time]
    #[arg(long)]
    name: Option<RunName>,
    /// The run's folder itself, instead of runs/NAME
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    out: Option<PathBuf>,
    /// Go on with the demonstrations in this folder
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    /// No bars, no lines and no table
    #[arg(long, short)]
    quiet: bool,
    /// Print what is seen, done and advised as it happens
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

/// What is meant in demonstrations where nobody says; a resumed run has said it.
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
