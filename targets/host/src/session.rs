//! A run from its options to its results: what the commands that play share.

mod pool;

use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail, ensure};
use clap::Args;
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_evaluation::collection;
use runtime_evaluation::report::{self, ReportRun};
use runtime_evaluation::results::{self, Results};
use runtime_evaluation::spending::ledger::Ledger;
use runtime_evaluation::spending::results::SpendingResults;
use runtime_evaluation::table;
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;

use self::pool::{Pool, Watch};
use crate::options::{self, Collection, Demonstration, RunOptions};
use crate::progress::Show;
use crate::resume;
use crate::settings::{Settings, out_folder};
use crate::spending;
use crate::wiring::Models;

/// Reflections of a group, where nobody says.
const GROUP: NonZeroU32 = NonZeroU32::new(4).expect("it is not 0");

/// Where a run comes from and how it is shown.
#[derive(Args, Clone, Debug)]
pub(crate) struct Session {
    /// A run's file in TOML; its keys are these options' names, and flags win
    #[arg(long, value_name = "TOML", conflicts_with = "resume")]
    pub(crate) config: Option<PathBuf>,
    /// Go on with the run in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) resume: Option<PathBuf>,
    /// With --resume: keep the trials before this one, and play from it on into a folder of
    /// its own
    #[arg(long, value_name = "N", requires = "resume")]
    pub(crate) from_trial: Option<u32>,
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// No bars and no table
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

/// What a session plays: everything resolved, nothing loaded yet.
pub(crate) struct Plan {
    /// The arms, the control first.
    pub(crate) strategies: Vec<Strategy>,
    /// Flags, file and folder in one.
    pub(crate) options: RunOptions,
    /// The run's folder.
    pub(crate) folder: RunFolder,
    /// Whether the folder holds the run already.
    pub(crate) resumed: bool,
    /// Where an expert plays, how.
    pub(crate) demonstration: Option<Demonstration>,
    /// Where groups are collected, how.
    pub(crate) collection: Option<Collection>,
}

impl Plan {
    fn settings(&self) -> anyhow::Result<Settings> {
        let settings = Settings::resolve(&self.options)?;
        let (demonstration, collection) = (self.demonstration, self.collection);
        // A failed trial, and the one after it.
        let trials = if collection.is_some() { 2 } else { settings.trials };
        Ok(Settings { trials, demonstration, collection, ..settings })
    }
}

impl Session {
    /// Plays the strategies, or those of the file or of the resumed run.
    ///
    /// `default` is played where none of these names any.
    pub(crate) fn play(
        &self,
        strategies: Vec<Strategy>,
        default: &[Strategy],
    ) -> anyhow::Result<()> {
        let mut plan = self.plan(strategies)?;
        if plan.demonstration.is_some() {
            bail!("an expert played this run; go on with it by `rebound demonstrate --resume`");
        }
        if plan.collection.is_some() {
            bail!("this run is a collection; go on with it by `rebound collect --resume`");
        }
        if plan.strategies.is_empty() {
            plan.strategies = default.to_vec();
        }
        let played = self.play_plan(&plan)?;
        self.report(&plan, played, table::success_by_trial)
    }

    /// Lets an expert play; where it may try a task again, it writes reflections.
    ///
    /// Without noise none is meant, or that of the resumed run.
    pub(crate) fn demonstrate(&self, noise: Option<f32>) -> anyhow::Result<()> {
        let again = self.options.trials.is_some_and(|trials| trials > NonZeroU32::MIN);
        let strategy = if again { Strategy::Retrospective } else { Strategy::None };
        let mut plan = self.plan(vec![strategy])?;
        match plan.demonstration {
            None if plan.resumed => {
                bail!("no expert played this run; go on with it by `rebound run`")
            }
            None => plan.demonstration = Some(Demonstration { noise: noise.unwrap_or(0.0) }),
            Some(stored) => ensure!(
                noise.is_none_or(|noise| Demonstration { noise } == stored),
                "--noise cannot change under a run; it was played with {}",
                stored.noise
            ),
        }
        let played = self.play_plan(&plan)?;
        self.report(&plan, played, table::demonstrations)
    }

    /// Lets every failed first trial have a group of reflections, each with a next trial.
    ///
    /// Without a number of members the usual one is meant, or that of the resumed run.
    pub(crate) fn collect(&self, asked: Option<NonZeroU32>) -> anyhow::Result<()> {
        let mut plan = self.plan(vec![Strategy::Retrospective])?;
        let stored = match plan.collection {
            None if plan.resumed => {
                bail!("this run is no collection; go on with it by `rebound run`")
            }
            stored => stored.map(|stored| stored.members),
        };
        let members = stored.or(asked).unwrap_or(GROUP);
        ensure!(
            asked.is_none_or(|asked| asked == members),
            "--group cannot change under a run; it was played with {members}"
        );
        plan.collection = Some(Collection { members });
        let clock = pool::clock();
        let played = self.play_plan(&plan)?;
        let judge = plan.settings()?.agent.feedback.judge();
        let found = collection::collection(&played.histories[0], judge, members.get());
        let json = serde_json::to_string_pretty(&found)? + "\n";
        let path = plan.folder.path.join("collection.json");
        replace(&path, json.as_bytes())?;
        if self.json {
            std::io::stdout().write_all(json.as_bytes())?;
        } else if !self.quiet {
            let (text, path) = (found.text(), path.display());
            let seconds = clock() as f64 / 1e6;
            writeln!(std::io::stdout(), "{text}took         {seconds:.0} s\n\nCollection: {path}")?;
        }
        stopped(&plan, played.stopped)
    }

