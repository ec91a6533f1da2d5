//! Kills at random of run, compare, collect and learn, by scripts and by the tiny model: what goes
//! on must have made the same as what nobody killed.
#![allow(clippy::print_stdout, reason = "it shows what came of it")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use tests_attack::crash::shim::Shim;
use tests_attack::crash::trial::{Break, Broken, Crash, Sound};
use tests_attack::crash::workload::killed;
use tests_attack::draws::Draws;
use tests_attack::ground::Ground;
use tests_attack::program::Programs;

/// Findings of a workload that are told in full.
const TOLD_MAX: usize = 3;

/// Kills workloads at random, and goes on with them
#[derive(Parser)]
struct Arguments {
    /// Number of kills, shared out to the workloads
    #[arg(long, default_value_t = 1000)]
    kills: u64,
    /// Only the workloads whose names begin so
    #[arg(long, default_value = "")]
    workload: String,
    /// Seed of the times
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of programs at a time
    #[arg(long, default_value_t = 4)]
    parallel: u64,
    /// Folder of the programs [default: that of this one]
    #[arg(long)]
    programs: Option<PathBuf>,
}

#[allow(clippy::disallowed_methods, reason = "kills come in real time")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let programs = Programs::named_or_beside(arguments.programs.as_deref())?;
    let ground = Ground::made_by(&programs).context("no sound files to begin with")?;
    let shim = Shim::build().context("the shim cannot be built")?;
    println!("| workload | trials | killed | findings |\n| --- | ---: | ---: | ---: |");
    let mut workloads = killed();
    workloads.retain(|workload| workload.name.starts_with(&arguments.workload));
    let each = arguments.kills.div_ceil(u64::try_from(workloads.len())?);
    let mut all = 0;
    for workload in workloads {
        let (programs, shim, ground) = (&programs, &shim, &ground);
        let crash = Crash { programs, shim, ground, workload: &workload };
        let begun = Instant::now();
        let sound = crash.sound()?;
        let whole = begun.elapsed();
        let times = Times { whole, each, arguments: &arguments };
        let broken = play(&crash, &sound, &times)?;
        let killed = broken.iter().filter(|broken| broken.is_ended_early).count();
        let findings: Vec<&String> =
            broken.iter().filter_map(|broken| broken.finding.as_ref()).collect();
        all += findings.len();
        println!("| {} | {} | {killed} | {} |", workload.name, broken.len(), findings.len());
        for finding in findings.iter().take(TOLD_MAX) {
            println!("\n{}: {finding}\n", workload.name);
        }
    }
    println!("\n{all} findings");
    Ok(if all == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// When a workload is killed.
struct Times<'a> {
    /// How long it takes whole.
    whole: Duration,
    /// How often it must have been killed.
    each: u64,
    arguments: &'a Arguments,
}

/// Kills until there are enough kills; at most twice as many trials, since some end before.
fn play(crash: &Crash<'_>, sound: &Sound, times: &Times<'_>) -> anyhow::Result<Vec<Broken>> {
    let (next, killed) = (AtomicU64::new(0), AtomicU64::new(0));
    let all = Mutex::new(Vec::new());
    let work = || -> anyhow::Result<()> {
        while killed.load(Ordering::Relaxed) < times.each {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= 2 * times.each {
                break;
            }
            let mut draws = Draws::new(times.arguments.seed ^ (number << 32));
            let share = f64::from(u32::try_from(draws.number() >> 33)?) / f64::from(1_u32 << 31);
            let broken = crash.broken(sound, Break::Kill(times.whole.mul_f64(share)))?;
            killed.fetch_add(u64::from(broken.is_ended_early), Ordering::Relaxed);
            all.lock().unwrap_or_else(PoisonError::into_inner).push(broken);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..times.arguments.parallel).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no trial panics"))
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}
