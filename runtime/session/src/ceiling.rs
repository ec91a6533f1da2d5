//! What reflections could be worth to an actor, measured: runs that differ in who reflects and in
//! the actor's temperature.
//!
//! ```text
//! OUT/0.3-none      a run: plain retries at temperature 0.3
//! OUT/0.3-expert    a run with the same first trials, told the expert's advice
//! OUT/0.3-oracle    and the world's own truth
//! OUT/ceiling.json  what they came to
//! ```

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use runtime_core::strategy::Strategy;
use runtime_evaluation::ceiling::{CeilingPart, CeilingResults};
use runtime_store::replace::replace;
use runtime_store::sealed;

use crate::approval::Allowed;
use crate::loaded::{EXPERT, ORACLE};
use crate::options::{RunOptions, Temperature};

use crate::program::Surroundings;
use crate::request::{OptionsSource, RunRequest};
use crate::wrong;

/// Trials of a task, where nothing is said: what one reflection is worth.
const TRIALS: NonZeroU32 = NonZeroU32::new(2).expect("it is not 0");

/// Draws among which claims choose.
const DRAWS: NonZeroU32 = NonZeroU32::new(8).expect("it is not 0");

/// Who reflects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reflector {
    /// The retrospective.
    Model,
    /// The retrospective's best of several draws, by what the trial bears out of their claims.
    Claims,
    /// The expert, on what the actor saw.
    Expert,
    /// The world itself, which knows everything.
    Oracle,
}

impl Reflector {
    /// All, with the least that is known first.
    pub const ALL: [Self; 4] = [Self::Model, Self::Claims, Self::Expert, Self::Oracle];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Claims => "claims",
            Self::Expert => EXPERT,
            Self::Oracle => ORACLE,
        }
    }
}

impl FromStr for Reflector {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        let known = wrong::known("reflector", name, &Self::ALL.map(Self::name))?;
        let found = Self::ALL.into_iter().find(|reflector| reflector.name() == known);
        found.context("a known name is one of all")
    }
}

/// What is measured.
#[derive(Clone, Debug)]
pub struct CeilingRequest {
    /// How all is played; of its trials 2 are meant unless it says so.
    pub options: RunOptions,
    /// The user's permissions.
    pub allowed: Allowed,
    /// Who reflects, beside plain retries.
    pub reflectors: Vec<Reflector>,
    /// The actor's temperatures; plain retries are played at each.
    pub temperatures: Vec<Temperature>,
    /// The folder, where parts that are there go on.
    pub out: PathBuf,
}

impl CeilingRequest {
    /// Plays what is missing; writes and returns what it came to, and the file's text.
    pub fn play(&self, surroundings: &Surroundings) -> anyhow::Result<(CeilingResults, String)> {
        let mut parts = Vec::new();
        for temperature in &self.temperatures {
            parts.push(self.part(*temperature, None, surroundings)?);
            for reflector in &self.reflectors {
                parts.push(self.part(*temperature, Some(*reflector), surroundings)?);
            }
        }
        let found = CeilingResults::new(&parts).context("no temperature is given")?;
        let json = sealed::json(&found)?;
        replace(&self.out.join("ceiling.json"), json.as_bytes())?;
        Ok((found, json))
    }

    fn part(
        &self,
        temperature: Temperature,
        reflector: Option<Reflector>,
        surroundings: &Surroundings,
    ) -> anyhow::Result<CeilingPart> {
        let folder = |name: &str| self.out.join(format!("{:.1}-{name}", temperature.get()));
        let out = folder(reflector.map_or("none", Reflector::name));
        let options = RunOptions {
            trials: self.options.trials.or(Some(TRIALS)),
            temperature: Some(temperature),
            out: Some(out.clone()),
            first_trials: reflector.map(|_| folder("none")),
            retrospective: match reflector {
                Some(scripted @ (Reflector::Expert | Reflector::Oracle)) => {
                    Some(scripted.name().into())
                }
                Some(Reflector::Model | Reflector::Claims) => self.options.retrospective.clone(),
                None => None,
            },
            retrospective_adapter: self
                .options
                .retrospective_adapter
                .clone()
                .filter(|_| matches!(reflector, Some(Reflector::Model | Reflector::Claims))),
            best_of: (reflector == Some(Reflector::Claims)).then_some(DRAWS),
            best_by_claims: (reflector == Some(Reflector::Claims)).then_some(true),
            ..self.options.clone()
        };
        let strategy = if reflector.is_some() { Strategy::Retrospective } else { Strategy::None };
        let source = source(&out);
        let plan = RunRequest { options, allowed: self.allowed, source }.comparison(
            vec![strategy],
            &[],
            surroundings,
        )?;
        let mut played = plan.play(surroundings)?;
        let (results, _) = played.write_results(&plan)?;
        played.check_whole(&plan)?;
        let arm = results.arms.into_iter().next().context("a run has an arm")?;
        Ok(CeilingPart {
            temperature: temperature.get(),
            reflector: reflector.map(|reflector| reflector.name().to_owned()),
            is_oracle: reflector == Some(Reflector::Oracle),
            arm,
        })
    }
}

/// A new run, or the one that is in the folder.
pub(crate) fn source(out: &Path) -> OptionsSource {
    if out.join("run.toml").exists() {
        OptionsSource::Run(out.to_owned())
    } else {
        OptionsSource::Options
    }
}
