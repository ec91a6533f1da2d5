//! How much of llama.cpp's speed is left behind our engines?
//!
//! The same file, threads and cache in one process, once through our engine and
//! once through a bare loop over llama-cpp-2 that does the least a program can:
//! decode, and draw from the whole distribution with llama.cpp's own sampler.
//! The bare loop's answers are as long as ours. Repetitions alternate, so that
//! whatever else the machine does hits both; the figures are medians. Ours adds
//! what an agent needs: a thread of its own, streaming, and two
//! log-probabilities a token. Each device that is named is measured with our own
//! decoder beside the same loop.
//!
//! With `--python`, llama.cpp's own server (xllamacpp) generates beside, once with its usual
//! attention and once without flash attention; the faster of the two counts.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

mod bare;
mod server;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use clap::Parser;
use runtime_core::model::{Constraint, Request, Sampling};
use runtime_core::prompt::{Piece, Prompt};
use runtime_engine::Handle;
use runtime_engine::decoder::{self, DecoderConfig, devices};
use runtime_engine::llama::{self, LlamaConfig};
use runtime_engine::native::{self, NativeConfig};
use serde::Serialize;

use bare::Bare;

const TEMPERATURE: f32 = 0.8;
const CONTEXT_TOKENS: u32 = 4096;
const MICRO_BATCH: u32 = 256;
const SEQUENCES: u32 = 8;

/// How much of llama.cpp's speed is left behind our engines?
#[derive(Parser)]
struct Options {
    /// A GGUF file
    #[arg(long)]
    model: PathBuf,
    /// Threads of each side
    #[arg(long, default_value = "2")]
    threads: NonZeroU32,
    /// Where our own decoder is measured too, as `rebound devices` lists it
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    device: Vec<String>,
    /// Tokens that a sequence generates at most
    #[arg(long, default_value_t = 128)]
    tokens: u32,
    /// A Python with xllamacpp, whose llama.cpp is measured beside
    #[arg(long)]
    python: Option<PathBuf>,
    /// Rounds whose median counts
    #[arg(long, default_value_t = 5)]
    repetitions: usize,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// One row of the table: generated tokens a second, all sequences together.
#[derive(Serialize)]
struct Row {
    engine: String,
    sequences: u32,
    ours: f64,
    bare: f64,
    ratio: f64,
    /// llama.cpp's server, if it was asked for.
    server: Option<f64>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let bare = Bare::new(&options)?;
    let servers = server::measure(&options, &[1, SEQUENCES])?;
    let row = |ours: &Ours| measure(&options, ours, &bare, &servers);
    let mut rows = row(&Ours::native(&options)?)?;
    rows.extend(row(&Ours::llama(&options)?)?);
    for device in &options.device {
        rows.extend(row(&Ours::decoder(&options, device)?)?);
    }
    print(&options, &rows)
}

fn measure(
    options: &Options,
    ours: &Ours,
    bare: &Bare,
    servers: &[Option<f64>],
) -> Result<Vec<Row>> {
    let rows = [1, SEQUENCES].into_iter().zip(servers);
    rows.map(|(sequences, &server)| Ok(Row { server, ..row(options, ours, bare, sequences)? }))
        .collect()
}

fn row(options: &Options, ours: &Ours, bare: &Bare, sequences: u32) -> Result<Row> {
    let engine = ours.name.clone();
    let mut figures = (Vec::new(), Vec::new());
    // The first of each warms up.
    for repetition in 0..=options.repetitions {
        let seed = repetition as u64;
        let (our, lengths) = ours.run(options, sequences, seed)?;
        let bare = bare.run(options, &lengths, seed)?;
        if repetition > 0 {
            figures.0.push(our);
            figures.1.push(bare);
        }
    }
    let (ours, bare) = (median(figures.0), median(figures.1));
    Ok(Row { engine, sequences, ours, bare, ratio: ours / bare, server: None })
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a bench reports")]
fn print(options: &Options, rows: &[Row]) -> Result<()> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    println!("{} threads, {} tokens a sequence", options.threads, options.tokens);
    println!("engine            sequences   ours tok/s   bare tok/s  ratio  server tok/s  ratio");
    for Row { engine, sequences, ours, bare, ratio, server } in rows {
        let server = server.map_or("            -      -".to_owned(), |server| {
            format!("{server:>13.1} {:>6.3}", ours / server)
        });
        println!("{engine:<17} {sequences:>9} {ours:>12.1} {bare:>12.1} {ratio:>6.3} {server}");
    }
    Ok(())
}

fn number(value: u32) -> Result<NonZeroU32> {
    NonZeroU32::new(value).context("not zero")
}

/// Prompts that share nothing.
fn prompt(index: u32) -> String {
    format!("{index} {}", "is a number that walked into a house. ".repeat(3))
}

/// One of our engines.
struct Ours {
    name: String,
    handle: Handle,
}

impl Ours {
    fn llama(options: &Options) -> Result<Self> {
        let mut config = LlamaConfig::new(&options.model);
        config.threads = options.threads;
        config.context_tokens = number(CONTEXT_TOKENS / SEQUENCES)?;
        config.cache_tokens = number(CONTEXT_TOKENS)?;
        config.sequences_max = number(SEQUENCES)?;
        config.micro_batch = number(MICRO_BATCH)?;
        Ok(Self { name: "llama".to_owned(), handle: llama::load(&config)?.role(None)? })
    }

    fn native(options: &Options) -> Result<Self> {
        let mut config = NativeConfig::new(&options.model);
        config.threads = options.threads;
        config.context_tokens = number(CONTEXT_TOKENS / SEQUENCES)?;
        config.sequences_max = number(SEQUENCES)?;
        config.batch_tokens = number(MICRO_BATCH)?;
        Ok(Self { name: "native".to_owned(), handle: native::load(&config)?.role(None)? })
    }

    fn decoder(options: &Options, device: &str) -> Result<Self> {
        devices::use_threads(options.threads.get() as usize);
        let mut config = DecoderConfig::new(&options.model, devices::open(device)?);
        config.context_tokens = number(CONTEXT_TOKENS / SEQUENCES)?;
        config.sequences_max = number(SEQUENCES)?;
        config.batch_tokens = number(MICRO_BATCH)?;
        Ok(Self { name: format!("decoder, {device}"), handle: decoder::load(&config)?.role(None)? })
    }

    /// Tokens a second from the first token to the last, and how many tokens each
    /// answer had.
    fn run(&self, options: &Options, sequences: u32, seed: u64) -> Result<(f64, Vec<usize>)> {
        let requests: Vec<Request> = (0..sequences)
            .map(|index| Request {
                prompt: Prompt::Raw(vec![Piece::Text(prompt(index))]),
                constraint: Constraint::Free,
                sampling: Sampling {
                    temperature: TEMPERATURE,
                    top_p: 1.0,
                    seed: seed << 8 | u64::from(index),
                },
                tokens_max: options.tokens,
                stop: Vec::new(),
            })
            .collect();
        let mut tickets: Vec<_> =
            requests.iter().map(|request| self.handle.submit(request)).collect();
        for ticket in &mut tickets {
            ticket.next_token();
        }
        let start = Instant::now();
        let mut lengths = Vec::new();
        for ticket in tickets {
            lengths.push(ticket.wait()?.tokens.len());
        }
        let tokens = lengths.iter().sum::<usize>() - lengths.len();
        Ok((tokens as f64 / start.elapsed().as_secs_f64(), lengths))
    }
}
