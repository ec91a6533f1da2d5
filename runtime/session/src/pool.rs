//! The tasks of a run, and how an arm is played on them.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use runtime_agent::borrowing::ReflectionPool;
use runtime_agent::settings::AgentSettings;
use runtime_core::event::RunEvent;
use runtime_core::history::RunHistory;
use runtime_core::strategy::Strategy;
use runtime_core::task::{Limits, Task};
use runtime_core::trial::TrialSettings;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{World, train_split};
use runtime_environments::worlds;
use runtime_evaluation::arm::{self, Arm, ArmError, TrialWorker};
use runtime_evaluation::listener::{ArmProgress, Listener, News};
use runtime_store::recorder::LogRecorder;
use runtime_store::trial_log::read_log;

use crate::agents::{self, AgentParts, Truths};
use crate::except;
use crate::first_trials;
use crate::kind::RunKind;
use crate::loaded::{self, EXPERT, ORACLE, SessionModels};
use crate::loading::Loading;
use crate::plan::{Adapters, Plan};
use crate::program::{SessionEvent, Surroundings};
use crate::resume;
use crate::settings::{self, Settings};

/// The tasks of a run and the world that they play in.
pub(crate) struct Pool {
    pub(crate) world: Arc<dyn World>,
    tasks: Vec<Task>,
}

