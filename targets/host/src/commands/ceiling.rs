//! `rebound ceiling`: what reflections could be worth to an actor.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use runtime_session::ceiling::{CeilingRequest, Reflector};
use runtime_session::options::Temperature;
use runtime_session::run_name::RunName;
use targets_console::{out, outln};

use crate::options::{All, AllowedFlags, Flags};
use crate::progress::{Detail, Show, surroundings};
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound ceiling --split validation/wishes -n 200 --temperatures 0.3,0.7,1.0
rebound ceiling --split validation/wishes --actor expert --actor-noise 0.1
rebound ceiling --split validation/wishes --reflectors model,expert,oracle --out runs/ceiling";

/// Measure what reflections could be worth: the same failures, told what different reflectors say
///
/// Plain retries are played at each temperature, then the same first trials with reflections: by
/// the `expert`, on what the actor itself saw, and by the `oracle`, the world's own truth, which no
/// agent can know. An actor that does not heed the oracle heeds no reflection. Prints success by
/// trial, and the difference to plain retries at their best temperature. The same command goes on
/// where it was stopped. Writes OUT/ceiling.json, and a run for each row.
#[derive(clap::Args)]
pub(crate) struct Ceiling {
    /// Who reflects, separated by commas: model, claims (the best of eight of the model's draws, by what
    /// the failed trial bears out), expert, oracle
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "A,B",
        default_value = "expert,oracle",
        value_parser = values::one_of(&Reflector::ALL.map(Reflector::name))
            .try_map(|name| name.parse::<Reflector>())
    )]
    reflectors: Vec<Reflector>,
    /// The actor's sampling temperatures, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "T,T", default_value = "0.7")]
    temperatures: Vec<Temperature>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    /// Print no progress and no table
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
    #[command(flatten)]
    options: Flags<All>,
}

impl Ceiling {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let options = self.options.options()?;
        let named = options.name.as_ref().map(RunName::folder);
        let request = CeilingRequest {
            out: options.out.clone().or(named).unwrap_or_else(|| PathBuf::from("runs/ceiling")),
            options,
            allowed: self.allowed.into(),
            reflectors: self.reflectors,
            temperatures: self.temperatures,
        };
        let show = if self.quiet { Show::Nothing } else { Show::Bars };
        let surroundings = surroundings(show, Detail::Progress);
        let ended = request.play(&surroundings);
        drop(surroundings);
        let (found, json) = ended?;
        if self.json {
            out().text(&json);
        } else if !self.quiet {
            outln!("{}\nCeiling: {}", found.text(), request.out.join("ceiling.json").display());
        }
        Ok(())
    }
}
