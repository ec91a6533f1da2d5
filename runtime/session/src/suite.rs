//! A fixed suite of tasks on this machine: an ordinary run for each world, and a card of them all.
//!
//! ```text
//! OUT/household      a run with the arms none and reflexion
//! OUT/gsm8k          another
//! OUT/measured.jsonl time, energy and memory of each arm and session; the model's speed
//! OUT/card.json      what it all came to
//! ```

mod slices;
mod stopwatch;
mod energy;
mod speed;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use models::threads::cores_allowed;
use runtime_core::model::ModelIdentity;
use runtime_core::strategy::Strategy;
use runtime_evaluation::arm::ArmError;
use runtime_evaluation::card::{
    ArmCard, Card, CardLimits, CardMachine, FORMAT, SliceCard, Speed, Suite, Totals,
};
use runtime_evaluation::results::Results;
use runtime_store::replace::replace;
use runtime_store::sealed;
use serde_json::Value;

use crate::approval::Allowed;
use crate::ceiling::source;
use crate::loaded::{SessionModel, SessionModels, script};
use crate::loading::Loading;
use crate::options::{REMOTE, RunOptions};
use crate::plan::Plan;
use crate::program::{SessionEvent, Surroundings};
use crate::request::RunRequest;
use crate::{circumstances, doctor, endpoint, engines, play, pool};

pub use slices::SuiteName;
use slices::{PlayedSlice, Program};
use stopwatch::{Measured, Measurements, Stopwatch};

/// The arms of each slice.
const ARMS: [Strategy; 2] = [Strategy::None, Strategy::Reflexion];
/// The name of a card in its suite's folder.
const CARD: &str = "card.json";

/// What is played.
#[derive(Clone, Debug)]
pub struct SuiteRequest {
    /// The suite.
    pub suite: SuiteName,
    /// The actor, what computes it, and its limits; the suite decides all that is about tasks.
    pub options: RunOptions,
    /// The user's permissions.
    pub allowed: Allowed,
    /// The folder, where what is there goes on.
    pub out: PathBuf,
}

/// What a suite is played under.
struct Conditions {
    actor: String,
    loading: Loading,
    engines: Vec<String>,
    limits: CardLimits,
}

impl SuiteRequest {
    /// Plays what is missing; writes and returns the card, and the file's text.
    pub fn play(&self, surroundings: &Surroundings) -> anyhow::Result<(Card, String)> {
        surroundings.tell(SessionEvent::Resumable("the same command goes on"));
        let options = self.with_threads();
        let program = Program::of(self.suite, &options.environment_options())?;
        for skipped in &program.skipped {
            surroundings.note(&format!("{} is skipped: {}", skipped.world, skipped.why));
        }
        let conditions = self.conditions(&options, &program, surroundings)?;
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make the folder {}", self.out.display()))?;
        let log = self.out.join("measured.jsonl");
        let measurements = Measurements::open(&log, conditions.text())?;
        let stopwatch = Stopwatch::around(surroundings, measurements);
        let watched =
            Surroundings { program: Arc::<Stopwatch>::clone(&stopwatch), ..surroundings.clone() };
        let mut models = SessionModels::default();
        let (mut slices, mut actor) = (Vec::new(), ModelIdentity::default());
        for slice in &program.slices {
            stopwatch.next(slice.world);
            let options = self.of_slice(&options, slice, program.seed);
            let results = self.results(options, &mut models, &watched)?;
            stopwatch.check()?;
            slices.push(card_of(slice, &results, &stopwatch));
            actor = results.actor;
        }
        let adapter = options.actor_adapter.as_deref();
        let speed = speed(&stopwatch, (&conditions, adapter), &mut models, surroundings)?;
        let card = self.card(conditions, program, (actor, speed, slices));
        let json = sealed::json(&card)?;
        replace(&self.out.join(CARD), json.as_bytes())?;
        Ok((card, json))
    }

    /// Where the card is.
    pub fn card_file(&self) -> PathBuf {
        self.out.join(CARD)
    }

    /// All cores compute unless something else is said: what others keep busy must not decide.
    fn with_threads(&self) -> RunOptions {
        let mut options = self.options.clone();
        if options.board.is_none() {
            options.threads.get_or_insert_with(cores_allowed);
        }
        options
    }

    fn of_slice(&self, options: &RunOptions, slice: &PlayedSlice, seed: u64) -> RunOptions {
        RunOptions {
            environment: Some(slice.world.to_owned()),
            split: Some(slice.split.clone()),
            tasks: Some(slice.tasks),
            steps: Some(slice.steps),
            trials: Some(slice.trials),
            seed: Some(seed),
            out: Some(self.out.join(slice.world)),
            name: None,
            ..options.clone()
        }
    }

    fn plan(&self, options: RunOptions, surroundings: &Surroundings) -> anyhow::Result<Plan> {
        let out = options.out.clone().unwrap_or_default();
        let request = RunRequest { options, allowed: self.allowed, source: source(&out) };
        request.comparison(ARMS.to_vec(), &[], surroundings)
    }