impl Pool {
    pub(crate) fn open(plan: &Plan, settings: &Settings) -> anyhow::Result<Self> {
        let world: Arc<dyn World> =
            worlds::open(&settings.environment, &plan.options.environment_options())?.into();
        if let (Some(asked), Some(most)) = (plan.options.parallel, world.workers_max()) {
            let name = world.name();
            ensure!(asked <= most, "--parallel is {asked}, but {name} plays {most} at a time");
        }
        ensure!(
            !settings.recall || world.archive().is_some(),
            "--recall is for --environment {}: {} has no memory of its own",
            worlds::remembering().join(" and "),
            world.name()
        );
        let split = match &settings.split {
            split if plan.kind.is_to_learn_from() => train_split(&*world, split.as_deref())?,
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
        let tasks = match &plan.options.except {
            Some(file) => except::tasks(&*world, &selection, file)?,
            None => world.tasks(&selection)?,
        };
        ensure!(!tasks.is_empty(), "the split {} has no tasks", selection.split);
        let one_step =
            limits.steps_max == 1 || plan.strategies.iter().all(|one| one.sees_results());
        let steps = limits.steps_max;
        ensure!(
            one_step,
            "--strategy immediate-reflexion sees no results, so an episode is one step, and not \
             {steps}: --steps 1, and for programs --turns 1"
        );
        Ok(Self { world, tasks })
    }

    /// What each arm's agents are made of, in the order of the plan's strategies. What was
    /// played before with these models must be over.
    pub(crate) fn parts(
        plan: &Plan,
        settings: &Settings,
        models: &mut SessionModels,
        surroundings: &Surroundings,
    ) -> anyhow::Result<Vec<AgentParts>> {
        models.begin();
        let options = &plan.options;
        let prompts = agents::prompts(&settings.environment, options.prompts.as_deref())?;
        let prompts = Arc::new(prompts);
        let prompts_sha256 = Some(prompts.sha256().to_owned());
        let loading = Loading { prompts_sha256, ..loading(plan, settings, surroundings)? };
        let is_demonstration = matches!(plan.kind, RunKind::Demonstration { .. });
        let actor = if is_demonstration {
            loaded::dictation(&settings.actor, loading.context_tokens)?
        } else {
            models.open(&settings.actor, options.actor_adapter.as_deref(), &loading)?
        };
        let borrowed = borrowed(plan)?;
        let mut parts = Vec::new();
        for strategy in &plan.strategies {
            let has_own = *strategy == Strategy::Retrospective && !is_demonstration;
            let retrospective = if has_own {
                let adapter = options.retrospective_adapter.as_deref();
                let name = &settings.retrospective;
                match plan.adapters {
                    Adapters::Named => models.open(name, adapter, &loading)?,
                    Adapters::Installed => models.open_retrospective(name, adapter, &loading)?,
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
                borrowed: borrowed.clone().filter(|_| *strategy == Strategy::Retrospective),
                prompts,
                settings: AgentSettings {
                    feedback: strategy.feedback(settings.agent.feedback),
                    ..settings.agent
                },
                kind: plan.kind,
                strategy: *strategy,
                actor_noise: settings
                    .actor
                    .eq_ignore_ascii_case(EXPERT)
                    .then(|| settings.actor_noise.unwrap_or_default()),
                best_by_claims: settings.best_by_claims.map(|_| settings.agent.best_of),
                truths: None,
                ledger: None,
            });
        }
        Ok(parts)
    }

    /// What the world says of each task, where a script tells it.
    pub(crate) fn truths(&self, settings: &Settings) -> anyhow::Result<Option<Arc<Truths>>> {
        if !settings.retrospective.eq_ignore_ascii_case(ORACLE) {
            return Ok(None);
        }
        let truths = self.tasks.iter().map(|task| {
            let truth = self.world.truth(task);
            let none = || format!("{} does not tell the truth of its tasks", settings.environment);
            Ok((task.id.clone(), truth.with_context(none)?))
        });
        Ok(Some(Arc::new(truths.collect::<anyhow::Result<_>>()?)))
    }

    /// An error unless the named first trials fit this run.
    pub(crate) fn check_first_trials(
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

    /// The first event of an arm's log.
    fn run_event(&self, parts: &AgentParts, settings: &Settings) -> anyhow::Result<RunEvent> {
        Ok(RunEvent {
            version: env!("CARGO_PKG_VERSION").into(),
            strategy: parts.strategy.name().into(),
            settings: settings.json()?,
            prompts_sha256: parts.prompts.sha256().into(),
            actor: parts.actor.identity(),
            retrospective: parts.retrospective.identity(),
            tasks: self.tasks.clone(),
            traits: self.tasks.iter().map(|task| self.world.traits(task)).collect(),
        })
    }

    /// Plays an arm; returns its history, its progress, and its result.
    pub(crate) fn play_arm(
        &self,
        parts: &AgentParts,
        (plan, settings): (&Plan, &Settings),
        surroundings: &Surroundings,
    ) -> anyhow::Result<(RunHistory, ArmProgress, Result<(), ArmError>)> {
        let strategy = parts.strategy;
        let run = self.run_event(parts, settings)?;
        let first_trials = plan.first_trials(strategy)?;
        let (log, mut history) =
            resume::open_log(&plan.folder, run, first_trials.as_deref(), surroundings)?;
        let (clock, stop) = (Arc::clone(&surroundings.clock), Arc::clone(&surroundings.stop));
        let recorder = LogRecorder::new(log, clock, stop);
        let is_collection = matches!(plan.kind, RunKind::Collection { .. });
        let is_kept = strategy.reflects() && !is_collection;
        let set_up = |_worker| {
            let archive = self.world.archive().filter(|_| is_kept);
            Ok(TrialWorker {
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
            surroundings.hear(news);
        };
        // A board's own choice may be more than the world takes.
        let asked = loading(plan, settings, surroundings)?.parallel;
        let workers = self.world.workers_max().map_or(asked, |most| asked.min(most));
        let arm = Arm {
            settings: TrialSettings {
                judge: strategy.judge(settings.agent.feedback),
                strategy,
                reflections_max: settings.reflections as usize,
                redraws_max: settings.redraws,
                group: plan.kind.group(),
                seed: settings.seed,
            },
            workers,
            set_up: &set_up,
            listener: &listener,
        };
        surroundings.tell(SessionEvent::Folder(&plan.folder.path));
        let played = arm::run_arm(&arm, &mut history);
        Ok((history, standing.into_inner().unwrap_or_else(PoisonError::into_inner), played))
    }
}

/// How the models of a plan are loaded.
pub(crate) fn loading(
    plan: &Plan,
    settings: &Settings,
    surroundings: &Surroundings,
) -> anyhow::Result<Loading> {
    settings.loading((&plan.options, plan.allowed), surroundings)
}

/// The reflections that the plan lends, if it does.
fn borrowed(plan: &Plan) -> anyhow::Result<Option<Arc<ReflectionPool>>> {
    let Some(folder) = &plan.options.borrow_reflections else { return Ok(None) };
    ensure!(
        plan.strategies.contains(&Strategy::Retrospective),
        "--borrow-reflections is for --strategy retrospective"
    );
    let history = read_log(&settings::lending_log(folder))?.history;
    Ok(Some(Arc::new(ReflectionPool::new(&history))))
}
