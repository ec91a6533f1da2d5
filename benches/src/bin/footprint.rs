//! What does the engine take beside weights and cache, how near is the estimate,
//! how long is it to the first token, and does anything grow?
//!
//! Each row is a process of its own, so that one's peak is not the other's. After
//! a row's first answer, episodes of three steps are played on a prompt that goes
//! on; memory, threads and open files are counted early and at the end.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]
#![expect(clippy::print_stdout, reason = "a bench reports")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use models::gguf::Gguf;
use runtime_core::model::{Constraint, LanguageModel, Request, Sampling};
use runtime_core::prompt::{Message, Prompt, Role};
use runtime_engine::llama::{self, LlamaConfig};
use runtime_engine::native::{self, NativeConfig};
use runtime_engine::{Engine, Handle, MemoryEstimate};
use serde::{Deserialize, Serialize};

/// Episodes before the first count: whatever is reserved late is there by then.
const EARLY: u32 = 50;
const STEPS: usize = 3;

/// What does the engine take beside weights and cache, and does anything grow?
#[derive(Parser)]
struct Options {
    /// GGUF files
    #[arg(long, required = true, value_delimiter = ',')]
    model: Vec<PathBuf>,
    /// What computes
    #[arg(long, value_enum, default_value = "llama")]
    engine: Kind,
    /// Tokens of context, one row each
    #[arg(long, value_delimiter = ',', default_values = ["512", "2048", "8192"])]
    context: Vec<NonZeroU32>,
    /// Tokens that are computed in one go
    #[arg(long, default_value = "64")]
    micro_batch: NonZeroU32,
    /// Threads of the engine
    #[arg(long, default_value = "2")]
    threads: NonZeroU32,
    /// Episodes of each row
    #[arg(long, default_value_t = EARLY)]
    episodes: u32,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
    /// One row, in this process
    #[arg(long, hide = true)]
    row: bool,
}

/// What computes.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    Llama,
    Native,
}

/// A row of the table; bytes where nothing else is said.
#[derive(Deserialize, Serialize)]
struct Row {
    model: String,
    context_tokens: u32,
    weights: u64,
    cache: u64,
    estimate: u64,
    peak: u64,
    first_token_ms: f64,
    early: Counts,
    late: Counts,
}

/// What a process holds.
#[derive(Deserialize, Serialize)]
struct Counts {
    episodes: u32,
    resident: u64,
    threads: u64,
    files: usize,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if options.row {
        println!("{}", serde_json::to_string(&measure(&options)?)?);
        return Ok(());
    }
    let mut rows = Vec::new();
    for model in &options.model {
        for &context in &options.context {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--row").arg("--model").arg(model);
            let engine = options.engine.to_possible_value().context("every engine has a name")?;
            command.arg("--engine").arg(engine.get_name());
            for (name, value) in [
                ("--context", context.get()),
                ("--micro-batch", options.micro_batch.get()),
                ("--threads", options.threads.get()),
                ("--episodes", options.episodes),
            ] {
                command.arg(name).arg(value.to_string());
            }
            let output = command.stderr(std::process::Stdio::inherit()).output()?;
            ensure!(output.status.success(), "the row of {} failed", model.display());
            rows.push(serde_json::from_slice(&output.stdout)?);
        }
    }
    print(&options, &rows)
}

fn measure(options: &Options) -> Result<Row> {
    let path = options.model.first().context("a row is of one model")?;
    let context = *options.context.first().context("a row is of one context")?;
    let (estimate, load) = prepared(options, path, context)?;
    let start = Instant::now();
    let mut handle = load()?.role(None)?;
    let mut ticket = handle.submit(&request(vec![Message::text(Role::User, "Hello.")], 0));
    ticket.next_token();
    let first_token_ms = start.elapsed().as_secs_f64() * 1e3;
    ticket.wait()?;
    // One is live while another is stored.
    for word in ["a ", "no "] {
        fill(&mut handle, context, word)?;
    }
    let mut early = None;
    for episode in 1..=options.episodes.max(EARLY) {
        play(&mut handle, episode)?;
        if episode == EARLY {
            early = Some(counts(episode)?);
        }
    }
    Ok(Row {
        model: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        context_tokens: context.get(),
        weights: estimate.weights,
        cache: estimate.cache,
        estimate: estimate.total(),
        peak: of_status("VmHWM:")? * 1024,
        first_token_ms,
        early: early.context("no episode was played")?,
        late: counts(options.episodes.max(EARLY))?,
    })
}

