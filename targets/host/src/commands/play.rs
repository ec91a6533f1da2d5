//! `rebound play`: lets a person or a script play an environment.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use runtime_core::task::Task;
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::world::{Playable, World};
use runtime_environments::worlds::{self, WORLDS};
use runtime_session::play::leave;
use runtime_session::{files, task};
use serde_json::{Value, json};
use targets_console::{errln, errors, is_heard, outln, signals};

use crate::options::own::HandFlags;
use crate::progress::notes;
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound play
rebound play --environment alfworld --split valid_unseen
rebound play --json < commands.txt";

/// Play an environment yourself or from a script
///
/// Reads one action per line. With --json it prints a first line with `observation` and
/// `admissible`, then for each action a line with `command`, `observation`, `score`,
/// `done`, `won` and `admissible` (sorted).
#[derive(clap::Args)]
pub(crate) struct Play {
    /// The environment
    #[arg(
        long,
        short,
        default_value = worlds::DEFAULT,
        value_name = "NAME",
        value_parser = values::world(|_| true),
        ignore_case = true
    )]
    environment: String,
    /// Folder of data sets, for environments that need one [default: rebound/data in the user's
    /// data folder, where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    #[arg(long, help = about_ids(), value_name = "ID")]
    game: Option<String>,
    /// The split whose first task is played [default: the environment's own]
    #[arg(long, conflicts_with = "game")]
    split: Option<String>,
    #[command(flatten)]
    own: HandFlags,
    /// Print one JSON line for each action
    #[arg(long)]
    json: bool,
}

impl Play {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let data = files::data_folder(self.data.clone());
        let options = EnvironmentOptions { data, own: self.own.0.clone() };
        let world: Arc<dyn World> = worlds::open(&self.environment, &options)?.into();
        let notes = notes();
        let (in_the_end, program) = (Arc::clone(&world), Arc::clone(&notes.program));
        let _in_the_end = signals::before_end(move || {
            if errors().is_terminal() {
                // Behind what it shows of the key.
                errln!("");
            }
            leave(&*in_the_end, &*program);
        });
        let task = match &self.game {
            Some(id) => task::named(id),
            None => task::first_of(&*world, self.split.as_deref())?,
        };
        let played = self.play_in(&*world, &task);
        leave(&*world, &*notes.program);
        played
    }

    fn play_in(&self, world: &dyn World, task: &Task) -> anyhow::Result<()> {
        let mut environment = world.environment();
        let opening = environment.reset(task)?;
        if self.json {
            play_json(&mut *environment, &opening)
        } else {
            play_in_words(&mut *environment, task, &opening)
        }
    }
}

/// The help text of the option that names a game.
fn about_ids() -> String {
    let ids = WORLDS.iter().map(|world| format!("{} in {}", world.task_ids, world.name));
    let ids = ids.collect::<Vec<_>>().join(", ");
    format!("The game, as results name it: {ids} [default: the first of --split]")
}

fn play_json(environment: &mut dyn Playable, opening: &str) -> anyhow::Result<()> {
    let mut out = targets_console::out();
    let first = json!({"observation": opening, "admissible": environment.admissible_actions()});
    writeln!(out, "{first}")?;
    let mut lines = std::io::stdin().lock().lines();
    while is_heard() {
        let Some(line) = lines.next() else { break };
        let command = line.context("standard input is not text")?;
        let step = environment.step(&command)?;
        let standing = environment.standing();
        let answer: Value = json!({
            "command": command,
            "observation": step.observation,
            "score": standing.score,
            "done": standing.done,
            "won": standing.won,
            "admissible": environment.admissible_actions(),
        });
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn play_in_words(environment: &mut dyn Playable, task: &Task, opening: &str) -> anyhow::Result<()> {
    outln!("{}\n\n{opening}", task.id);
    outln!("\n(\"?\" lists what can be done, Ctrl-D ends)");
    let mut lines = std::io::stdin().lock().lines();
    let (prompted, mut out) = (std::io::stdin().is_terminal(), targets_console::out());
    let mut steps = 0;
    while is_heard() {
        if prompted {
            write!(out, "> ")?;
            out.flush()?;
        }
        let Some(line) = lines.next() else { break };
        let command = line.context("standard input is not text")?;
        if command.trim() == "?" {
            let actions = environment.admissible_actions().unwrap_or_default();
            outln!("{}", actions.join("\n"));
            continue;
        }
        let step = environment.step(&command)?;
        steps += 1;
        outln!("{}", step.observation.trim());
        if step.done {
            let won = environment.standing().won;
            outln!("{} after {steps} steps.", if won { "Won" } else { "Over" });
            return Ok(());
        }
    }
    if steps == 0 && is_heard() {
        bail!("no command came");
    }
    outln!("{}", environment.feedback());
    Ok(())
}
