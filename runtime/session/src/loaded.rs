//! The loaded models of a session: each file is loaded once.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use models::held::HeldFile;
use runtime_agent::reward::LinearRewardModel;
use runtime_core::model::{LanguageModel, ModelIdentity};
use runtime_core::scripted::ScriptedModel;
use runtime_core::spending::Meter;
use runtime_engine::dictation::Dictation;
use runtime_engine::{Engine, Handle};
use runtime_store::slots::{ProbationStart, Slots};

use crate::endpoint::{self, RemoteModel};
use crate::engines::{self, MemoryPart};
use crate::files;
use crate::loading::Loading;
use crate::untried;

/// The name of the model that draws among the admissible actions.
pub(crate) const SCRIPTED: &str = "scripted";
/// The name of an actor and of a retrospective that the environments' expert plays.
pub(crate) const EXPERT: &str = "expert";
/// The name of a retrospective that tells the world's own truth, as an upper bound.
pub(crate) const ORACLE: &str = "oracle";

/// The name of a model that is none, in the case that it is known by.
pub(crate) fn script(name: &str) -> Option<&'static str> {
    [SCRIPTED, EXPERT, ORACLE].into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

/// A model that any number of workers can share.
#[derive(Clone)]
pub enum SessionModel {
    /// Draws among the choices by the request's seed, without weights; under this name.
    Scripted(&'static str),
    /// A GGUF file in an engine.
    Loaded(Handle),
    /// The tokenizer and chat template of a GGUF file, without its weights.
    Dictation(Dictation),
    /// Behind an endpoint.
    Remote(RemoteModel),
}

impl SessionModel {
    /// A model for one worker; a paid one reports to the meter.
    pub(crate) fn boxed(&self, meter: Option<&Arc<dyn Meter>>) -> Box<dyn LanguageModel + Send> {
        match self {
            Self::Scripted(name) => Box::new(ScriptedModel::new(&[]).named(name)),
            Self::Loaded(handle) => Box::new(handle.clone()),
            Self::Dictation(dictation) => Box::new(dictation.clone()),
            Self::Remote(remote) => (remote.boxed)(meter),
        }
    }

