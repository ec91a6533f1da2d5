//! Crash points and power cuts of the smallest workloads: at each call that changes a file it is
//! broken off, goes on, and must have made the same.
#![allow(clippy::print_stdout, reason = "it shows what came of it")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use clap::Parser;
use tests_attack::crash::disk::Loss;
use tests_attack::crash::shim::{How, Shim};
use tests_attack::crash::trial::{Break, Crash, Sound};
use tests_attack::crash::workload::workloads;
use tests_attack::draws::Draws;
use tests_attack::ground::Ground;
use tests_attack::program::Programs;

/// Places up to this one are all tried.
const EACH_MAX: u64 = 300;
/// Places beyond it that are tried.
const SAMPLED: u64 = 50;
/// Findings of a workload that are told in full.
const TOLD_MAX: usize = 3;

/// Breaks workloads off at each call that changes a file, and goes on with them
#[derive(Parser)]
struct Arguments {
    /// Only this workload: run, collect, learn, train, install or pull
    #[arg(long)]
    workload: Option<String>,
    /// Of the places at calls, one of so many
    #[arg(long, default_value_t = 1)]
    one_in: usize,
    /// Number of programs at a time
    #[arg(long, default_value_t = 4)]
    parallel: usize,
    /// Folder of the programs [default: that of this one]
    #[arg(long)]
    programs: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let programs = Programs::named_or_beside(arguments.programs.as_deref())?;
    let ground = Ground::made_by(&programs).context("no sound files to begin with")?;
    let shim = Shim::build().context("the shim cannot be built")?;
    println!("| workload | calls | broken off by | places | findings |");
    println!("| --- | ---: | --- | ---: | ---: |");
    let mut all = 0;
    for workload in workloads() {
        if arguments.workload.as_ref().is_some_and(|name| *name != workload.name) {
            continue;
        }
        let (programs, shim, ground) = (&programs, &shim, &ground);
        let crash = Crash { programs, shim, ground, workload: &workload };
        let sound = crash.sound()?;
        let mut told = Vec::new();
        for (name, breaks) in kinds(&sound) {
            let breaks: Vec<Break> = breaks.into_iter().step_by(arguments.one_in).collect();
            let found = play(&crash, &sound, (&breaks, arguments.parallel))?;
            let (calls, places, findings) = (sound.calls, breaks.len(), found.len());
            println!("| {} | {calls} | {name} | {places} | {findings} |", workload.name);
            told.extend(found);
        }
        all += told.len();
        for (at, finding) in told.iter().take(TOLD_MAX) {
            println!("\n{} at {at:?}: {finding}\n", workload.name);
        }
    }
    println!("\n{all} findings");
    Ok(if all == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The places at which a workload is broken off, by how.
fn kinds(sound: &Sound) -> Vec<(String, Vec<Break>)> {
    let places = places(sound.calls);
    let calls = |how| (how_text(how), places.iter().map(|&at| Break::Call(at, how)).collect());
    let record = u64::try_from(sound.record.len()).expect("a length fits 64 bits");
    let cuts = |loss: Loss| -> Vec<Break> {
        let at = self::places(record).into_iter();
        at.filter_map(|at| Some(Break::PowerCut(usize::try_from(at).ok()?, loss))).collect()
    };
    let mut kinds: Vec<(String, Vec<Break>)> = How::ALL.map(calls).into();
    kinds.push(("a power cut".to_owned(), cuts(Loss::All)));
    kinds.push(("a power cut that keeps names".to_owned(), cuts(Loss::Bytes)));
    kinds
}

fn how_text(how: How) -> String {
    match how {
        How::Kill => "a kill",
        How::Torn => "a kill in a write",
        How::NoSpace => "ENOSPC",
        How::InputOutput => "EIO",
        How::Short => "a short write",
    }
    .to_owned()
}

/// Each place up to [`EACH_MAX`], and some beyond.
fn places(calls: u64) -> Vec<u64> {
    let mut places: Vec<u64> = (1..=calls.min(EACH_MAX)).collect();
    let mut draws = Draws::new(calls);
    let beyond = calls.saturating_sub(EACH_MAX);
    places.extend((0..SAMPLED.min(beyond)).map(|_| EACH_MAX + 1 + draws.number() % beyond));
    places
}

/// What is wrong at which of the places.
fn play(
    crash: &Crash<'_>,
    sound: &Sound,
    (breaks, parallel): (&[Break], usize),
) -> anyhow::Result<Vec<(Break, String)>> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> anyhow::Result<()> {
        while let Some(&at) = breaks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(finding) = crash.broken(sound, at)?.finding {
                found.lock().unwrap_or_else(PoisonError::into_inner).push((at, finding));
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..parallel).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no trial panics"))
    })?;
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}
