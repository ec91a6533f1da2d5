//! From options to attempts: models by turn, how they are loaded, and the folder that is written.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use runtime_core::model::ModelIdentity;
use runtime_store::plain::check_plain;

use super::conversation::Conversation;
use super::log::Asked;
use super::player::Player;
use super::problems::Problems;
use super::rollout::{LEARNER, Rollout};
use crate::agents;
use crate::approval::Allowed;
use crate::claims::{self, Claimed};
use crate::default_engine;
use crate::kind::RunKind;
use crate::loaded::{SessionModel, SessionModels, script};
use crate::loading::Loading;
use crate::options::{RunOptions, Temperature};
use crate::program::Surroundings;
use crate::settings::Settings;
use crate::wrong::Wrong;

/// Temperature of attempts where nothing is said, as in RISE.
const TEMPERATURE: f32 = 1.0;
/// Context where nothing is said: five turns of GSM8K fit.
const CONTEXT_TOKENS: NonZeroU32 = NonZeroU32::new(4096).expect("it is not 0");

/// What all parts of an introspection are asked with.
#[derive(Clone, Debug)]
pub struct AttemptRequest {
    /// Problems, the learner (`actor`), sampling and engine.
    pub options: RunOptions,
    /// The user's permissions.
    pub allowed: Allowed,
    /// The folder, where attempts that were begun go on.
    pub out: PathBuf,
}

/// Attempts that can be made.
pub(super) struct Attempts<'a> {
    request: &'a AttemptRequest,
    surroundings: &'a Surroundings,
    settings: Settings,
    loading: Loading,
    claim: Claimed,
}

impl<'a> Attempts<'a> {
    /// Claims the folder.
    pub(super) fn begin(
        request: &'a AttemptRequest,
        surroundings: &'a Surroundings,
    ) -> anyhow::Result<Self> {
        check_plain(&request.out)?;
        let claim = claims::take(&request.out, surroundings)?;
        let temperature = request.options.temperature.map_or(TEMPERATURE, Temperature::get);
        let context = request.options.context;
        let has_board = request.options.board.is_some();
        let options = RunOptions {
            context: context.or((!has_board).then_some(CONTEXT_TOKENS)),
            ..request.options.clone()
        };
        let options = default_engine::name_engine(options, RunKind::Comparison, surroundings)?;
        let mut settings = Settings::resolve(&options, RunKind::Comparison)?;
        settings.agent.temperature = temperature;
        let loading = settings.loading((&options, request.allowed), surroundings)?;
        Ok(Self { request, surroundings, settings, loading, claim })
    }

    /// Makes the attempts of a rollout that the log of this name lacks.
    pub(super) fn play(
        &self,
        rollout: &Rollout,
        name: &str,
        models: &mut SessionModels,
    ) -> anyhow::Result<Attempted> {
        rollout.check()?;
        let problems = Problems::open(&self.request.options, rollout.aim)?;
        let folder = self.request.options.prompts.as_deref();
        let prompts = agents::prompts(problems.environment(), folder)?;
        let by_turn = self.models(rollout, models)?;
        let agent = &self.settings.agent;
        let asked = Asked {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            environment: problems.environment().to_owned(),
            split: problems.split.clone(),
            problems: problems.tasks.iter().map(|task| task.id.clone()).collect(),
            aim: rollout.aim,
            models: by_turn.iter().map(SessionModel::identity).collect(),
            samples: rollout.samples(),
            context_window: rollout.context_window,
            engine: self.loading.engine.engine.clone(),
            context_tokens: self.loading.context_tokens.get(),
            temperature: agent.temperature,
            top_p: agent.top_p,
            tokens_max: problems.tokens_max,
            prompts_sha256: prompts.sha256().to_owned(),
            seed: self.settings.seed,
        };
        let player = Player {
            problems: &problems,
            prompts: &prompts,
            asked: &asked,
            models: &|| by_turn.iter().map(|model| model.boxed(None)).collect(),
            workers: self.loading.parallel.get() as usize,
            surroundings: self.surroundings,
        };
        self.claim.keep();
        let conversations = player.play(&self.request.out.join(name))?;
        Ok(Attempted { problems, asked, conversations })
    }

    /// The model of each turn; each is loaded once.
    fn models(
        &self,
        rollout: &Rollout,
        models: &mut SessionModels,
    ) -> anyhow::Result<Vec<SessionModel>> {
        models.begin();
        let adapter = self.request.options.actor_adapter.as_deref();
        let mut opened: BTreeMap<&str, SessionModel> = BTreeMap::new();
        let mut by_turn = Vec::new();
        for name in rollout.models() {
            if !opened.contains_key(name) {
                let (file, adapter): (&str, Option<&Path>) =
                    if name == LEARNER { (&self.settings.actor, adapter) } else { (name, None) };
                let no_text = format!("the model {file} writes no solutions");
                ensure!(script(file).is_none(), Wrong(no_text));
                opened.insert(name, models.open(file, adapter, &self.loading)?);
            }
            by_turn.push(opened[name].clone());
        }
        Ok(by_turn)
    }
}

/// Attempts that were made.
pub(super) struct Attempted {
    pub(super) problems: Problems,
    pub(super) asked: Asked,
    pub(super) conversations: Vec<Conversation>,
}

impl Attempted {
    /// The model of the first turn.
    pub(super) fn learner(&self) -> ModelIdentity {
        self.asked.models.first().cloned().unwrap_or_default()
    }
}