    /// The identity of the weights.
    pub(crate) fn identity(&self) -> ModelIdentity {
        self.boxed(None).identity()
    }
}

/// The SHA-256 of a model by its name or path, which identifies its adapters' slots.
pub(crate) fn key(name: &str) -> anyhow::Result<String> {
    if let Some(name) = script(name) {
        return Ok(name.to_owned());
    }
    let path = models::manifest::resolve(name, &files::models_folder()?)?.path;
    models::checksum::sha256_file(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The engines of a program, one for each file.
#[derive(Default)]
pub struct SessionModels {
    engines: HashMap<PathBuf, Engine>,
    /// Their memory with one context each, in bytes; 0 without a board.
    loaded: u64,
    /// Their memory with all contexts of the current run.
    taken: u64,
}

impl SessionModels {
    /// Starts the next run, after the contexts of the previous one are freed.
    pub(crate) fn begin(&mut self) {
        self.taken = self.loaded;
    }

    /// A model by its name or file, with an adapter or without.
    pub fn open(
        &mut self,
        name: &str,
        adapter: Option<&Path>,
        loading: &Loading,
    ) -> anyhow::Result<SessionModel> {
        if let Some(name) = script(name) {
            return Ok(SessionModel::Scripted(name));
        }
        if let Some(name) = endpoint::name(name, &loading.engine) {
            ensure!(adapter.is_none(), "a model behind an endpoint takes no adapter");
            return Ok(SessionModel::Remote(endpoint::open(name, loading)?));
        }
        let resolved = models::manifest::resolve(name, &files::models_folder()?)?;
        if !self.engines.contains_key(&resolved.path) {
            let (file, sha256) = held(&resolved)?;
            untried::ensure_tried((&resolved.path, &sha256), adapter, loading)?;
            let needed = engines::reserve(&resolved.path, loading, MemoryPart::Model, self.taken)?;
            self.loaded += needed;
            self.taken += needed;
            let engine = engines::load(&resolved.path, loading)?;
            engine.note_sha256(&file, &sha256)?;
            self.engines.insert(resolved.path.clone(), engine);
        }
        let engine = &self.engines[&resolved.path];
        if let Some(path) = adapter {
            untried::ensure_tried((&resolved.path, engine.sha256()), adapter, loading)?;
            self.taken +=
                engines::reserve(&resolved.path, loading, MemoryPart::Adapter, self.taken)?;
            let opened = models::adapter::Adapter::open(path)?;
            ensure!(
                opened.reward_row().is_none(),
                "{} is a reward model, which writes nothing; give it to --reward-model",
                path.display()
            );
            warn_of_other_prompts(path, opened.prompts_sha256(), loading);
        }
        let handle = engine
            .role(adapter.map(|path| (path, 1.0)))
            .with_context(|| format!("cannot use the model {}", resolved.path.display()))?;
        Ok(SessionModel::Loaded(handle))
    }

    /// The reward model of an adapter for a model's file.
    pub(crate) fn open_reward_model(
        &mut self,
        name: &str,
        adapter: &Path,
        loading: &Loading,
    ) -> anyhow::Result<LinearRewardModel<Handle>> {
        let bare = self.open(name, None, loading)?;
        ensure!(
            matches!(bare, SessionModel::Loaded(_)),
            "the model {name} has no hidden states to score"
        );
        let path = models::manifest::resolve(name, &files::models_folder()?)?.path;
        // Hidden states need a further context.
        self.taken += engines::reserve(&path, loading, MemoryPart::Adapter, self.taken)?;
        let cannot = || format!("cannot use the reward model {}", adapter.display());
        let opened = models::adapter::Adapter::open(adapter).with_context(cannot)?;
        let row = opened
            .reward_row()
            .with_context(|| format!("{} is no reward model: it has no row", adapter.display()))?;
        let engine = &self.engines[&path];
        untried::ensure_tried((&path, engine.sha256()), Some(adapter), loading)?;
        let handle = engine.role(Some((adapter, 1.0))).with_context(cannot)?;
        LinearRewardModel::new(handle, row.into()).with_context(cannot)
    }

    /// The retrospective with the requested adapter, or else with the active one of its
    /// model.
    pub(crate) fn open_retrospective(
        &mut self,
        name: &str,
        adapter: Option<&Path>,
        loading: &Loading,
    ) -> anyhow::Result<SessionModel> {
        let bare = self.open(name, adapter, loading)?;
        if adapter.is_some() || !matches!(bare, SessionModel::Loaded(_)) {
            return Ok(bare);
        }
        let folder = files::slots_folder(&bare.identity().sha256)?;
        if !folder.exists() {
            return Ok(bare);
        }
        let start = Slots::open(&folder)?.start()?;
        let say = |text: &str| loading.surroundings.note(text);
        match start.probation {
            None => {}
            Some(ProbationStart::Tried(slot)) => {
                say(&format!("trying the adapter {}, which is on probation", slot.name));
            }
            Some(ProbationStart::RevertedUnconfirmed(slot)) => {
                say(&format!("went back from the adapter {}: it was never confirmed", slot.name));
            }
            Some(ProbationStart::RevertedDamaged(slot)) => {
                say(&format!("went back from the adapter {}: its file is damaged", slot.name));
            }
        }
        match start.active {
            None => Ok(bare),
            Some(active) => self.open(name, Some(&active.path), loading),
        }
    }
}

/// Warns if an adapter was trained with other prompts than those of the run.
fn warn_of_other_prompts(adapter: &Path, learned: &[String], loading: &Loading) {
    let Some(asked) = &loading.prompts_sha256 else { return };
    if !learned.is_empty() && !learned.contains(asked) {
        loading.surroundings.warn(&format!(
            "{} learned under other prompts than this run's: those with the sha256 {}, not {asked}",
            adapter.display(),
            learned.join(", ")
        ));
    }
}

/// The tokenizer and chat template of a model by its name or file, for demonstrations.
pub(crate) fn dictation(name: &str, context_tokens: NonZeroU32) -> anyhow::Result<SessionModel> {
    ensure!(
        script(name).is_none(),
        "the model {name} has no tokenizer; name the actor that is to learn"
    );
    let resolved = models::manifest::resolve(name, &files::models_folder()?)?;
    held(&resolved)?;
    let dictation = Dictation::open(&resolved.path, context_tokens)
        .with_context(|| format!("cannot use the model {}", resolved.path.display()))?;
    Ok(SessionModel::Dictation(dictation))
}

/// A file and its checksum; an error if that is not its model's.
fn held(resolved: &models::manifest::ResolvedModel) -> anyhow::Result<(HeldFile, String)> {
    let path = resolved.path.display();
    let cannot = || format!("cannot read {path}");
    let file = HeldFile::open(&resolved.path).with_context(cannot)?;
    let found = file.sha256().with_context(cannot)?;
    if let Some(expected) = &resolved.sha256_expected {
        ensure!(
            found == *expected,
            "{path} has the sha256 {found}, expected {expected}; remove it and pull it again"
        );
    }
    Ok((file, found))
}
