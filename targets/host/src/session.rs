//! A run from its options to its results: what the commands that play share.

use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use clap::Args;
use runtime_core::event::RunEvent;
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_core::task::{Limits, Task};
use runtime_core::trial::TrialSettings;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{self, EnvironmentOptions, World, train_split};
use runtime_evaluation::arm::{self, Arm, ArmError, ArmProgress, Worker};
use runtime_evaluation::report::{self, ReportRun};
use runtime_evaluation::results::{self, Results};
use runtime_evaluation::spending::ledger::Ledger;
use runtime_evaluation::spending::results::SpendingResults;
use runtime_evaluation::table;
use runtime_store::recorder::{Clock, LogRecorder};
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;

use crate::endpoint::Waits;
use crate::engines::Loading;
use crate::files;
use crate::options::{self, Demonstration, RunOptions};
use crate::progress::{self, Show};
use crate::resume;
use crate::settings::{Settings, out_folder};
use crate::spending;
use crate::wiring::{self, AgentParts, Models};

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
}

impl Plan {
    fn settings(&self) -> anyhow::Result<Settings> {
        let settings = Settings::resolve(&self.options)?;
        Ok(Settings { demonstration: self.demonstration, ..settings })
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
        if plan.strategies.is_empty() {
            plan.strategies = default.to_vec();
        }
        let played = self.play_plan(&plan)?;
        self.report(&plan, played, table::success_by_trial)
    }

    /// Lets an expert play one trial of each task.
    ///
    /// Without noise none is meant, or that of the resumed run.
    pub(crate) fn demonstrate(&self, noise: Option<f32>) -> anyhow::Result<()> {
        let mut plan = self.plan(vec![Strategy::None])?;
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
        Ok(Plan { strategies, options, folder, resumed: false, demonstration: file.demonstration })
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
        let folder = plan.folder.path.display();
        played.stopped.map_or(Ok(()), |error| {
            Err(error
                .context(format!("stopped; --resume {folder} with a higher --cost-limit goes on")))
        })
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
    let file = options::RunFile { strategies, demonstration, options };
    Ok(replace(&plan.folder.config(), toml::to_string(&file)?.as_bytes())?)
}

/// The tasks of a run and the world that they play in.
struct Pool {
    world: Box<dyn World>,
    tasks: Vec<Task>,
}

impl Pool {
    fn open(plan: &Plan, settings: &Settings) -> anyhow::Result<Self> {
        let data = Some(files::data_folder(plan.options.data.clone()));
        let options = EnvironmentOptions { data, ..EnvironmentOptions::default() };
        let world = world::open(&settings.environment, &options)?;
        let split = match (&settings.split, plan.demonstration) {
            (split, Some(_)) => train_split(&*world, split.as_deref())?,
            (Some(split), None) => split.clone(),
            (None, None) => world.default_split().to_string(),
        };
        let limits = Limits {
            steps_max: settings.steps.unwrap_or_else(|| world.default_steps_max(&split)),
            trials_max: settings.trials,
            episode_tokens_max: settings.episode_tokens,
        };
        let count = (settings.tasks > 0).then_some(settings.tasks as usize);
        let selection = TaskSelection { split, count, seed: settings.seed, limits };
        let tasks = world.tasks(&selection)?;
        ensure!(!tasks.is_empty(), "the split {} has no tasks", selection.split);
        Ok(Self { world, tasks })
    }

    /// What each arm's agents are made of, in the order of the plan's strategies.
    fn parts(
        plan: &Plan,
        settings: &Settings,
        models: &mut Models,
    ) -> anyhow::Result<Vec<AgentParts>> {
        let options = &plan.options;
        let prompts = wiring::prompts(&settings.environment, options.prompts.as_deref())?;
        let prompts = Arc::new(prompts);
        let loading = loading(plan, settings)?;
        let actor = match plan.demonstration {
            None => models.open(&settings.actor, options.actor_adapter.as_deref(), &loading)?,
            Some(_) => wiring::dictation(&settings.actor, loading.context_tokens)?,
        };
        let mut parts = Vec::new();
        for strategy in &plan.strategies {
            let retrospective = if *strategy == Strategy::Retrospective {
                let adapter = options.retrospective_adapter.as_deref();
                models.open_retrospective(&settings.retrospective, adapter, &loading)?
            } else {
                actor.clone()
            };
            let (actor, prompts) = (actor.clone(), Arc::clone(&prompts));
            parts.push(AgentParts {
                actor,
                retrospective,
                prompts,
                settings: settings.agent,
                demonstration: plan.demonstration,
                strategy: *strategy,
                ledger: None,
            });
        }
        Ok(parts)
    }

    /// Plays an arm; returns what was played of it, and how that ended.
    fn play_arm(
        &self,
        parts: &AgentParts,
        (plan, settings): (&Plan, &Settings),
        how: &Watch,
    ) -> anyhow::Result<(RunHistory, Result<(), ArmError>)> {
        let strategy = parts.strategy;
        let run = RunEvent {
            version: env!("CARGO_PKG_VERSION").into(),
            strategy: strategy.name().into(),
            settings: settings.json()?,
            prompts_sha256: parts.prompts.sha256().into(),
            actor: parts.actor.identity(),
            retrospective: parts.retrospective.identity(),
            tasks: self.tasks.clone(),
        };
        let (log, mut history) = resume::open_log(&plan.folder, strategy, run)?;
        let recorder = LogRecorder::new(log, clock(), Arc::clone(&how.stop));
        let bar = progress::tasks(how.show, strategy.name(), self.tasks.len() as u64);
        let set_up = |_worker| {
            Ok(Worker {
                agent: parts.agent(),
                environment: self.world.environment(),
                recorder: Box::new(recorder.clone()),
            })
        };
        let tell = |now: &ArmProgress| {
            bar.set_position(now.tasks_done);
            bar.set_message(format!("{} solved, {} trials", now.tasks_solved, now.trials));
        };
        let arm = Arm {
            settings: TrialSettings {
                judge: settings.agent.feedback.judge(),
                strategy,
                reflections_max: settings.reflections as usize,
                members: 1,
                seed: settings.seed,
            },
            workers: loading(plan, settings)?.parallel,
            set_up: &set_up,
            progress: &tell,
        };
        let played = arm::run_arm(&arm, &mut history);
        bar.finish();
        Ok((history, played))
    }
}

/// How an arm is watched and stopped.
struct Watch {
    stop: Arc<AtomicBool>,
    show: Show,
}

fn loading(plan: &Plan, settings: &Settings) -> anyhow::Result<Loading> {
    let one = NonZeroU32::MIN;
    let of_board = settings.board.as_ref();
    let asked = plan.options.parallel.or(of_board.map(|board| board.parallel)).unwrap_or(one);
    let parallel = if settings.deterministic { one } else { asked };
    Ok(Loading {
        engine: settings.engine.clone(),
        context_tokens: settings.context.try_into().context("--context is 0")?,
        threads: plan.options.threads.or(of_board.map(|board| board.threads)),
        parallel,
        deterministic: settings.deterministic,
        board: settings.board.clone(),
        waits: Waits::resolve(&plan.options)?,
    })
}

#[allow(clippy::disallowed_methods, reason = "this is where the clock comes from")]
fn clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX))
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
