//! Files that this machine never loaded before: their weights are read, and a child loads them first.
//!
//! ```text
//! known by model, adapter, engine and settings? ─ yes ─► load
//!   │ no
//! weights finite? ─► foreign engine? ─ yes ─► a child: context, adapter, one batch ─► note ─► load
//! ```
//!
//! What llama.cpp does not check ends it: in a child that is an error. A second start reads one
//! small file. Whether a file is well formed at all is checked at every start, by `models::check`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use models::checksum::sha256_file;
use models::gguf::Gguf;
use runtime_core::error::with_sources;
use runtime_core::model::LanguageModel;
use runtime_probe::{Child, ChildLimits, Kind, Remembered};
use serde::{Deserialize, Serialize};

use crate::engines::{self, MemoryPart};
use crate::loading::Loading;

/// Tokens that a child decodes, at most.
const BATCH_TOKENS: u32 = 64;
/// How long a child may take, and compute, to load a file: the largest are read from slow cards.
const TIME: Duration = Duration::from_mins(20);
/// What a child may take beyond its models, in bytes: code, stacks, what allocators reserve.
const PROGRAM_BYTES: u64 = 4 << 30;

/// What a child is asked.
#[derive(Debug, Serialize, Deserialize)]
struct ModelQuestion {
    model: PathBuf,
    adapter: Option<PathBuf>,
    engine: String,
    settings: String,
}

/// Tries a model, with an adapter or without, unless it was tried as it is to be loaded. A program
/// that serves no children does without.
pub(crate) fn ensure_tried(
    (model, sha256): (&Path, &str),
    adapter: Option<&Path>,
    loading: &Loading,
) -> anyhow::Result<()> {
    if !runtime_probe::is_allowed() {
        return Ok(());
    }
    let foreign = engines::foreign(loading)?;
    let settings = foreign.map(|foreign| (foreign.settings)(model, loading)).unwrap_or_default();
    let adapter_sha256 = adapter.map(sha256_file).transpose().with_context(|| {
        format!("cannot read the adapter {}", adapter.unwrap_or(model).display())
    })?;
    let tried = format!(
        "model {sha256} adapter {} engine {} settings {settings}",
        adapter_sha256.as_deref().unwrap_or("none"),
        engines::build_of(loading)?
    );
    let remembered = Remembered::of_user();
    if remembered.has(&tried) {
        return Ok(());
    }
    models::check::weights(&Gguf::open(model)?)?;
    if foreign.is_some() {
        let question = ModelQuestion {
            model: absolute(model)?,
            adapter: adapter.map(absolute).transpose()?,
            engine: engines::name(loading)?.to_owned(),
            settings,
        };
        ask(&question, loading)?;
    }
    remembered.note(&tried);
    Ok(())
}

/// Serves a program that tries models, until its questions end.
pub fn serve() -> std::io::Result<()> {
    runtime_probe::serve(|question: ModelQuestion| {
        try_out(&question).map_err(|error| with_sources(error.as_ref()))
    })
}

fn ask(question: &ModelQuestion, loading: &Loading) -> anyhow::Result<()> {
    let of_file = std::fs::metadata(&question.model).map_or(0, |file| file.len());
    let estimated = engines::estimated(&question.model, loading, MemoryPart::Model).unwrap_or(0);
    let limits = ChildLimits {
        read: [&question.model].into_iter().chain(&question.adapter).cloned().collect(),
        memory_bytes: PROGRAM_BYTES + 2 * (of_file + estimated),
        processor: TIME,
    };
    let what_to_do = || {
        let with = question.adapter.as_ref();
        let with = with.map(|adapter| format!(" with {}", adapter.display())).unwrap_or_default();
        format!(
            "{} does not load {}{with}: it is damaged, hostile, or of a kind that this version does \
             not know; pull or convert it again, or take --engine native",
            question.engine,
            question.model.display()
        )
    };
    let answer: Result<(), String> = Child::start(Kind::Model, &limits)
        .and_then(|mut child| child.ask(question, TIME))
        .with_context(what_to_do)?;
    answer.map_err(anyhow::Error::msg).with_context(what_to_do)
}

/// Loads a model with an adapter or without, and decodes one batch.
fn try_out(question: &ModelQuestion) -> anyhow::Result<()> {
    let known = engines::all_foreign().find(|(name, _)| *name == question.engine);
    let (_, foreign) = known.context("there is no such engine")?;
    let engine = (foreign.load)(&question.model, &question.settings)?;
    let handle = engine.role(question.adapter.as_deref().map(|path| (path, 1.0)))?;
    let vocabulary = u32::try_from(handle.tokenizer().vocabulary_len()).unwrap_or(u32::MAX);
    ensure!(vocabulary > 0, "it has no tokens");
    let tokens: Vec<u32> =
        (0..BATCH_TOKENS.min(handle.context_tokens())).map(|id| id % vocabulary).collect();
    handle.score(&tokens)?;
    Ok(())
}

fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize().with_context(|| format!("cannot find {}", path.display()))
}
