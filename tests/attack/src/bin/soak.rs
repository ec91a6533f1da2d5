//! Hours of play in one process: runs of the tiny model one after the other, four episodes at a
//! time, on both engines in turn, and what the process then takes of memory, descriptors and
//! threads, each time between two runs.
//!
//! The samples stand in `soak.jsonl`, a line a minute. What was begun before goes on as a further
//! part: each part is a process of its own and is judged from its tenth minute on.
#![allow(clippy::print_stdout, reason = "it shows what came of it")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use runtime_core::strategy::Strategy;
use runtime_session::options::RunOptions;
use runtime_session::program::Surroundings;
use runtime_session::request::RunRequest;
use serde_json::{Value, json};
use tests_attack::ground::{MODEL, write_bare};

/// Memory of its own that a part may take more at its end than at its tenth minute, in KiB. What is
/// resident of files, above all of the program's own, the system drops and reads again as it likes.
const GROWTH_KIB_MAX: i64 = 2 << 10;
/// The minute from which on a part is judged.
const SETTLED_MINUTE: u64 = 10;
const ENGINES: [&str; 2] = ["native", "llama"];

/// Plays the tiny model for hours, and says what the process takes
#[derive(Parser)]
struct Soak {
    /// Minutes of all parts together
    #[arg(long, default_value_t = 120)]
    minutes: u64,
    /// Folder of the samples, and of the run under way
    #[arg(long, default_value = "target/soak")]
    out: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let soak = Soak::parse();
    fs::create_dir_all(&soak.out)?;
    write_bare(&soak.out)?;
    let samples = soak.out.join("soak.jsonl");
    let before = read(&samples)?;
    let part = before.iter().filter_map(|sample| sample["part"].as_u64()).max().unwrap_or(0) + 1;
    let minutes_left = soak.minutes.saturating_sub(before.len() as u64);
    play(&soak.out, (part, minutes_left), &mut |sample| {
        println!("{sample}");
        let mut file = OpenOptions::new().create(true).append(true).open(&samples)?;
        Ok(writeln!(file, "{sample}")?)
    })?;
    judge(&read(&samples)?)
}

/// Plays runs for these minutes, and tells a sample after each minute.
#[allow(clippy::disallowed_methods, reason = "real hours are what is measured")]
fn play(
    out: &Path,
    (part, minutes): (u64, u64),
    tell: &mut dyn FnMut(Value) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut runs = 0;
    for minute in 1..=minutes {
        while begun.elapsed() < Duration::from_secs(60 * minute) {
            run(out, runs)?;
            runs += 1;
        }
        let [rss_kib, own_kib, threads] = ["VmRSS:", "RssAnon:", "Threads:"].map(status);
        let descriptors = fs::read_dir("/proc/self/fd")?.count();
        tell(json!({
            "part": part, "minute": minute, "runs": runs, "rss_kib": rss_kib?,
            "own_kib": own_kib?, "descriptors": descriptors, "threads": threads?,
        }))?;
    }
    Ok(())
}

/// One run, with a seed of its own, in a folder that is gone afterwards.
fn run(out: &Path, number: u64) -> anyhow::Result<()> {
    let folder = out.join("run");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let options = RunOptions {
        actor: Some(out.join(MODEL).display().to_string()),
        engine: Some(ENGINES[usize::try_from(number)? % ENGINES.len()].to_owned()),
        tasks: Some(8),
        trials: NonZeroU32::new(2),
        steps: NonZeroU32::new(8),
        seed: Some(number),
        prompts: Some(out.join("prompts")),
        context: NonZeroU32::new(1024),
        threads: NonZeroU32::new(1),
        parallel: NonZeroU32::new(4),
        out: Some(folder.clone()),
        ..RunOptions::default()
    };
    let surroundings = Surroundings::silent();
    let request = RunRequest { options, ..RunRequest::default() };
    let plan = request.comparison(vec![Strategy::Reflexion], &[], &surroundings)?;
    let played = plan.play(&surroundings)?;
    let (results, _) = played.write_results(&plan)?;
    played.write_page(&plan, results)
}

/// A number of this process's status.
fn status(name: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("the system tells no {name}"))?.parse()?)
}

fn read(samples: &Path) -> anyhow::Result<Vec<Value>> {
    let text = if samples.exists() { fs::read_to_string(samples)? } else { String::new() };
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Says of each part what it took at its tenth minute and at its end; an error where it grew.
fn judge(samples: &[Value]) -> anyhow::Result<()> {
    let parts = samples.iter().filter_map(|sample| sample["part"].as_u64()).max().unwrap_or(0);
    for part in 1..=parts {
        let of_part = samples.iter().filter(|sample| sample["part"] == part);
        let settled = of_part.filter(|sample| sample["minute"].as_u64() >= Some(SETTLED_MINUTE));
        let settled: Vec<&Value> = settled.collect();
        let [Some(first), Some(last)] = [settled.first(), settled.last()] else {
            println!("part {part}: it ended before minute {SETTLED_MINUTE}");
            continue;
        };
        let grown = |what: &str| Some(last[what].as_i64()? - first[what].as_i64()?);
        let [own_kib, descriptors, threads] = ["own_kib", "descriptors", "threads"].map(grown);
        let grown = own_kib.zip(descriptors).zip(threads).context("a sample lacks a number")?;
        let ((own_kib, descriptors), threads) = grown;
        println!(
            "part {part}, from minute {} to {}, {} runs: {own_kib:+} KiB to {} KiB of its own, \
             {} KiB with files, {descriptors:+} descriptors, {threads:+} threads",
            first["minute"], last["minute"], last["runs"], last["own_kib"], last["rss_kib"],
        );
        let is_steady = own_kib <= GROWTH_KIB_MAX && descriptors <= 0 && threads <= 0;
        ensure!(is_steady, "the process grew in part {part}");
    }
    Ok(())
}