    fn conditions(
        &self,
        options: &RunOptions,
        program: &Program,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Conditions> {
        let first = program.slices.first().context("no world can be played here")?;
        let options = self.of_slice(options, first, program.seed);
        let silent =
            Surroundings { program: Surroundings::silent().program, ..surroundings.clone() };
        let plan = self.plan(options, &silent)?;
        let settings = plan.settings()?;
        let loading = pool::loading(&plan, &settings, surroundings)?;
        let (engines, threads) = match script(&settings.actor) {
            Some(script) => (vec![script.to_owned()], None),
            None if endpoint::name(&settings.actor, &settings.engine).is_some() => {
                (vec![REMOTE.to_owned()], None)
            }
            None => (vec![engines::build(&loading)?], Some(engines::threads(&loading).into())),
        };
        let limits = CardLimits {
            board: plan.options.board.clone(),
            memory_bytes: settings.board.as_ref().map(crate::board::Board::memory_bytes),
            threads,
            parallel: loading.parallel.into(),
            context_tokens: settings.context,
        };
        Ok(Conditions { actor: settings.actor, loading, engines, limits })
    }

    /// Plays what is missing of a slice.
    fn results(
        &self,
        options: RunOptions,
        models: &mut SessionModels,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Results> {
        let plan = self.plan(options, surroundings)?;
        let mut played = play::play(&plan, models, surroundings).map_err(|error| {
            let is_begun = error.is::<ArmError>();
            if is_begun { error.context("stopped; the same command goes on") } else { error }
        })?;
        let (results, _) = played.write_results(&plan)?;
        played.write_page(&plan, results.clone())?;
        played.check_whole(&plan)?;
        Ok(results)
    }

    fn card(
        &self,
        conditions: Conditions,
        program: Program,
        (actor, speed, slices): (ModelIdentity, Option<Speed>, Vec<SliceCard>),
    ) -> Card {
        let arms = slices.iter().flat_map(|slice| &slice.arms);
        Card {
            format: FORMAT,
            rebound: env!("CARGO_PKG_VERSION").to_owned(),
            written: circumstances::now(),
            suite: Suite { name: self.suite.to_string(), version: program.version },
            machine: CardMachine {
                machine: circumstances::machine(),
                features: doctor::features().into_iter().map(str::to_owned).collect(),
            },
            limits: conditions.limits,
            engines: conditions.engines,
            actor,
            speed,
            totals: Totals::sum(arms.map(|arm| &arm.measured)),
            slices,
            skipped: program.skipped,
        }
    }
}

impl Conditions {
    /// What a card must not mix, as text.
    fn text(&self) -> String {
        let (machine, limits) = (circumstances::machine(), &self.limits);
        let threads = limits.threads.unwrap_or(0);
        format!(
            "{}, {} cores, {threads} threads, {} at once, {}",
            machine.processor,
            machine.cores,
            limits.parallel,
            self.engines.join(", ")
        )
    }
}

fn card_of(slice: &PlayedSlice, results: &Results, stopwatch: &Stopwatch) -> SliceCard {
    let PlayedSlice { world, split, steps, trials, .. } = slice;
    let measured = |arm: &str| stopwatch.measurements(|measured| measured.of_arm(world, arm));
    let arms = results.arms.iter();
    SliceCard {
        world: (*world).to_owned(),
        split: split.clone(),
        tasks: results.arms.first().map_or(0, |arm| arm.tasks.len() as u64),
        steps: (*steps).into(),
        trials: (*trials).into(),
        arms: arms.map(|arm| ArmCard::new(arm, measured(&arm.strategy))).collect(),
    }
}

/// The actor's speed, measured unless it was; `None` where no engine computes it here.
fn speed(
    stopwatch: &Stopwatch,
    (conditions, adapter): (&Conditions, Option<&Path>),
    models: &mut SessionModels,
    surroundings: &Surroundings,
) -> anyhow::Result<Option<Speed>> {
    if let Some(known) = stopwatch.measurements(|measured| measured.speed()) {
        return Ok(Some(known));
    }
    models.begin();
    let opened = models.open(&conditions.actor, adapter, &conditions.loading)?;
    let SessionModel::Loaded(handle) = opened else { return Ok(None) };
    let found = speed::measure(&handle, surroundings)?;
    stopwatch.measurements(|measured| measured.keep(Measured::Speed(found)))?;
    Ok(Some(found))
}

/// Reads cards, by files or by the folders of their suites; each with what it is called.
pub fn read_cards(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, Card)>> {
    let read = |path: &PathBuf| {
        let file = if path.is_dir() { path.join(CARD) } else { path.clone() };
        let value: Value = sealed::read_json(&file)?;
        let card = Card::from_json(value).with_context(|| format!("in {}", file.display()))?;
        Ok((path.display().to_string(), card))
    };
    paths.iter().map(read).collect()
}
