//! A user's request for a run, which becomes a plan.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use models::threads::cores_allowed;
use runtime_agent::settings::AgentKind;
use runtime_core::strategy::Strategy;

use crate::approval::{self, Allowed};
use crate::claims;
use crate::kind::RunKind;
use crate::loaded;
use crate::options::file::{self, RunFile};
use crate::options::{RunOptions, Temperature};
use crate::plan::Plan;
use crate::program::Surroundings;
use crate::resume;
use crate::settings::Settings;

/// A user's request for a run.
#[derive(Clone, Debug, Default)]
pub struct RunRequest {
    /// The options of the command line, which override those of the file.
    pub options: RunOptions,
    /// The user's permissions.
    pub allowed: Allowed,
    /// The source of further options.
    pub source: OptionsSource,
}

/// Reflections of a group, by default.
const GROUP: NonZeroU32 = NonZeroU32::new(4).expect("it is not 0");
/// Steps of a demonstrated episode at most, by default.
const DEMONSTRATED_STEPS_MAX: NonZeroU32 = NonZeroU32::new(50).expect("it is not 0");

/// What is asked of a collection's groups.
#[derive(Clone, Copy, Debug, Default)]
pub struct AskedGroups {
    /// Number of distinct reflections in a group.
    pub members: Option<NonZeroU32>,
    /// Number of next trials of each.
    pub next_trials: Option<NonZeroU32>,
}

/// The source of a run's options.
#[derive(Clone, Debug, Default)]
pub enum OptionsSource {
    /// Only the request.
    #[default]
    Options,
    /// A configuration file.
    File(PathBuf),
    /// The folder of a run to resume.
    Run(PathBuf),
    /// The folder of a run whose trials before this one are copied to a new run.
    Trial(PathBuf, u32),
}

impl OptionsSource {
    /// The run in a folder, from a trial on where one is named, or else a file, or neither.
    pub fn named(file: Option<PathBuf>, folder: Option<PathBuf>, trial: Option<u32>) -> Self {
        match (folder, trial, file) {
            (Some(folder), Some(trial), _) => Self::Trial(folder, trial),
            (Some(folder), None, _) => Self::Run(folder),
            (None, _, Some(file)) => Self::File(file),
            (None, _, None) => Self::Options,
        }
    }
}

/// Arms that are compared: where any is named, the control is among them.
pub fn with_control(mut strategies: Vec<Strategy>) -> Vec<Strategy> {
    if !strategies.is_empty() && !strategies.contains(&Strategy::None) {
        strategies.insert(0, Strategy::None);
    }
    strategies
}

impl RunRequest {
    /// A run of these strategies, or those of the file or of the resumed run; `usual` ones are
    /// played where none of these names any.
    pub fn comparison(
        &self,
        strategies: Vec<Strategy>,
        usual: &[Strategy],
        surroundings: &Surroundings,
    ) -> anyhow::Result<Plan> {
        let mut plan = self.plan(strategies, surroundings)?;
        match plan.kind {
            RunKind::Comparison => {}
            RunKind::Demonstration { .. } => {
                bail!("an expert played this run; go on with it by `rebound demonstrate --resume`")
            }
            RunKind::Collection { .. } => {
                bail!("this run is a collection; go on with it by `rebound collect --resume`")
            }
        }
        if plan.strategies.is_empty() {
            plan.strategies = usual.to_vec();
        }
        plan.with_kept(surroundings)
    }

