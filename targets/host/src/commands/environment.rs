//! `rebound environment`: checks worlds.

use std::io::{BufRead, stdin};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use anyhow::bail;
use runtime_environments::check::{CheckReport, CheckSettings, check};
use runtime_environments::world::World;
use runtime_environments::worlds;
use runtime_environments::worlds::external::serve;
use runtime_session::options::RunOptions;
use targets_console::{out, outln};

use crate::options::{ByHand, Flags};
use crate::progress::{Show, phase};

pub(crate) const EXAMPLES: &str = "\
rebound environment check \"exec:python3 examples/worlds/doors.py\"
rebound environment check tcp:localhost:4000 --split train -n 20
rebound environment check household
rebound environment serve alfworld";

/// Check whether a world keeps what worlds promise
#[derive(clap::Args)]
pub(crate) struct Environment {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Play a world at random, and say what is wrong
    ///
    /// Tasks must be the same each time, every action be answered, progress stay in 0 to 1, and the
    /// same actions give the same episode: again, after another task, and in another environment.
    /// Ends with 1 where a promise is broken.
    Check(Check),
    /// Let another program play a world of Rebound's, in lines of JSON
    ///
    /// Requests and answers are those of worlds of your own (`docs/src/worlds.md`), on standard input
    /// and output. `reset` and `step` may name a `slot`, each of which has an episode of its own, and
    /// `batch` has `requests` about many. The Python package has it as `Environment`.
    Serve(Serve),
}

#[derive(clap::Args)]
struct Check {
    /// The environment: exec:COMMAND, tcp:HOST:PORT, unix:PATH, <http://>…, or a name
    #[arg(value_name = "ENVIRONMENT")]
    environment: String,
    /// One split [default: all of them]
    #[arg(long)]
    split: Option<String>,
    /// Number of tasks of each split
    #[arg(short = 'n', long, default_value_t = 5, value_name = "N")]
    tasks: usize,
    /// The seed of the actions
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Folder of data sets [default: rebound/data in the user's data folder]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    own: Flags<ByHand>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Serve {
    /// The environment, by its name
    #[arg(value_name = "ENVIRONMENT")]
    environment: String,
    /// Threads that play a batch [default: the processor's cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Folder of data sets [default: rebound/data in the user's data folder]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    own: Flags<ByHand>,
}

impl Environment {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Check(asked) => asked.run(),
            Action::Serve(asked) => asked.run(),
        }
    }
}

/// A world by its name or address, told what the flags say.
fn opened(
    name: &str,
    data: Option<PathBuf>,
    own: &Flags<ByHand>,
) -> anyhow::Result<Box<dyn World>> {
    let options = RunOptions { data, ..RunOptions::default() };
    Ok(worlds::open(name, &options.environment_by_hand(&own.given))?)
}

impl Serve {
    fn run(self) -> anyhow::Result<()> {
        let world = opened(&self.environment, self.data, &self.own)?;
        let threads = self.threads.map_or_else(available_parallelism, Ok);
        let lines = &mut stdin().lock().lines();
        serve(&*world, lines, &mut out(), threads.unwrap_or(NonZeroUsize::MIN))?;
        Ok(())
    }
}

impl Check {
    fn run(self) -> anyhow::Result<()> {
        let asked = self;
        let world = opened(&asked.environment, asked.data, &asked.own)?;
        let settings =
            CheckSettings { split: asked.split, tasks: asked.tasks.max(1), seed: asked.seed };
        let bar = phase(Show::Bars, "checking");
        let found = check(&*world, &settings, &mut |done, of| {
            bar.set_message(format!("{done} of {of} tasks"));
        });
        bar.finish_and_clear();
        let found = found?;
        if asked.json {
            outln!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            print(&found);
        }
        let broken = found.promises.iter().filter(|promise| !promise.broken.is_empty()).count();
        if broken > 0 {
            bail!("{broken} of {} promises are broken", found.promises.len());
        }
        Ok(())
    }
}

/// Problems of one promise that are printed.
const PRINTED_MAX: usize = 5;

fn print(found: &CheckReport) {
    for promise in &found.promises {
        let times = promise.kept + promise.broken.len();
        let word = match times {
            0 => "  --  ",
            _ if promise.broken.is_empty() => "  ok  ",
            _ => "BROKEN",
        };
        outln!("{word} {:>4}/{times:<4} {}", promise.kept, promise.text);
        for problem in promise.broken.iter().take(PRINTED_MAX) {
            outln!("                 {problem}");
        }
        if promise.broken.len() > PRINTED_MAX {
            outln!("                 and {} more", promise.broken.len() - PRINTED_MAX);
        }
    }
    outln!("\n{} tasks, {} steps", found.tasks, found.steps);
}
