//! `rebound bench`: a fixed suite of tasks on this machine, and cards of machines side by side.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::TypedValueParser;
use runtime_evaluation::card::compare::{self, Named};
use runtime_evaluation::report;
use runtime_session::suite::{SuiteName, SuiteRequest, read_cards};
use targets_console::{out, outln};

use crate::options::{AllowedFlags, Flags, Keys};
use crate::progress::{Detail, Show, surroundings};
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound bench agents
rebound bench agents --suite full --actor mine.gguf --parallel 4 --out runs/mine
rebound bench agents --board raspberry-pi-4 --engine native --out runs/as-a-pi
rebound bench compare runs/bench-quick runs/as-a-pi --plot cards.svg";

/// Compare hardware, limits and models by a fixed suite of tasks
#[derive(clap::Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Play fixed slices of every environment with fixed seeds, and write a card
    ///
    /// Each slice is a run with the strategies none and reflexion in OUT; an environment whose data
    /// are missing is skipped by name. Then the actor's speed is measured as llama-bench defines it:
    /// pp512 and tg128. OUT/card.json says success with 95 % Wilson intervals, tokens, time, peak
    /// memory, energy where the system tells it, and the hardware, kernels and weights that they
    /// are of. The same command goes on where it was stopped.
    Agents(Agents),
    /// Set cards side by side, with ratios to the first
    ///
    /// Different suites, versions and models are named, and what depends on them has no ratio.
    Compare(Compare),
}

#[derive(clap::Args)]
struct Agents {
    /// What is played: quick (some minutes on two cores with a model of 135 million weights)
    /// or full
    #[arg(
        long,
        default_value = "quick",
        value_parser = values::one_of(&SuiteName::ALL.map(SuiteName::name))
            .try_map(|name| name.parse::<SuiteName>())
    )]
    suite: SuiteName,
    /// The suite's folder [default: runs/bench-SUITE]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the card as JSON
    #[arg(long)]
    json: bool,
    /// Print no progress and no table
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    options: Flags<Measured>,
    #[command(flatten)]
    allowed: AllowedFlags,
}

/// The keys of a run that say what is measured.
struct Measured;

impl Keys for Measured {
    const LINES: &'static str = "\
data
actor
actor-adapter
board
context
engine
device
gpu-layers
micro-batch
cache
threads: Number of CPU threads [default: the board's, or one for each core]
parallel";
}

#[derive(clap::Args)]
struct Compare {
    /// Cards, or the folders that they are in
    #[arg(value_name = "CARD", required = true)]
    cards: Vec<PathBuf>,
    /// Draw ratios and success, as SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Agents(asked) => asked.run(),
            Action::Compare(asked) => asked.run(),
        }
    }
}

impl Agents {
    fn run(self) -> anyhow::Result<()> {
        let usual = || Path::new("runs").join(format!("bench-{}", self.suite));
        let request = SuiteRequest {
            suite: self.suite,
            options: self.options.options()?,
            allowed: self.allowed.into(),
            out: self.out.clone().unwrap_or_else(usual),
        };
        let show = if self.quiet { Show::Nothing } else { Show::Bars };
        let surroundings = surroundings(show, Detail::Progress);
        let ended = request.play(&surroundings);
        drop(surroundings);
        let (card, json) = ended?;
        if self.json {
            out().text(&json);
        } else if !self.quiet {
            outln!("{}\nCard: {}", card.text(), request.card_file().display());
        }
        Ok(())
    }
}

impl Compare {
    fn run(self) -> anyhow::Result<()> {
        let cards = read_cards(&self.cards)?;
        let named = cards.iter().map(|(name, card)| Named { name: name.clone(), card });
        let named: Vec<Named<'_>> = named.collect();
        out().text(&compare::text(&named));
        if let Some(path) = &self.plot {
            let svg = report::cards(&named)?;
            std::fs::write(path, svg)
                .with_context(|| format!("cannot write {}", path.display()))?;
            outln!("\nPlot: {}", path.display());
        }
        Ok(())
    }
}
