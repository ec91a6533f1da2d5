//! Playing a plan, and writing what came of it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use runtime_core::history::RunHistory;
use runtime_environments::world::World;
use runtime_evaluation::arm::ArmProgress;
use runtime_evaluation::collection::{self, Collection};
use runtime_evaluation::results::circumstances::{Circumstances, Session};
use runtime_evaluation::results::{self, Results};
use runtime_evaluation::spending::ledger::Ledger;
use runtime_evaluation::spending::results::SpendingResults;
use runtime_store::replace::replace;
use runtime_store::sealed;
use targets_console::signals::{self, Asked, Kept};

use super::Plan;
use super::pool::{Pool, Watch, loading};
use crate::circumstances;
use crate::options::{self, RunOptions};
use crate::progress::say;
use crate::resume;
use crate::settings::Settings;
use crate::spending;
use crate::wiring::Models;

/// Plays what is left of a plan; the models that it loads stay in `models`.
pub(crate) fn play(plan: &Plan, models: &mut Models, watch: &Watch) -> anyhow::Result<Played> {
    let settings = plan.settings()?;
    if plan.resumed {
        signals::goes_on_by(plan.goes_on());
    }
    let pool = Pool::open(plan, &settings)?;
    let world = Arc::clone(&pool.world);
    let _in_the_end = signals::before_end(move || leave(&*world));
    let played = play_in(&pool, (plan, &settings), models, watch);
    // However it ended: a heater is not left on.
    leave(&*pool.world);
    played
}

fn play_in(
    pool: &Pool,
    (plan, settings): (&Plan, &Settings),
    models: &mut Models,
    watch: &Watch,
) -> anyhow::Result<Played> {
    let mut parts = Pool::parts(plan, settings, models, watch)?;
    let terms = spending::terms(&plan.options, &parts)?;
    if !plan.resumed {
        for parts in &parts {
            pool.check_first_trials(parts, plan, settings)?;
        }
    }
    if !plan.resumed || plan.copied.is_some() {
        begin(plan)?;
        signals::goes_on_by(plan.goes_on());
    }
    let _kept = kept();
    let ledger = terms.map(|terms| spending::ledger(terms, &plan.folder)).transpose()?;
    for parts in &mut parts {
        parts.ledger.clone_from(&ledger);
    }
    let sessions = circumstances::log(&plan.folder, &parts, &loading(plan, settings)?)?;
    let mut played = Played { histories: Vec::new(), sessions, ledger, stopped: None };
    for parts in &parts {
        let (history, standing, ended) = pool.play_arm(parts, (plan, settings), watch)?;
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

/// Leaves the world so that it harms nobody, and says what there is to say of it.
pub(crate) fn leave(world: &dyn World) {
    if let Some(said) = world.leave() {
        say(&said);
    }
}

/// Writes what came of a plan; returns it and the file's text.
pub(crate) fn write_results(plan: &Plan, played: &Played) -> anyhow::Result<(Results, String)> {
    let mut results = results::results(&played.histories)?;
    results.spending = played.ledger.as_deref().map(SpendingResults::new);
    results.circumstances = Circumstances::new(&played.sessions, circumstances::now());
    let json = sealed::json(&results)?;
    replace(&plan.folder.results(), json.as_bytes())?;
    Ok((results, json))
}

/// The file of what a plan collected.
pub(crate) fn collection_file(plan: &Plan) -> PathBuf {
    plan.folder.path.join("collection.json")
}

/// Counts what a plan collected, and writes it; returns it and the file's text.
pub(crate) fn write_collection(
    plan: &Plan,
    played: &Played,
) -> anyhow::Result<(Collection, String)> {
    let judge = plan.settings()?.agent.feedback.judge();
    let members = plan.collection.map_or(1, |collection| collection.members.get());
    let found = collection::collection(&played.histories[0], judge, members);
    let json = sealed::json(&found)?;
    replace(&collection_file(plan), json.as_bytes())?;
    Ok((found, json))
}

/// The error of a run that its limit of costs ended.
pub(crate) fn stopped(plan: &Plan, stopped: Option<anyhow::Error>) -> anyhow::Result<()> {
    let Some(error) = stopped else { return Ok(()) };
    let folder = plan.folder.path.display();
    Err(error.context(format!("stopped; --resume {folder} with a higher --cost-limit goes on")))
}

/// What was played of a plan.
pub(crate) struct Played {
    /// One for each arm that was begun.
    pub(crate) histories: Vec<RunHistory>,
    /// When, where and how, the first session first.
    pub(crate) sessions: Vec<Session>,
    /// Where a model is paid, what was spent.
    pub(crate) ledger: Option<Arc<Ledger>>,
    /// The run's limit of costs, where it ended the run.
    pub(crate) stopped: Option<anyhow::Error>,
}

/// Says in the run's folder what was asked; from now on it stays.
fn begin(plan: &Plan) -> anyhow::Result<()> {
    if let Some(copied) = &plan.copied {
        resume::copy(copied, &plan.folder)?;
    }
    let options = RunOptions { out: None, name: None, ..plan.options.clone() };
    let strategies = plan.strategies.iter().map(|strategy| strategy.name().to_string()).collect();
    let (options, demonstration) = (options.table()?, plan.demonstration);
    let (folder, collection) = (None, plan.collection);
    let file = options::RunFile { folder, strategies, demonstration, collection, options };
    replace(&plan.folder.config(), file.text()?.as_bytes())?;
    plan.claim.keep();
    Ok(())
}

/// While it lives, a signal ends the run after the steps under way, a second one at once.
pub(crate) fn kept() -> Kept {
    signals::keep(|asked| {
        if asked == Asked::ToStop {
            say("\nstopping after the step under way; the same again stops at once");
        }
    })
}
