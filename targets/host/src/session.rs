//! A run from its options to its results: what the commands that play share.

pub(crate) mod play;
pub(crate) mod pool;

use std::io::Write;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use models::threads::cores_allowed;
use runtime_core::strategy::Strategy;
use runtime_evaluation::arm::ArmError;
use runtime_evaluation::report::{self, ReportRun};
use runtime_evaluation::results::Results;
use runtime_evaluation::table;
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;
use targets_console::{out, outln, signals};

use self::play::{Played, collection_file, play, stopped, write_collection, write_results};
use self::pool::Watch;
use crate::approval::{self, Allowed};
use crate::options::{self, Collection, Demonstration, RunOptions};
use crate::progress::{Show, Told};
use crate::reading::Reading;
use crate::resume::{self, Copied};
use crate::run_name::{self, Claimed};
use crate::settings::Settings;
use crate::wiring::Models;

/// Reflections of a group, where nobody says.
const GROUP: NonZeroU32 = NonZeroU32::new(4).expect("it is not 0");

/// Where a run comes from and how it is shown.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Session {
    /// A run's file in TOML; its keys are these options' names, and flags win
    #[arg(long, value_name = "TOML", conflicts_with = "resume", help_heading = options::FOLDER)]
    pub(crate) config: Option<PathBuf>,
    /// Go on with the run in this folder
    #[arg(long, value_name = "DIR", help_heading = options::FOLDER)]
    pub(crate) resume: Option<PathBuf>,
    /// With --resume: keep the trials before this one, and play from it on into a folder of
    /// its own
    #[arg(
        long,
        value_name = "N",
        requires = "resume",
        help_heading = options::FOLDER,
        hide_short_help = true
    )]
    pub(crate) from_trial: Option<u32>,
    /// Print the results as JSON
    #[arg(long, help_heading = options::FOLDER)]
    pub(crate) json: bool,
    /// No bars, no lines and no table
    #[arg(long, short, help_heading = options::FOLDER)]
    pub(crate) quiet: bool,
    /// Print what is seen, done and learned as it happens
    #[arg(long, conflicts_with_all = ["json", "quiet"], help_heading = options::FOLDER)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) allowed: Allowed,
    #[command(flatten)]
    pub(crate) options: RunOptions,
}

/// What a session plays: everything resolved, nothing loaded yet.
pub(crate) struct Plan {
    /// The arms, the control first.
    pub(crate) strategies: Vec<Strategy>,
    /// Flags, file and folder in one.
    pub(crate) options: RunOptions,
    /// What the command line alone allows.
    pub(crate) allowed: Allowed,
    /// The run's folder.
    pub(crate) folder: RunFolder,
    /// Keeps other processes out of it.
    pub(crate) claim: Claimed,
    /// Whether the run was begun before.
    pub(crate) resumed: bool,
    /// Where its first trials are those of another run, which.
    pub(crate) copied: Option<Copied>,
    /// Where an expert plays, how.
    pub(crate) demonstration: Option<Demonstration>,
    /// Where groups are collected, how.
    pub(crate) collection: Option<Collection>,
    /// Whether a retrospective without an adapter stays without one, whatever is installed.
    pub(crate) is_bare: bool,
}

impl Plan {
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let settings = Settings::resolve(&self.options)?;
        let (demonstration, collection) = (self.demonstration, self.collection);
        // A failed trial, and the one after it.
        let trials = if collection.is_some() { 2 } else { settings.trials };
        Ok(Settings { trials, demonstration, collection, ..settings })
    }

    /// How the run is gone on with, in words.
    fn goes_on(&self) -> String {
        let command = match (&self.demonstration, &self.collection) {
            (Some(_), _) => "demonstrate",
            (_, Some(_)) => "collect",
            _ => "run",
        };
        format!("`rebound {command} --resume {}` goes on", self.folder.path.display())
    }

    /// The log of an arm that has the first trials of this one: in the folder that was
    /// named, or the run's own first arm.
    fn first_trials(&self, strategy: Strategy) -> anyhow::Result<Option<PathBuf>> {
        if let Some(folder) = &self.options.first_trials {
            let named = RunFolder::new(folder);
            let arm = named.arms().first().copied();
            let arm = arm.with_context(|| format!("there is no run in {}", folder.display()))?;
            return Ok(Some(named.trial_log(arm)));
        }
        let first = self.strategies.first().filter(|first| **first != strategy);
        Ok(first.map(|first| self.folder.trial_log(*first)))
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
        let RunOptions { best_of, borrow_reflections, .. } = &plan.options;
        ensure!(
            best_of.is_none() && borrow_reflections.is_none(),
            "a collection is of the retrospective's own draws: --best-of and \
             --borrow-reflections have no place in it"
        );
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
        let (found, json) = write_collection(&plan, &played)?;
        if self.json {
            out().write_all(json.as_bytes())?;
        } else if !self.quiet {
            let (text, path) = (found.text(), collection_file(&plan));
            let path = path.display();
            let seconds = clock() as f64 / 1e6;
            outln!("{text}took         {seconds:.0} s\n\nCollection: {path}");
        }
        stopped(&plan, played.stopped)
    }

    fn play_plan(&self, plan: &Plan) -> anyhow::Result<Played> {
        let watch = Watch::new(signals::stop(), self.show(), self.told());
        play(plan, &mut Models::default(), &watch).map_err(|error| {
            // Before an arm was begun there is nothing to go on with.
            if !error.is::<ArmError>() {
                return error;
            }
            error.context(format!("stopped; {}", plan.goes_on()))
        })
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
        let mut options = self.options.or(file.options)?;
        if options.deterministic == Some(true) && options.board.is_none() {
            // Bits may hang on it, so it is kept with the run.
            options.threads.get_or_insert_with(cores_allowed);
        }
        let named_by = self.config.as_deref().unwrap_or(Path::new(""));
        approval::check(&options, &self.options, named_by, self.allowed)?;
        let claim = run_name::claim(&options, &Settings::resolve(&options)?.environment)?;
        let folder = RunFolder::new(claim.folder());
        ensure!(
            !folder.config().exists(),
            "there is a run in {0}; go on with it by --resume {0}, or choose another --out",
            folder.path.display()
        );
        let (demonstration, collection) = (file.demonstration, file.collection);
        let (resumed, copied, is_bare) = (false, None, false);
        let allowed = self.allowed;
        Ok(Plan {
            strategies,
            options,
            allowed,
            folder,
            claim,
            resumed,
            copied,
            demonstration,
            collection,
            is_bare,
        })
    }

    fn told(&self) -> Told {
        if self.watch { Told::Events } else { Told::Standing }
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
        let (results, json) = write_results(plan, &played)?;
        let path = plan.folder.results();
        if self.json {
            out().write_all(json.as_bytes())?;
        } else if !self.quiet {
            outln!("{}\nResults: {}", table(&results), path.display());
        }
        let histories = &played.histories;
        let Results { spending, circumstances, .. } = results;
        let (name, notes) = (plan.folder.name(), Vec::new());
        let run = ReportRun { name, histories, spending, circumstances, notes };
        self.write_page(plan, &run)?;
        stopped(plan, played.stopped)
    }

    fn write_page(&self, plan: &Plan, run: &ReportRun<'_>) -> anyhow::Result<()> {
        let path = plan.folder.report();
        let mut reading = Reading::new(plan.options.data.clone());
        replace(&path, report::html(std::slice::from_ref(run), &mut reading)?.as_bytes())?;
        if !self.json && !self.quiet {
            outln!("Report: {}", path.display());
        }
        Ok(())
    }
}
