//! `rebound play`: a person or a script plays an environment.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use runtime_core::task::{Limits, Task};
use runtime_environments::alfworld::AlfworldOptions;
use runtime_environments::node::NodeOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{self, EnvironmentOptions, Playable, WORLDS, World};
use runtime_session::files;
use runtime_session::play::leave;
use serde_json::{Value, json};
use targets_console::{errln, errors, is_heard, outln, signals};

use crate::progress::notes;
use crate::values;

/// Play an environment yourself, or from a script
///
/// Reads one command a line. With --json it prints a first line with `observation` and
/// `admissible`, then for each command a line with `command`, `observation`, `score`,
/// `done`, `won` and `admissible` (sorted).
#[derive(clap::Args)]
pub(crate) struct Play {
    /// The world: household, alfworld or node
    #[arg(
        long,
        short,
        default_value = "household",
        value_name = "NAME",
        value_parser = values::one_of(&WORLDS),
        ignore_case = true,
        hide_possible_values = true
    )]
    environment: String,
    /// Folder of data sets, for worlds that need one [default: rebound/data in the user's data,
    /// where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// The game, as results name it: SPLIT/TASK/TRIAL in alfworld, SPLIT/DIFFICULTY/NUMBER in
    /// household
    /// [default: the first of --split]
    #[arg(long, value_name = "ID")]
    game: Option<String>,
    /// Which tasks to take the first game of [default: the world's own]
    #[arg(long, conflicts_with = "game")]
    split: Option<String>,
    /// In alfworld, accept `put X in/on Y` beside `move X to Y`
    #[arg(long)]
    accept_put: bool,
    /// Where the node of the environment `node` is: a serial device, tcp:HOST:PORT or
    /// exec:COMMAND, which inherits PATH, HOME, LANG, TERM, TMPDIR and their like alone
    #[arg(long, value_name = "PORT")]
    connect: Option<String>,
    /// What the node is to be brought to, such as `temperature 18..22 for 3`
    #[arg(long, value_name = "GOAL")]
    goal: Option<String>,
    /// Answer in JSON, a line for each command
    #[arg(long)]
    json: bool,
}

impl Play {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let data = files::data_folder(self.data.clone());
        let alfworld = AlfworldOptions { put_is_move: self.accept_put };
        let node = NodeOptions { connect: self.connect.clone(), goal: self.goal.clone() };
        let options = EnvironmentOptions { data, alfworld, node };
        let world: Arc<dyn World> = world::open(&self.environment, &options)?.into();
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
            Some(id) => named(id),
            None => self.first_task(&*world)?,
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

impl Play {
    fn first_task(&self, world: &dyn World) -> anyhow::Result<Task> {
        let split = self.split.clone().unwrap_or_else(|| world.default_split().to_string());
        let limits = Limits::default();
        let selection = TaskSelection { split, count: Some(1), seed: 1, limits };
        world.tasks(&selection)?.into_iter().next().context("the split has no tasks")
    }
}

/// A task of which only the name is known; environments look it up by that.
fn named(id: &str) -> Task {
    let (kind, instruction) = (String::new(), String::new());
    Task { id: id.to_string(), kind, instruction, seed: 0, limits: Limits::default() }
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
