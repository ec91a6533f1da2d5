//! The tasks of a run, and how an arm is played on them.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, ensure};
use runtime_agent::borrower::Lender;
use runtime_core::event::RunEvent;
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_core::task::{Limits, Task};
use runtime_core::trial::TrialSettings;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{self, World, train_split};
use runtime_evaluation::arm::{self, Arm, ArmError, ArmProgress, Worker};
use runtime_evaluation::listener::{Listener, News};
use runtime_store::recorder::{Clock, LogRecorder};
use runtime_store::trial_log::read_log;

use super::Plan;
use crate::endpoint::Waits;
use crate::engines::Loading;
use crate::first_trials;
use crate::progress::{Show, Teller, Told};
use crate::resume;
use crate::settings::{self, Settings};
use crate::wiring::{self, AgentParts, Models};

/// The tasks of a run and the world that they play in.
pub(crate) struct Pool {
    pub(super) world: Arc<dyn World>,
    tasks: Vec<Task>,
}

impl Pool {
    pub(crate) fn open(plan: &Plan, settings: &Settings) -> anyhow::Result<Self> {
        let world: Arc<dyn World> =
            world::open(&settings.environment, &plan.options.environment_options())?.into();
        if let (Some(asked), Some(most)) = (plan.options.parallel, world.workers_max()) {
            let name = world.name();
            ensure!(asked <= most, "--parallel is {asked}, but {name} plays {most} at a time");
        }
        ensure!(
            !settings.recall || world.archive().is_some(),
            "--recall is for --environment node: {} has no memory of its own",
            world.name()
        );
        let to_learn_from = plan.demonstration.is_some() || plan.collection.is_some();
        let split = match &settings.split {
            split if to_learn_from => train_split(&*world, split.as_deref())?,
            Some(split) => split.clone(),
            None => world.default_split().to_string(),
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

    /// What each arm's agents are made of, in the order of the plan's strategies. What was
    /// played before with these models must be over.
    pub(crate) fn parts(
        plan: &Plan,
        settings: &Settings,
        models: &mut Models,
        watch: &Watch,
    ) -> anyhow::Result<Vec<AgentParts>> {
        models.begin();
        let options = &plan.options;
        let prompts = wiring::prompts(&settings.environment, options.prompts.as_deref())?;
        let prompts = Arc::new(prompts);
        let listener = Some(Arc::clone(&watch.teller) as Arc<dyn Listener>);
        let loading = Loading { listener, ..loading(plan, settings)? };
        let actor = match plan.demonstration {
            None => models.open(&settings.actor, options.actor_adapter.as_deref(), &loading)?,
            Some(_) => wiring::dictation(&settings.actor, loading.context_tokens)?,
        };
        let lends = plan.strategies.contains(&Strategy::Retrospective);
        ensure!(
            options.borrow_reflections.is_none() || lends,
            "--borrow-reflections is for --strategy retrospective"
        );
        let lender = options.borrow_reflections.as_deref().map(|folder| {
            let log = settings::lending_log(folder);
            let history = read_log(&log)?.history;
            anyhow::Ok(Arc::new(Lender::new(&history)))
        });
        let lender = lender.transpose()?;
        let mut parts = Vec::new();
        for strategy in &plan.strategies {
            let has_own = *strategy == Strategy::Retrospective && plan.demonstration.is_none();
            let retrospective = if has_own {
                let adapter = options.retrospective_adapter.as_deref();
                if plan.is_bare {
                    models.open(&settings.retrospective, adapter, &loading)?
                } else {
                    models.open_retrospective(&settings.retrospective, adapter, &loading)?
                }
            } else {
                actor.clone()
            };
            let reward_model = options.reward_model.as_deref().filter(|_| strategy.reflects());
            let reward_model = reward_model.map(|adapter| {
                let name = if has_own { &settings.retrospective } else { &settings.actor };
                models.open_reward_model(name, adapter, &loading)
            });
            let reward_model = reward_model.transpose()?;
            let (actor, prompts) = (actor.clone(), Arc::clone(&prompts));
            parts.push(AgentParts {
                actor,
                retrospective,
                reward_model,
                lender: lender.clone().filter(|_| *strategy == Strategy::Retrospective),
                prompts,
                settings: settings.agent,
                demonstration: plan.demonstration,
                strategy: *strategy,
                ledger: None,
            });
        }
        Ok(parts)
    }

    /// Refuses first trials that were named and are not those of this run.
    pub(super) fn check_first_trials(
        &self,
        parts: &AgentParts,
        plan: &Plan,
        settings: &Settings,
    ) -> anyhow::Result<()> {
        if plan.options.first_trials.is_none() {
            return Ok(());
        }
        let Some(from) = plan.first_trials(parts.strategy)? else { return Ok(()) };
        first_trials::check(&from, &self.run_event(parts, settings)?)?;
        Ok(())
    }

    /// What an arm's log begins with.
    fn run_event(&self, parts: &AgentParts, settings: &Settings) -> anyhow::Result<RunEvent> {
        Ok(RunEvent {
            version: env!("CARGO_PKG_VERSION").into(),
            strategy: parts.strategy.name().into(),
            settings: settings.json()?,
            prompts_sha256: parts.prompts.sha256().into(),
            actor: parts.actor.identity(),
            retrospective: parts.retrospective.identity(),
            tasks: self.tasks.clone(),
        })
    }

    /// Plays an arm; returns what was played of it, how it stands, and how that ended.
    pub(super) fn play_arm(
        &self,
        parts: &AgentParts,
        (plan, settings): (&Plan, &Settings),
        how: &Watch,
    ) -> anyhow::Result<(RunHistory, ArmProgress, Result<(), ArmError>)> {
        let strategy = parts.strategy;
        let run = self.run_event(parts, settings)?;
        let first_trials = plan.first_trials(strategy)?;
        let (log, mut history) =
            resume::open_log(&plan.folder, strategy, run, first_trials.as_deref())?;
        let recorder = LogRecorder::new(log, clock(), Arc::clone(&how.stop));
        let is_kept = strategy.reflects() && plan.collection.is_none();
        let set_up = |_worker| {
            let archive = self.world.archive().filter(|_| is_kept);
            Ok(Worker {
                agent: parts.agent(archive, settings.recall),
                environment: self.world.environment(),
                recorder: Box::new(recorder.clone()),
            })
        };
        let standing = Mutex::new(ArmProgress::default());
        let listener = |news: News<'_>| {
            if let News::ArmEnds { progress, .. } = news {
                *standing.lock().unwrap_or_else(PoisonError::into_inner) = progress;
            }
            how.teller.hear(news);
        };
        // A board's own choice may be more than the world takes.
        let asked = loading(plan, settings)?.parallel;
        let workers = self.world.workers_max().map_or(asked, |most| asked.min(most));
        let arm = Arm {
            settings: TrialSettings {
                judge: settings.agent.feedback.judge(),
                strategy,
                reflections_max: settings.reflections as usize,
                members: plan.collection.map_or(1, |collection| collection.members.get()),
                seed: settings.seed,
            },
            workers,
            set_up: &set_up,
            listener: &listener,
        };
        how.teller.plays_into(&plan.folder.path);
        let played = arm::run_arm(&arm, &mut history);
        Ok((history, standing.into_inner().unwrap_or_else(PoisonError::into_inner), played))
    }
}

/// How an arm is watched and stopped.
pub(crate) struct Watch {
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) show: Show,
    /// Who is told what happens.
    pub(crate) teller: Arc<Teller>,
}

impl Watch {
    /// Shows a run until `stop` is set.
    pub(crate) fn new(stop: Arc<AtomicBool>, show: Show, told: Told) -> Self {
        Self { stop, show, teller: Arc::new(Teller::new(clock(), show, told)) }
    }
}

/// How the models of a plan are loaded.
pub(super) fn loading(plan: &Plan, settings: &Settings) -> anyhow::Result<Loading> {
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
        allowed: plan.allowed,
        listener: None,
    })
}

/// Microseconds since it was made.
#[allow(clippy::disallowed_methods, reason = "this is where the clock comes from")]
pub(crate) fn clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX))
}
