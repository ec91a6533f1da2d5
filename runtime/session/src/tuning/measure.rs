//! Measures which settings compute most tokens of an episode's steps.
//!
//! One setting is changed at a time, from the engine to the number of episodes at once; what is
//! not clearly faster than the usual is left as it is.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::Path;

use anyhow::{Context, bail};
use models::gguf::Gguf;
use models::hyperparameters::Hyperparameters;
use models::manifest;
use models::threads::Processor;
use runtime_core::model::{Constraint, Generation, Request, Sampling};
use runtime_core::prompt::{Message, Prompt, Role};
use runtime_engine::Handle;

use super::{Choice, Tuned, TunedMachine};
use crate::board::CacheFormat;
use crate::loading::Loading;
use crate::options::EngineOptions;
use crate::program::Surroundings;
use crate::{circumstances, engines, files};

/// Tokens of context, of which the first prompt takes half: as a household's after some steps.
const CONTEXT_TOKENS: usize = 2048;
/// Steps of an episode at most: those after the first are measured.
const STEPS_MAX: usize = 12;
/// Tokens that are drawn in a step.
const DRAWN_TOKENS: u32 = 8;
/// What an observation says in a step: about 44 tokens with what is around it.
const OBSERVATION: &str = "You arrive at drawer 3. The drawer 3 is closed. You see nothing. On the \
                           countertop 1, you see a mug 2, a knife 1, and a plate 1.";
/// How much faster something has to be than what stands before it.
const CLEARLY: f64 = 1.03;
/// Points that a machine with few cores measures; their time is shared out by it.
const POINTS: f64 = 10.0;

/// One setting and what it computed.
pub struct Point {
    /// The setting.
    pub choice: Choice,
    /// Episodes at once.
    pub parallel: NonZeroU32,
    /// Computed tokens/s, or why there is none.
    pub tokens_per_second: Result<f64, String>,
}

/// What is measured, and for how long.
pub struct Tuning<'a> {
    /// The model, by name or file; `None` for one that is installed.
    pub model: Option<&'a str>,
    /// Seconds for all points.
    pub seconds: f64,
    /// Who is told, and who asks to stop.
    pub surroundings: &'a Surroundings,
}

impl Tuning<'_> {
    /// Measures; `tell` gets each point as it is there.
    pub fn run(&self, mut tell: impl FnMut(&Point)) -> anyhow::Result<Tuned> {
        let model = self.model()?;
        if let Some(line) = Processor::watch().warned(engines::cores()) {
            self.surroundings.note(&format!("{line}; measured again later it may be otherwise"));
        }
        let resolved = manifest::resolve(&model, &files::models_folder()?)?;
        let path = resolved.path.as_path();
        let model_sha256 = models::checksum::sha256_file(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let mut best = Best { tuning: self, path, tell: &mut tell, found: None };
        let (cores, one) = (NonZeroU32::new(engines::cores().get()), NonZeroU32::MIN);
        let cores = cores.unwrap_or(one);
        for engine in engines_of(path) {
            let engine = engine.to_owned();
            best.try_out(Choice { engine, threads: cores, micro_batch: None, cache: None }, one)?;
        }
        let fewer = (0..).map(|power| 1 << power).take_while(|&count| count < cores.get());
        for threads in fewer.filter_map(NonZeroU32::new).collect::<Vec<_>>().into_iter().rev() {
            best.change(|choice| choice.threads = threads)?;
        }
        if best.choice()?.engine == "llama" {
            best.change(|choice| choice.micro_batch = NonZeroU32::new(64))?;
            for cache in [CacheFormat::F32, CacheFormat::Q8_0] {
                best.change(|choice| choice.cache = Some(cache))?;
            }
        }
        for parallel in [2, 4, 8].into_iter().filter_map(NonZeroU32::new) {
            best.try_out(best.choice()?, parallel)?;
        }
        let (choice, parallel, tokens_per_second) = best.found.context("nothing was measured")?;
        let (measured, machine) = (circumstances::now(), TunedMachine::here());
        Ok(Tuned { model, model_sha256, measured, parallel, tokens_per_second, choice, machine })
    }

    fn model(&self) -> anyhow::Result<String> {
        if let Some(model) = self.model {
            return Ok(model.to_owned());
        }
        let folder = files::models_folder()?;
        let here = manifest::catalog().into_iter().find(|model| folder.join(&model.file).exists());
        let here = here.context(
            "no model is installed; `rebound models pull smollm2-135m-instruct` brings one, or \
             name a file",
        )?;
        Ok(here.name)
    }
}

/// The engines of this build that compute a file on the processor, ours first: what comes later
/// has to be clearly faster.
fn engines_of(path: &Path) -> Vec<&'static str> {
    let computes = |name: &&str| match *name {
        "native" => is_native(path),
        name => name == "llama",
    };
    let mut names: Vec<&str> = engines::builds().into_iter().map(|(name, _)| name).collect();
    names.retain(computes);
    names.sort_by_key(|name| *name != "native");
    names
}

#[cfg(feature = "native")]
fn is_native(path: &Path) -> bool {
    let gguf = Gguf::open(path);
    gguf.is_ok_and(|gguf| runtime_engine::native::supports(&gguf).is_ok())
}

#[cfg(not(feature = "native"))]
fn is_native(_path: &Path) -> bool {
    false
}

/// The fastest so far.
struct Best<'a, 'b> {
    tuning: &'a Tuning<'a>,
    path: &'a Path,
    tell: &'b mut dyn FnMut(&Point),
    found: Option<(Choice, NonZeroU32, f64)>,
}