    fn play_plan(&self, plan: &Plan) -> anyhow::Result<Played> {
        let settings = plan.settings()?;
        let watch = Watch { stop: stop_on_interrupt()?, show: self.show() };
        let pool = Pool::open(plan, &settings)?;
        let mut models = Models::default();
        let mut parts = Pool::parts(plan, &settings, &mut models)?;
        let terms = spending::terms(&plan.options, &parts)?;
        if !plan.resumed {
            begin(plan)?;
        }
        let ledger = terms.map(|terms| spending::ledger(terms, &plan.folder)).transpose()?;
        for parts in &mut parts {
            parts.ledger.clone_from(&ledger);
        }
        let mut played = Played { histories: Vec::new(), ledger, stopped: None };
        for parts in &parts {
            let (history, ended) = pool.play_arm(parts, (plan, &settings), &watch)?;
            let in_arm = || format!("in the arm {}", parts.strategy);
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

    fn plan(&self, strategies: Vec<Strategy>) -> anyhow::Result<Plan> {
        if let Some(from) = &self.resume {
            return resume::plan(self, from);
        }
        let file = self.config.as_deref().map(options::read).transpose()?.unwrap_or_default();
        let strategies = if strategies.is_empty() {
            let named = file.strategies.iter().map(|name| name.parse::<Strategy>());
            named.collect::<Result<Vec<_>, _>>()?
        } else {
            strategies
        };
        let options = self.options.or(file.options)?;
        let folder = RunFolder::new(out_folder(&options, &Settings::resolve(&options)?));
        ensure!(
            !folder.config().exists(),
            "there is a run in {0}; go on with it by --resume {0}, or choose another --out",
            folder.path.display()
        );
        let (demonstration, collection) = (file.demonstration, file.collection);
        Ok(Plan { strategies, options, folder, resumed: false, demonstration, collection })
    }

    fn show(&self) -> Show {
        if self.quiet { Show::Nothing } else { Show::Bars }
    }

    fn report(
        &self,
        plan: &Plan,
        played: Played,
        table: fn(&Results) -> String,
    ) -> anyhow::Result<()> {
        let mut results = results::results(&played.histories)?;
        results.spending = played.ledger.map(|ledger| SpendingResults::new(&ledger));
        let json = serde_json::to_string_pretty(&results)? + "\n";
        let path = plan.folder.results();
        replace(&path, json.as_bytes())?;
        if self.json {
            std::io::stdout().write_all(json.as_bytes())?;
        } else if !self.quiet {
            let shown = format!("{}\nResults: {}\n", table(&results), path.display());
            std::io::stdout().write_all(shown.as_bytes())?;
        }
        let histories = &played.histories;
        let (name, spending, notes) = (plan.folder.name(), results.spending, Vec::new());
        self.write_page(&plan.folder, &ReportRun { name, histories, spending, notes })?;
        stopped(plan, played.stopped)
    }

    fn write_page(&self, folder: &RunFolder, run: &ReportRun<'_>) -> anyhow::Result<()> {
        let path = folder.report();
        replace(&path, report::html(std::slice::from_ref(run))?.as_bytes())?;
        if !self.json && !self.quiet {
            writeln!(std::io::stdout(), "Report: {}", path.display())?;
        }
        Ok(())
    }
}

/// The error of a run that its limit of costs ended.
fn stopped(plan: &Plan, stopped: Option<anyhow::Error>) -> anyhow::Result<()> {
    let Some(error) = stopped else { return Ok(()) };
    let folder = plan.folder.path.display();
    Err(error.context(format!("stopped; --resume {folder} with a higher --cost-limit goes on")))
}

/// What was played of a plan.
struct Played {
    /// One for each arm that was begun.
    histories: Vec<RunHistory>,
    /// Where a model is paid, what was spent.
    ledger: Option<Arc<Ledger>>,
    /// The run's limit of costs, where it ended the run.
    stopped: Option<anyhow::Error>,
}

/// Makes the run's folder and says in it what was asked.
fn begin(plan: &Plan) -> anyhow::Result<()> {
    let path = &plan.folder.path;
    std::fs::create_dir_all(path)
        .with_context(|| format!("cannot make the run's folder {}", path.display()))?;
    let options = RunOptions { out: None, name: None, ..plan.options.clone() };
    let strategies = plan.strategies.iter().map(|strategy| strategy.name().to_string()).collect();
    let (options, demonstration) = (options.table()?, plan.demonstration);
    let file = options::RunFile { strategies, demonstration, collection: plan.collection, options };
    Ok(replace(&plan.folder.config(), toml::to_string(&file)?.as_bytes())?)
}

/// The first Ctrl-C ends the run after the steps under way, the second at once.
fn stop_on_interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after the step under way; Ctrl-C again stops at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
