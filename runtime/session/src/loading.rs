//! How models are loaded: the engine, its limits, and how long an endpoint is waited for.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::Context;

use crate::approval::Allowed;
use crate::board::Board;
use crate::options::{Amount, EngineOptions, RunOptions};
use crate::program::Surroundings;

/// How models are loaded.
#[derive(Clone)]
pub struct Loading {
    /// What computes them.
    pub engine: EngineOptions,
    /// Tokens of context for each episode.
    pub context_tokens: NonZeroU32,
    /// Threads of the engine; one for each core that is free where `None`.
    pub threads: Option<NonZeroU32>,
    /// Requests at once.
    pub parallel: NonZeroU32,
    /// Whether answers repeat to the bit.
    pub deterministic: bool,
    /// What they may take, where it was said.
    pub board: Option<Board>,
    /// How long an endpoint is waited for.
    pub waits: Waits,
    /// sha256 of the prompts that models are asked with, if there are some.
    pub prompts_sha256: Option<String>,
    /// What the command line alone allows.
    pub allowed: Allowed,
    /// Who is told, and who asks to stop.
    pub surroundings: Surroundings,
}

impl Loading {
    /// For one request at a time, outside any run.
    pub fn alone(
        engine: EngineOptions,
        context_tokens: NonZeroU32,
        threads: Option<NonZeroU32>,
        surroundings: Surroundings,
    ) -> Self {
        Self {
            engine,
            context_tokens,
            threads,
            parallel: NonZeroU32::MIN,
            deterministic: false,
            board: None,
            waits: Waits::default(),
            prompts_sha256: None,
            allowed: Allowed::default(),
            surroundings,
        }
    }

    /// As a board says.
    pub fn on_board(board: Board) -> Self {
        let engine =
            EngineOptions { engine: Some(board.engine.clone()), ..EngineOptions::default() };
        let (context, threads) = (board.context_tokens, Some(board.threads));
        let alone = Self::alone(engine, context, threads, Surroundings::silent());
        Self { parallel: board.parallel, board: Some(board), ..alone }
    }
}

/// How long an endpoint is waited for; `None` for what is usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waits {
    /// Attempts after the first.
    pub retries: Option<u32>,
    /// Before the second attempt.
    pub first_wait: Option<Duration>,
    /// For the connection.
    pub connect: Option<Duration>,
    /// For the answer's beginning.
    pub first_byte: Option<Duration>,
    /// For the whole answer.
    pub whole: Option<Duration>,
}

impl Waits {
    /// What the options say.
    pub(crate) fn resolve(options: &RunOptions) -> anyhow::Result<Self> {
        let duration = |key: &str, seconds: Option<Amount>| {
            let seconds = seconds.map(Amount::get);
            let duration = seconds.map(Duration::try_from_secs_f64).transpose();
            duration.with_context(|| format!("--{key} is no length of time"))
        };
        Ok(Self {
            retries: options.retries,
            first_wait: duration("retry-seconds", options.retry_seconds)?,
            connect: duration("connect-seconds", options.connect_seconds)?,
            first_byte: duration("first-byte-seconds", options.first_byte_seconds)?,
            whole: duration("request-seconds", options.request_seconds)?,
        })
    }
}