/// Loads a model.
type Load = Box<dyn FnOnce() -> Result<Engine>>;

/// What a model takes by its estimate, and how it is loaded.
fn prepared(options: &Options, path: &Path, context: NonZeroU32) -> Result<(MemoryEstimate, Load)> {
    let gguf = Gguf::open(path)?;
    Ok(match options.engine {
        Kind::Llama => {
            let mut config = LlamaConfig::new(path);
            config.context_tokens = context;
            config.cache_tokens = context;
            config.micro_batch = options.micro_batch;
            config.threads = options.threads;
            let estimate = llama::estimate(&gguf, &config)?;
            (estimate, Box::new(move || Ok(llama::load(&config)?)))
        }
        Kind::Native => {
            let mut config = NativeConfig::new(path);
            config.context_tokens = context;
            config.batch_tokens = options.micro_batch;
            config.threads = options.threads;
            let estimate = native::estimate(&gguf, &config)?;
            (estimate, Box::new(move || Ok(native::load(&config)?)))
        }
    })
}

/// A prompt that uses the whole context, so that its pages are there.
fn fill(handle: &mut Handle, context: NonZeroU32, word: &str) -> Result<()> {
    let asked = |words: usize| vec![Message::text(Role::User, word.repeat(words))];
    let mut words = context.get() as usize;
    while handle.prompt_ids(&Prompt::Chat(asked(words)))?.len() + 16 > context.get() as usize {
        words = words * 9 / 10;
    }
    handle.generate(&request(asked(words), 0))?;
    Ok(())
}

fn play(handle: &mut Handle, episode: u32) -> Result<()> {
    let mut messages = vec![Message::text(Role::User, format!("Game {episode}. You see a door."))];
    for step in 0..STEPS {
        let answer = handle.generate(&request(messages.clone(), u64::from(episode)))?;
        messages.push(Message::text(Role::Assistant, answer.text));
        messages.push(Message::text(Role::User, format!("You see a wall, {step}.")));
    }
    Ok(())
}

fn request(messages: Vec<Message>, seed: u64) -> Request {
    Request {
        prompt: Prompt::Chat(messages),
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 1.0, top_p: 1.0, seed },
        tokens_max: 4,
        stop: Vec::new(),
    }
}

fn counts(episodes: u32) -> Result<Counts> {
    Ok(Counts {
        episodes,
        resident: of_status("VmRSS:")? * 1024,
        threads: of_status("Threads:")?,
        files: std::fs::read_dir("/proc/self/fd")?.count(),
    })
}

/// A number that the system says of this process.
fn of_status(key: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("this bench needs /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.context("the system does not say")?.parse().context("the system says no number")
}

fn print(options: &Options, rows: &[Row]) -> Result<()> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    let name = options.engine.to_possible_value().context("every engine has a name")?;
    println!("{}, batches of {}, one sequence; MB", name.get_name(), options.micro_batch);
    println!("model                            context  weights  cache    peak  beside  estimate");
    let mb = |bytes: u64| bytes as f64 / 1e6;
    for row in rows {
        let beside = row.peak.saturating_sub(row.weights + row.cache);
        println!(
            "{:<32} {:>7} {:>8.1} {:>6.1} {:>7.1} {:>7.1} {:>9.1} ({:+.1} %)",
            row.model,
            row.context_tokens,
            mb(row.weights),
            mb(row.cache),
            mb(row.peak),
            mb(beside),
            mb(row.estimate),
            (row.estimate as f64 / row.peak as f64 - 1.0) * 100.0
        );
    }
    for Row { model, context_tokens, first_token_ms, early, late, .. } in rows {
        println!(
            "{model}, {context_tokens}: first token after {first_token_ms:.0} ms; after {} and {} \
             episodes {:.1} and {:.1} MB, {} and {} threads, {} and {} open files",
            early.episodes,
            late.episodes,
            mb(early.resident),
            mb(late.resident),
            early.threads,
            late.threads,
            early.files,
            late.files
        );
    }
    Ok(())
}
