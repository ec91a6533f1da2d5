//! Plays a plan and writes its results.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use runtime_core::history::RunHistory;
use runtime_environments::world::World;
use runtime_evaluation::arm::ArmError;
use runtime_evaluation::collection::{self, CollectionResults};
use runtime_evaluation::listener::ArmProgress;
use runtime_evaluation::report::{self, ReportRun};
use runtime_evaluation::results::circumstances::{Circumstances, RunSession};
use runtime_evaluation::results::{self, Results};
use runtime_evaluation::spending::ledger::Ledger;
use runtime_evaluation::spending::results::SpendingResults;
use runtime_store::replace::replace;
use runtime_store::sealed;

use crate::circumstances;
use crate::loaded::SessionModels;
use crate::memory;
use crate::options::RunOptions;
use crate::options::file::RunFile;
use crate::plan::{Beginning, Plan};
use crate::pool::{Pool, loading};
use crate::program::{Program, SessionEvent, Surroundings};
use crate::reading::Reading;
use crate::resume;
use crate::settings::Settings;
use crate::spending;
use crate::tuning;

impl Plan {
    /// Plays the rest of the run; an error says how to resume it.
    pub fn play(&self, surroundings: &Surroundings) -> anyhow::Result<Played> {
        let played = play(self, &mut SessionModels::default(), surroundings);
        memory::give_back();
        played.map_err(|error| {
            // Before an arm was started there is nothing to resume.
            if !error.is::<ArmError>() {
                return error;
            }
            error.context(format!("stopped; {}", self.resumption()))
        })
    }
}

/// Plays the rest of a plan; the models that it loads stay in `models`.
pub(crate) fn play(
    plan: &Plan,
    models: &mut SessionModels,
    surroundings: &Surroundings,
) -> anyhow::Result<Played> {
    let settings = plan.settings()?;
    if matches!(plan.beginning, Beginning::Resumed) {
        surroundings.tell(SessionEvent::Resumable(&plan.resumption()));
    }
    let pool = Pool::open(plan, &settings)?;
    let (world, program) = (Arc::clone(&pool.world), Arc::clone(&surroundings.program));
    let deed = Box::new(move || leave(&*world, &*program));
    let _in_the_end = surroundings.program.before_end(deed);
    let played = play_in(&pool, (plan, &settings), models, surroundings);
    // Also after an error, so that no heater stays on.
    leave(&*pool.world, &*surroundings.program);
    played
}

fn play_in(
    pool: &Pool,
    (plan, settings): (&Plan, &Settings),
    models: &mut SessionModels,
    surroundings: &Surroundings,
) -> anyhow::Result<Played> {
    let parts = Pool::parts(plan, settings, models, surroundings);
    let mut parts = parts.map_err(|error| match plan.told_by() {
        Some(file) => error.context(file),
        None => error,
    })?;
    let terms = spending::terms(&plan.options, &parts)?;
    if plan.is_new() {
        for parts in &parts {
            pool.check_first_trials(parts, plan, settings)?;
        }
    }
    if !matches!(plan.beginning, Beginning::Resumed) {
        begin(plan)?;
        surroundings.tell(SessionEvent::Resumable(&plan.resumption()));
    }
    let _kept = surroundings.program.keep();
    let ledger = terms.map(|terms| spending::ledger(terms, &plan.folder)).transpose()?;
    let truths = pool.truths(settings)?;
    for parts in &mut parts {
        parts.ledger.clone_from(&ledger);
        parts.truths.clone_from(&truths);
    }
    let loading = loading(plan, settings, surroundings)?;
    let tuned = parts.first().map(|parts| tuning::date_of(&parts.actor, &loading)).transpose()?;
    let sessions = circumstances::log(&plan.folder, &parts, &loading, tuned.flatten())?;
    let mut played = Played { histories: Vec::new(), sessions, ledger, stopped: None };
    for parts in &parts {
        let (history, standing, ended) = pool.play_arm(parts, (plan, settings), surroundings)?;
        let ArmProgress { tasks, tasks_done, tasks_solved, .. } = standing;
        let in_arm = || {
            format!(
                "in the arm {}, with {tasks_done} of {tasks} tasks done and {tasks_solved} solved",
                parts.strategy
            )
        };
        match ended {
            Err(error) if error.is_cost_limit() => {
                played.histories.push(history);
                played.stopped = Some(anyhow::Error::new(error).context(in_arm()));
                break;
            }
            ended => ended.with_context(in_arm)?,
        }
        played.histories.push(history);
    }
    Ok(played)
}

/// Puts the world into a safe state and reports about it.
pub fn leave(world: &dyn World, program: &dyn Program) {
    if let Some(text) = world.leave() {
        program.hear(SessionEvent::Note(&text));
    }
}

/// The played part of a plan.
pub struct Played {
    /// The histories of the arms that were started.
    pub histories: Vec<RunHistory>,
    /// The sessions, in order.
    sessions: Vec<RunSession>,
    /// The spending, if a model is paid.
    ledger: Option<Arc<Ledger>>,
    /// The error of the cost limit, if it ended the run.
    stopped: Option<anyhow::Error>,
}

impl Played {
    /// Writes the results; returns them and the file's text.
    pub fn write_results(&self, plan: &Plan) -> anyhow::Result<(Results, String)> {
        let mut results = results::results(&self.histories)?;
        results.spending = self.ledger.as_deref().map(SpendingResults::new);
        results.circumstances = Circumstances::new(&self.sessions, circumstances::now());
        let json = sealed::json(&results)?;
        replace(&plan.folder.results(), json.as_bytes())?;
        Ok((results, json))
    }

    /// Writes the page of these results.
    pub fn write_page(&self, plan: &Plan, results: Results) -> anyhow::Result<()> {
        let Results { spending, circumstances, .. } = results;
        let (name, notes, histories) = (plan.folder.name(), Vec::new(), &self.histories);
        let run = ReportRun { name, histories, spending, circumstances, notes };
        let mut reading = Reading::new(plan.options.data.clone());
        let page = report::html(std::slice::from_ref(&run), &mut reading)?;
        Ok(replace(&plan.folder.report(), page.as_bytes())?)
    }

    /// Writes the counts of a collection; returns them and the file's text.
    pub fn write_collection(&self, plan: &Plan) -> anyhow::Result<(CollectionResults, String)> {
        let judge = plan.settings()?.agent.feedback.judge();
        let found = collection::collection(&self.histories[0], judge, plan.kind.group());
        let json = sealed::json(&found)?;
        replace(&collection_file(plan), json.as_bytes())?;
        Ok((found, json))
    }

    /// The error of a run that its cost limit ended.
    pub fn check_whole(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let Some(error) = self.stopped.take() else { return Ok(()) };
        let folder = plan.folder.path.display();
        Err(error.context(format!("stopped; --resume {folder} with a higher --cost-limit goes on")))
    }
}

/// The file with the counts of a collection.
pub fn collection_file(plan: &Plan) -> PathBuf {
    plan.folder.path.join("collection.json")
}

/// Writes the configuration into the run's folder, which stays from now on.
fn begin(plan: &Plan) -> anyhow::Result<()> {
    if let Beginning::Copied(copied) = &plan.beginning {
        resume::copy(copied, &plan.folder)?;
    }
    let options = RunOptions { out: None, name: None, ..plan.options.clone() };
    let file = RunFile::new(&plan.strategies, plan.kind, &options)?;
    replace(&plan.folder.config(), file.text()?.as_bytes())?;
    plan.claim.keep();
    Ok(())
}
