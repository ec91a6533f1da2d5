//! `rebound play`: lets a person or a script play an environment.

use std::io::{BufRead, IsTerminal, stdin};
use std::sync::Arc;

use anyhow::Context;
use runtime_environments::world::World;
use runtime_environments::worlds::{self, DEFAULT, WORLDS};
use runtime_session::game::{Game, Line};
use runtime_session::play::leave;
use targets_console::{errln, errors, is_heard, out, signals};

use crate::options::{ByHand, Flags, Keys};
use crate::progress::notes;

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
#[command(mut_arg("environment", |arg| arg.help("The environment").default_value(DEFAULT)))]
pub(crate) struct Play {
    #[command(flatten)]
    world: Flags<Played>,
    #[arg(long, help = about_ids(), value_name = "ID")]
    game: Option<String>,
    /// The split whose first task is played [default: the environment's own]
    #[arg(long, conflicts_with = "game")]
    split: Option<String>,
    #[command(flatten)]
    own: Flags<ByHand>,
    /// Print one JSON line for each action
    #[arg(long)]
    json: bool,
}

/// The keys of a run that say what is played by hand.
struct Played;

impl Keys for Played {
    const LINES: &'static str = "environment\ndata";
}

impl Play {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let world = self.world()?;
        let notes = notes();
        let (in_the_end, program) = (Arc::clone(&world), Arc::clone(&notes.program));
        let _in_the_end = signals::before_end(move || {
            if errors().is_terminal() {
                // Behind what it shows of the key.
                errln!("");
            }
            leave(&*in_the_end, &*program);
        });
        let mut game = Game::new(&*world, self.game.as_deref(), self.split.as_deref())?;
        let mut lines = stdin().lock().lines();
        let commands = &mut lines.by_ref().map(|line| line.context("standard input is not text"));
        let prompt = if stdin().is_terminal() { "> " } else { "" };
        let mut line = Line { commands, answers: &mut out(), is_heard: &is_heard, prompt };
        let played =
            if self.json { game.play_in_json(&mut line) } else { game.play_in_words(&mut line) };
        leave(&*world, &*notes.program);
        played
    }

    fn world(&self) -> anyhow::Result<Arc<dyn World>> {
        let asked = self.world.options()?;
        let options = asked.environment_by_hand(&self.own.given);
        Ok(worlds::open(asked.environment.as_deref().unwrap_or(DEFAULT), &options)?.into())
    }
}

/// The help text of the option that names a game.
fn about_ids() -> String {
    let ids = WORLDS.iter().map(|world| format!("{} in {}", world.task_ids, world.name));
    let ids = ids.collect::<Vec<_>>().join(", ");
    format!("The game, as results name it: {ids} [default: the first of --split]")
}