impl Best<'_, '_> {
    fn choice(&self) -> anyhow::Result<Choice> {
        let (choice, ..) = self.found.as_ref().context("no engine computes this model")?;
        Ok(choice.clone())
    }

    /// Tries the fastest with a change, for one episode at a time.
    fn change(&mut self, change: impl FnOnce(&mut Choice)) -> anyhow::Result<()> {
        let mut choice = self.choice()?;
        change(&mut choice);
        self.try_out(choice, NonZeroU32::MIN)
    }

    fn try_out(&mut self, choice: Choice, parallel: NonZeroU32) -> anyhow::Result<()> {
        let Tuning { seconds, surroundings, .. } = self.tuning;
        if surroundings.is_stopped() {
            bail!("stopped; nothing was stored");
        }
        let limit_s = seconds / POINTS / 2.0;
        let found = measure(self.path, &choice, parallel, (limit_s, surroundings));
        let tokens_per_second = found.map_err(|error| format!("{error:#}"));
        let point = Point { choice, parallel, tokens_per_second };
        (self.tell)(&point);
        let Point { choice, parallel, tokens_per_second } = point;
        let before = self.found.as_ref().map_or(0.0, |(.., before)| *before);
        if let Ok(found) = tokens_per_second
            && found > before * CLEARLY
        {
            self.found = Some((choice, parallel, found));
        }
        Ok(())
    }
}

/// Computed tokens/s of episodes at once, in steps of at most so many seconds.
fn measure(
    path: &Path,
    choice: &Choice,
    parallel: NonZeroU32,
    (limit_s, surroundings): (f64, &Surroundings),
) -> anyhow::Result<f64> {
    let Choice { engine, threads, micro_batch, cache } = choice.clone();
    let engine = Some(engine);
    let options = EngineOptions { engine, micro_batch, cache, ..EngineOptions::default() };
    let context = context_tokens(path)?;
    let tokens = NonZeroU32::new(u32::try_from(context)?).context("a model without context")?;
    let silent = Surroundings::silent();
    let loading = Loading { parallel, ..Loading::alone(options, tokens, Some(threads), silent) };
    let handle = engines::load(path, &loading)?.role(None)?;
    let opening = opening(&handle, context / 2)?;
    let mut episodes: Vec<Episode> = (0..parallel.get())
        .map(|number| Episode::new(format!("{opening}You are in room {number}."), number))
        .collect();
    // What is read once is not measured, nor the first step.
    step(&handle, &mut episodes)?;
    step(&handle, &mut episodes)?;
    let (start, mut tokens) = ((surroundings.clock)(), 0);
    let mut seconds = 0.0;
    for _ in 0..STEPS_MAX {
        tokens += step(&handle, &mut episodes)?;
        seconds = (surroundings.clock)().saturating_sub(start) as f64 / 1e6;
        let is_full = episodes.iter().any(|episode| episode.tokens + 2 * episode.new > context);
        if seconds > limit_s || is_full || surroundings.is_stopped() {
            break;
        }
    }
    Ok(tokens as f64 / seconds.max(1e-6))
}

/// Tokens of a context that the model was trained with, up to [`CONTEXT_TOKENS`].
fn context_tokens(path: &Path) -> anyhow::Result<usize> {
    let shape = Hyperparameters::from_gguf(&Gguf::open(path)?);
    Ok(shape.map_or(CONTEXT_TOKENS, |shape| shape.context_tokens.min(CONTEXT_TOKENS)))
}

/// A text of about so many tokens.
fn opening(handle: &Handle, tokens: usize) -> anyhow::Result<String> {
    let mut text = String::new();
    for drawer in 1.. {
        let _ = write!(text, "You see drawer {drawer}. It is closed. ");
        let prompt = Prompt::Chat(vec![Message::text(Role::User, text.clone())]);
        if handle.prompt_ids(&prompt)?.len() >= tokens {
            break;
        }
    }
    Ok(text)
}

/// A conversation that grows by a step at a time.
struct Episode {
    messages: Vec<Message>,
    seed: u64,
    /// Tokens that were computed, and those of the last step.
    tokens: usize,
    new: usize,
}

impl Episode {
    fn new(opening: String, number: u32) -> Self {
        let messages = vec![Message::text(Role::User, opening)];
        Self { messages, seed: number.into(), tokens: 0, new: 0 }
    }

    fn request(&self) -> Request {
        Request {
            prompt: Prompt::Chat(self.messages.clone()),
            constraint: Constraint::Free,
            sampling: Sampling { temperature: 0.7, top_p: 1.0, seed: self.seed },
            tokens_max: DRAWN_TOKENS,
            stop: Vec::new(),
        }
    }

    /// Takes an answer and the next observation; says how many tokens are new.
    fn go_on(&mut self, answer: Generation) -> usize {
        let all = answer.prompt_ids.len() + answer.tokens.len();
        self.new = all.saturating_sub(self.tokens);
        self.tokens = all;
        self.messages.push(Message::text(Role::Assistant, answer.text));
        self.messages.push(Message::text(Role::User, OBSERVATION.to_owned()));
        self.new
    }
}

/// A step of all episodes at once; says how many tokens it computed.
fn step(handle: &Handle, episodes: &mut [Episode]) -> anyhow::Result<usize> {
    let tickets: Vec<_> =
        episodes.iter().map(|episode| handle.submit(&episode.request())).collect();
    let mut tokens = 0;
    for (episode, ticket) in episodes.iter_mut().zip(tickets) {
        tokens += episode.go_on(ticket.wait()?);
    }
    Ok(tokens)
}
