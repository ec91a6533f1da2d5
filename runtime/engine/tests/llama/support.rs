//! Models and requests for the tests.

use std::num::NonZeroU32;
use std::path::Path;

use models::tiny::TinyConfig;
use runtime_core::model::{Constraint, Request, Sampling};
use runtime_core::prompt::{Message, Piece, Prompt, Role};
use runtime_engine::llama::{self, CacheType, LlamaConfig};
use runtime_engine::{Engine, Handle};

/// A tiny model and the folder that it lies in.
pub(crate) struct Tiny {
    pub(crate) engine: Engine,
    pub(crate) folder: tempfile::TempDir,
}

impl Tiny {
    /// Loads it with a changed configuration.
    pub(crate) fn with(change: impl FnOnce(&mut LlamaConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        models::tiny::write_llama(&path, &TinyConfig::default()).unwrap();
        let mut config = tiny_config(&path);
        change(&mut config);
        Self { engine: llama::load(&config).unwrap(), folder }
    }

    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn handle(&self) -> Handle {
        self.engine.role(None).unwrap()
    }
}

/// Four sequences over 1024 cells, exact keys and values.
pub(crate) fn tiny_config(path: &Path) -> LlamaConfig {
    let mut config = LlamaConfig::new(path);
    config.context_tokens = number(512);
    config.cache_tokens = number(1024);
    config.sequences_max = number(4);
    config.threads = number(1);
    config.micro_batch = number(128);
    config.cache_type = CacheType::F32;
    config
}

pub(crate) fn number(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

/// A request at temperature 0 for at most 12 tokens.
pub(crate) fn greedy(prompt: Prompt) -> Request {
    Request {
        prompt,
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 0.0, top_p: 1.0, seed: 0 },
        tokens_max: 12,
        stop: Vec::new(),
    }
}

/// A request at temperature 1.
pub(crate) fn sampled(prompt: Prompt, seed: u64) -> Request {
    let sampling = Sampling { temperature: 1.0, top_p: 1.0, seed };
    Request { sampling, ..greedy(prompt) }
}

pub(crate) fn raw(text: &str) -> Prompt {
    Prompt::Raw(vec![Piece::Text(text.to_owned())])
}

pub(crate) fn chat(text: &str) -> Prompt {
    Prompt::Chat(vec![Message::text(Role::User, text)])
}
