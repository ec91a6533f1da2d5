//! The parts of an arm's agents: models, prompts, an expert, a ledger.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::archiving::ArchivingAgent;
use runtime_agent::borrowing::{BorrowingAgent, ReflectionPool};
use runtime_agent::demonstrator::{DemonstratingAgent, Expert};
use runtime_agent::prompts::{self, PromptSet, TEMPLATES};
use runtime_agent::reward::LinearRewardModel;
use runtime_agent::scripted_roles::{ExpertActor, ScriptedRoles};
use runtime_agent::settings::AgentSettings;
use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::reflection::{Memory, ReflectionStore};
use runtime_core::spending::Meter;
use runtime_core::strategy::Strategy;
use runtime_core::task::Task;
use runtime_core::trajectory::{TakenStep, Trajectory};
use runtime_engine::Handle;
use runtime_environments::expert::{self, Sight};
use runtime_environments::worlds;
use runtime_evaluation::spending::account::{Account, AccountedAgent};
use runtime_evaluation::spending::ledger::Ledger;

use crate::kind::RunKind;
use crate::loaded::{EXPERT, ORACLE, SessionModel};

/// The expert of the environments, which sees what an agent sees.
struct EnvironmentExpert;

impl Expert for EnvironmentExpert {
    fn choose(&mut self, episode: &Episode<'_>) -> Option<String> {
        let seen = (episode.opening, episode.steps);
        let sight =
            Sight { admissible: episode.admissible?, ..sight(episode.task, episode.memory, seen) };
        expert::choose(&sight).map(str::to_owned)
    }

    fn advise(&mut self, attempt: &Attempt<'_>) -> Option<String> {
        let Trajectory { opening, steps, .. } = attempt.trajectory;
        expert::advise(&sight(attempt.task, attempt.memory, (opening, steps)))
    }

    fn accuracy(&mut self, attempt: &Attempt<'_>, advice: &str) -> Option<f32> {
        let sight = Sight::of_trial(attempt.task, &attempt.trajectory.observations())?;
        expert::check_claims(&sight, advice).map(|claims| claims.counts.accuracy())
    }
}

/// What a world says of its tasks, by their ids.
pub(crate) type Truths = HashMap<String, String>;

/// Tells the truth, whatever was tried.
struct Oracle(Arc<Truths>);

impl Expert for Oracle {
    fn choose(&mut self, _episode: &Episode<'_>) -> Option<String> {
        None
    }

    fn advise(&mut self, attempt: &Attempt<'_>) -> Option<String> {
        self.0.get(&attempt.task.id).cloned()
    }
}

/// The observations so far, without the admissible actions.
fn sight<'a>(
    task: &'a Task,
    memory: &'a Memory,
    (opening, steps): (&'a str, &'a [TakenStep]),
) -> Sight<'a> {
    Sight {
        instruction: &task.instruction,
        advice: memory.reflections().map(|reflection| reflection.text.as_str()).collect(),
        opening,
        observations: steps.iter().map(|step| step.outcome.observation.as_str()).collect(),
        admissible: &[],
    }
}

/// The built-in prompts of an environment, some of them replaced by the templates in a
/// folder.
pub(crate) fn prompts(environment: &str, folder: Option<&Path>) -> anyhow::Result<PromptSet> {
    let built_in = worlds::find(environment)?.prompts;
    let Some(folder) = folder else { return Ok(PromptSet::built_in(built_in)?) };
    let mut sources = prompts::built_in(built_in)?;
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the prompts of {}", folder.display()))?;
    for path in
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?
    {
        if path.extension().is_none_or(|extension| extension != "j2") {
            continue;
        }
        let place =
            TEMPLATES.iter().position(|name| path.file_stem().is_some_and(|stem| stem == *name));
        let place = place.with_context(|| {
            format!("{} is no template; there are {}", path.display(), TEMPLATES.join(", "))
        })?;
        sources[place] = runtime_files::read_text(&path)
            .with_context(|| format!("cannot read the prompt template {}", path.display()))?;
    }
    runtime_probe::confine_prompts(&sources)
        .with_context(|| format!("in the prompts of {}", folder.display()))
}