    /// A run that an expert plays; where it may try a task again, it writes reflections.
    ///
    /// Where neither a file nor a resumed run says it, all tasks are played, once, in at most 50
    /// steps, and without noise.
    pub fn demonstration(
        &self,
        noise: Option<f32>,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Plan> {
        let options = &self.options;
        let kind = options.agent.as_deref().and_then(|kind| kind.parse().ok());
        ensure!(
            kind != Some(AgentKind::React),
            "the expert has no thoughts to show; only --agent act can be demonstrated"
        );
        let again = options.trials.is_some_and(|trials| trials.get() > 1);
        let strategy = if again { Strategy::Retrospective } else { Strategy::None };
        let options = match self.source {
            OptionsSource::Options => of_demonstration(options.clone()),
            // What it says holds.
            OptionsSource::File(_) | OptionsSource::Run(_) | OptionsSource::Trial(..) => {
                options.clone()
            }
        };
        let mut plan = Self { options, ..self.clone() }.plan(vec![strategy], surroundings)?;
        plan.kind = match plan.kind {
            RunKind::Comparison if plan.is_new() => {
                RunKind::Demonstration { noise: noise.unwrap_or(0.0) }
            }
            RunKind::Demonstration { noise: stored } => {
                ensure!(
                    noise.is_none_or(|noise| RunKind::Demonstration { noise } == plan.kind),
                    "--noise cannot change under a run; it was played with {stored}"
                );
                plan.kind
            }
            _ => bail!("no expert played this run; go on with it by `rebound run`"),
        };
        Ok(plan)
    }

    /// A run in which every failed trial but the last has a group of reflections, each with next
    /// trials.
    ///
    /// Without a number of members 4 are meant, and one next trial of each, or those of the
    /// resumed run.
    pub fn collection(
        &self,
        asked: AskedGroups,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Plan> {
        let mut plan = self.plan(vec![Strategy::Retrospective], surroundings)?;
        let RunOptions { best_of, borrow_reflections, .. } = &plan.options;
        ensure!(
            best_of.is_none() && borrow_reflections.is_none(),
            "a collection is of the retrospective's own draws: --best-of and \
             --borrow-reflections have no place in it"
        );
        let writer = plan.options.retrospective.as_deref().and_then(loaded::script);
        ensure!(
            writer.is_none_or(|writer| writer == loaded::SCRIPTED),
            "a collection is what a retrospective learns from: it has to be a model's"
        );
        plan.kind = match plan.kind {
            RunKind::Comparison if plan.is_new() => {
                let members = asked.members.unwrap_or(GROUP);
                let next_trials = Some(asked.next_trials.unwrap_or(NonZeroU32::MIN));
                RunKind::Collection { members, next_trials }
            }
            RunKind::Collection { members, next_trials } => {
                let played = next_trials.unwrap_or(NonZeroU32::MIN);
                for (flag, asked, played) in [
                    ("--group", asked.members, members),
                    ("--next-trials", asked.next_trials, played),
                ] {
                    ensure!(
                        asked.is_none_or(|asked| asked == played),
                        "{flag} cannot change under a run; it was played with {played}"
                    );
                }
                plan.kind
            }
            _ => bail!("this run is no collection; go on with it by `rebound run`"),
        };
        plan.with_kept(surroundings)
    }

    fn plan(&self, strategies: Vec<Strategy>, surroundings: &Surroundings) -> anyhow::Result<Plan> {
        let given = (&self.options, self.allowed);
        let file = match &self.source {
            OptionsSource::Run(from) => return resume::plan(given, (from, None), surroundings),
            OptionsSource::Trial(from, trial) => {
                return resume::plan(given, (from, Some(*trial)), surroundings);
            }
            OptionsSource::File(path) => file::read(path)?,
            OptionsSource::Options => RunFile::default(),
        };
        let strategies = if strategies.is_empty() { file.strategies()? } else { strategies };
        let kind = file.kind;
        let mut options = self.options.or(file.options)?;
        if options.deterministic == Some(true) && options.board.is_none() {
            // Bits may hang on it, so it is kept with the run.
            options.threads.get_or_insert_with(cores_allowed);
        }
        let named_by = match &self.source {
            OptionsSource::File(path) => path,
            _ => Path::new(""),
        };
        approval::check(&options, given, named_by, surroundings)?;
        let environment = Settings::resolve(&options, kind)?.environment;
        let claim = claims::claim(&options, &environment, surroundings)?;
        let plan = Plan::new((kind, strategies), (options, self.allowed), claim);
        ensure!(
            plan.is_new(),
            "there is a run in {0}; go on with it by --resume {0}, or choose another --out",
            plan.folder.path.display()
        );
        Ok(plan)
    }
}

/// What is meant in demonstrations by default.
fn of_demonstration(options: RunOptions) -> RunOptions {
    RunOptions {
        tasks: options.tasks.or(Some(0)),
        steps: options.steps.or(Some(DEMONSTRATED_STEPS_MAX)),
        trials: options.trials.or(Some(NonZeroU32::MIN)),
        // Nothing is sampled.
        temperature: Some(Temperature::default()),
        ..options
    }
}
