//! From options to a file of tests that a model proposes.

use std::path::PathBuf;

use anyhow::ensure;
use runtime_agent::prompts::PromptSet;
use runtime_core::model::ModelIdentity;
use runtime_environments::programs::internal::{self, InternalTestsAbout};

use super::asking::Asking;
use super::begun::begin;
use super::problems::Problems;
use super::progress::ProposalProgress;
use crate::approval::Allowed;
use crate::default_engine;
use crate::kind::RunKind;
use crate::loaded::{SessionModels, script};
use crate::options::RunOptions;
use crate::program::{SessionEvent, Surroundings};
use crate::settings::Settings;
use crate::wrong::Wrong;

/// Longest answer: six assertions have some 200 tokens.
const ANSWER_TOKENS: u32 = 512;
/// The set of prompts of worlds of programs.
pub(super) const PROMPTS: &str = "programs";

/// Who is asked for tests of which problems.
#[derive(Clone, Debug)]
pub struct ProposalRequest {
    /// Problems, model (`actor`), sampling and engine.
    pub options: RunOptions,
    /// The user's permissions.
    pub allowed: Allowed,
    /// The file, where proposals that were begun go on.
    pub out: PathBuf,
}

/// What was proposed for the problems that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposals {
    /// The counts.
    pub progress: ProposalProgress,
    /// The ids of the problems for which no test is left.
    pub without: Vec<String>,
}

impl Proposals {
    /// The counts and names as lines of text.
    pub fn text(&self) -> String {
        let without = match self.without.join(", ") {
            names if names.is_empty() => names,
            names => format!("without tests: {names}\n"),
        };
        format!("{}\n{without}", self.progress.line())
    }
}

/// Proposes the tests that the file lacks.
pub fn propose(
    request: &ProposalRequest,
    models: &mut SessionModels,
    surroundings: &Surroundings,
) -> anyhow::Result<Proposals> {
    let comparison = RunKind::Comparison;
    let options = default_engine::name_engine(request.options.clone(), comparison, surroundings)?;
    let settings = Settings::resolve(&options, comparison)?;
    let no_text = format!("the model {} proposes no tests", settings.actor);
    ensure!(script(&settings.actor).is_none(), Wrong(no_text));
    let problems = Problems::open(&options)?;
    let prompts = PromptSet::proposal(PROMPTS)?;
    let loading = settings.loading((&options, request.allowed), surroundings)?;
    models.begin();
    let model = models.open(&settings.actor, options.actor_adapter.as_deref(), &loading)?;
    let about = about(&problems, &settings, (&model.identity(), &prompts));
    let begun = begin(&request.out, about.clone())?;
    let again = format!("the same command goes on with {}", request.out.display());
    surroundings.tell(SessionEvent::Resumable(&again));
    let _kept = surroundings.program.keep();
    let asking = Asking::new((&problems, &prompts, &about), begun, surroundings);
    asking.recount();
    asking.ask(&model, loading.parallel.get() as usize)?;
    Ok(asking.proposals())
}

/// What decides the tests.
pub(super) fn about(
    problems: &Problems,
    settings: &Settings,
    (model, prompts): (&ModelIdentity, &PromptSet),
) -> InternalTestsAbout {
    InternalTestsAbout {
        kind: internal::KIND.to_owned(),
        version: internal::VERSION,
        rebound: env!("CARGO_PKG_VERSION").to_owned(),
        environment: settings.environment.clone(),
        split: problems.split.clone(),
        model: model.name.clone(),
        model_sha256: model.sha256.clone(),
        adapter_sha256: model.adapter_sha256.clone(),
        prompts_sha256: prompts.sha256().to_owned(),
        seed: settings.seed,
        temperature: settings.agent.temperature,
        top_p: settings.agent.top_p,
        tokens_max: ANSWER_TOKENS,
    }
}