/// The parts of an arm's agents, from which each worker makes its own agent.
#[derive(Clone)]
pub(crate) struct AgentParts {
    /// Chooses actions.
    pub(crate) actor: SessionModel,
    /// Writes reflections.
    pub(crate) retrospective: SessionModel,
    /// Chooses among several sampled reflections.
    pub(crate) reward_model: Option<LinearRewardModel<Handle>>,
    /// Reflections on other tasks, for the control experiment.
    pub(crate) borrowed: Option<Arc<ReflectionPool>>,
    /// The prompt templates.
    pub(crate) prompts: Arc<PromptSet>,
    /// Kind of agent, sampling and limits.
    pub(crate) settings: AgentSettings,
    /// The kind of the run: in demonstrations an expert dictates the answers.
    pub(crate) kind: RunKind,
    /// The arm's strategy.
    pub(crate) strategy: Strategy,
    /// The noise of the expert that acts, if it does.
    pub(crate) actor_noise: Option<f32>,
    /// Reflections of which claims choose one, if they do.
    pub(crate) best_by_claims: Option<u32>,
    /// What the world says of each task by its id, for the oracle.
    pub(crate) truths: Option<Arc<Truths>>,
    /// The spending, if a model is paid.
    pub(crate) ledger: Option<Arc<Ledger>>,
}

impl AgentParts {
    fn is_scripted(&self) -> bool {
        self.actor_noise.is_some() || self.adviser().is_some() || self.best_by_claims.is_some()
    }

    /// Whose advice is the reflection, if no model's.
    fn adviser(&self) -> Option<Box<dyn Expert + Send>> {
        match (&self.retrospective, &self.truths) {
            (SessionModel::Scripted(EXPERT), _) => Some(Box::new(EnvironmentExpert)),
            (SessionModel::Scripted(ORACLE), Some(truths)) => {
                Some(Box::new(Oracle(Arc::clone(truths))))
            }
            _ => None,
        }
    }

    fn with_scripts(&self, agent: ModelAgent) -> ScriptedRoles {
        let expert = |noise| ExpertActor { expert: Box::new(EnvironmentExpert), noise };
        let (actor, adviser) = (self.actor_noise.map(expert), self.adviser());
        let chooser: Option<(u32, Box<dyn Expert + Send>)> =
            self.best_by_claims.map(|best_of| (best_of, Box::new(EnvironmentExpert) as _));
        ScriptedRoles { agent, actor, adviser, chooser }
    }

    /// An agent for one worker; its reflections also go to the world's store, if it has one.
    pub(crate) fn agent(
        &self,
        archive: Option<Box<dyn ReflectionStore + Send>>,
        recalls: bool,
    ) -> Box<dyn Agent + Send> {
        let agent = self.alone();
        match archive {
            None => agent,
            Some(archive) => Box::new(ArchivingAgent { agent, archive, recalls, recalled: None }),
        }
    }

    fn alone(&self) -> Box<dyn Agent + Send> {
        let account = self
            .ledger
            .as_ref()
            .map(|ledger| Arc::new(Account::new(Arc::clone(ledger), self.strategy.name())));
        let meter = account.clone().map(|account| account as Arc<dyn Meter>);
        let agent = ModelAgent {
            actor: self.actor.boxed(meter.as_ref()),
            retrospective: self.retrospective.boxed(meter.as_ref()),
            reward_model: self.reward_model.clone().map(|model| Box::new(model) as _),
            prompts: Arc::clone(&self.prompts),
            settings: self.settings,
            counted: CountedEpisode::default(),
        };
        if let RunKind::Demonstration { noise } = self.kind {
            let expert = Box::new(EnvironmentExpert);
            return Box::new(DemonstratingAgent { agent, expert, noise });
        }
        let agent: Box<dyn Agent + Send> = match &self.borrowed {
            None if self.is_scripted() => Box::new(self.with_scripts(agent)),
            None => Box::new(agent),
            Some(borrowed) => {
                Box::new(BorrowingAgent { agent: Box::new(agent), pool: Arc::clone(borrowed) })
            }
        };
        match account {
            None => agent,
            Some(account) => Box::new(AccountedAgent { agent, account }),
        }
    }
}
