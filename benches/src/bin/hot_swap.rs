//! How long does a new adapter take to its first token, and is a request lost
//! meanwhile?
//!
//! Requests to the bare model and to the adapter in use go on without a pause; again and
//! again another adapter is installed, started and asked. The weights stay loaded.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::io::Write;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use models::adapter;
use models::gguf::Gguf;
use runtime_core::model::{Constraint, LanguageModel, Request, Sampling};
use runtime_core::prompt::{Message, Prompt, Role};
use runtime_engine::llama::{self, LlamaConfig};
use runtime_engine::{Engine, Handle};
use runtime_store::slots::Slots;
use serde::Serialize;

/// Matrices that the adapters change.
const TARGETS: [&str; 7] =
    ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

/// How long does a new adapter take to its first token, while others are answered?
#[derive(Parser)]
struct Options {
    /// A GGUF file
    #[arg(long)]
    model: PathBuf,
    /// Adapters to install
    #[arg(long, default_value = "10")]
    swaps: NonZeroU32,
    /// Rank of the adapters, which are random and of every linear layer
    #[arg(long, default_value = "8")]
    rank: u64,
    /// Who asks meanwhile, half of them under the adapter in use
    #[arg(long, default_value = "2")]
    others: u32,
    /// Words of the prompt whose next token is waited for
    #[arg(long, default_value = "200")]
    words: usize,
    /// Threads of the engine
    #[arg(long, default_value = "2")]
    threads: NonZeroU32,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What was measured, in milliseconds.
#[derive(Serialize)]
struct Found {
    swaps: usize,
    adapter_bytes: u64,
    /// Verified, written, synced, named by the slots and verified again.
    install_mean: f64,
    /// The adapter in llama.cpp.
    load_mean: f64,
    /// A context, the whole prompt, and a token.
    first_token_mean: f64,
    all_mean: f64,
    all_max: f64,
    asked: u64,
    answered: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let folder = std::env::temp_dir().join(format!("rebound-hot-swap-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let found = measure(&options, &folder);
    std::fs::remove_dir_all(&folder)?;
    print(&options, &found?)
}

fn measure(options: &Options, folder: &Path) -> Result<Found> {
    let adapters = adapters(options, folder)?;
    let mut config = LlamaConfig::new(&options.model);
    config.threads = options.threads;
    config.sequences_max = NonZeroU32::new(options.others + 1).context("--others is too large")?;
    config.cache_tokens = config.context_tokens.saturating_mul(config.sequences_max);
    let engine = llama::load(&config)?;
    let bare = engine.role(None)?;
    let slots = Slots::open(&folder.join("slots"))?;
    let (stop, asked, answered) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let mut times = Vec::new();
    for (number, adapter) in adapters.iter().enumerate() {
        // The one in use is the one before.
        let in_use = match number {
            0 => bare.clone(),
            _ => engine.role(Some((&adapters[number - 1], 1.0)))?,
        };
        stop.store(false, Ordering::Relaxed);
        let taken = thread::scope(|scope| {
            for place in 0..options.others {
                let mut model = if place % 2 == 0 { bare.clone() } else { in_use.clone() };
                let (stop, asked, answered) = (&stop, &asked, &answered);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        asked.fetch_add(1, Ordering::Relaxed);
                        let answer = model.generate(&request(options.words, 24));
                        answered.fetch_add(u64::from(answer.is_ok()), Ordering::Relaxed);
                    }
                });
            }
            // They are in the middle of it.
            thread::sleep(std::time::Duration::from_millis(300));
            let taken = swap(&engine, &slots, adapter, options.words);
            stop.store(true, Ordering::Relaxed);
            taken
        })?;
        times.push(taken);
    }
    let mean =
        |part: fn(&[f64; 3]) -> f64| times.iter().map(part).sum::<f64>() / times.len() as f64;
    Ok(Found {
        swaps: times.len(),
        adapter_bytes: std::fs::metadata(&adapters[0])?.len(),
        install_mean: mean(|taken| taken[0]),
        load_mean: mean(|taken| taken[1]),
        first_token_mean: mean(|taken| taken[2]),
        all_mean: mean(|taken| taken.iter().sum()),
        all_max: times.iter().map(|taken| taken.iter().sum()).fold(0.0, f64::max),
        asked: asked.into_inner(),
        answered: answered.into_inner(),
    })
}

/// Installs, loads and asks; how long each took, in milliseconds.
fn swap(engine: &Engine, slots: &Slots, adapter: &Path, words: usize) -> Result<[f64; 3]> {
    let mut last = Instant::now();
    let mut lap = || {
        let now = Instant::now();
        (now - std::mem::replace(&mut last, now)).as_secs_f64() * 1e3
    };
    slots.install(&std::fs::read(adapter)?, "measured")?;
    let active = slots.start()?.active.context("nothing was installed")?;
    let install = lap();
    let mut role: Handle = engine.role(Some((&active.path, 1.0)))?;
    let load = lap();
    let answer = role.generate(&request(words, 1))?;
    let first_token = lap();
    ensure!(answer.adapter.as_deref() == Some(&active.slot.sha256), "another adapter answered");
    slots.confirm()?;
    Ok([install, load, first_token])
}

fn adapters(options: &Options, folder: &Path) -> Result<Vec<PathBuf>> {
    let base = Gguf::open(&options.model)?;
    let made = (0..options.swaps.get()).map(|number| {
        let path = folder.join(format!("{number}.gguf"));
        let new = adapter::random(&base, options.rank, &TARGETS, u64::from(number))?;
        adapter::write(&path, &new)?;
        Ok(path)
    });
    made.collect()
}

fn request(words: usize, tokens_max: u32) -> Request {
    let text = "You are in the middle of a room. ".split(' ').cycle().take(words);
    let text: Vec<&str> = text.collect();
    Request {
        prompt: Prompt::Chat(vec![Message::text(Role::User, text.join(" "))]),
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 0.7, top_p: 1.0, seed: 1 },
        tokens_max,
        stop: Vec::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench reports")]
fn print(options: &Options, found: &Found) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if options.json {
        writeln!(out, "{}", serde_json::to_string(found)?)?;
        return Ok(());
    }
    let (mb, words) = (found.adapter_bytes as f64 / 1e6, options.words);
    writeln!(out, "{} adapters of {mb:.1} MB, {} asking meanwhile", found.swaps, options.others)?;
    writeln!(out, "install       {:7.0} ms, mean", found.install_mean)?;
    writeln!(out, "load          {:7.0} ms", found.load_mean)?;
    writeln!(out, "first token   {:7.0} ms, a prompt of {words} words", found.first_token_mean)?;
    writeln!(out, "all           {:7.0} ms, {:.0} at most", found.all_mean, found.all_max)?;
    writeln!(out, "requests meanwhile: {} asked, {} answered", found.asked, found.answered)?;
    Ok(())
}
