//! The attack: damaged files for every reader of both programs, and a table of what came of them.
//!
//! The same seed and number make the same case. A finding is made small and written to a folder,
//! and the exit code is 1.
#![allow(clippy::print_stdout, reason = "it shows what came of it")]

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use tests_attack::attack::Attack;
use tests_attack::ground::Ground;
use tests_attack::program::Programs;
use tests_attack::readers;

/// Damages what the programs read, and says what they make of it
#[derive(Parser)]
struct Arguments {
    /// Number of cases
    #[arg(long, default_value_t = 20_000)]
    cases: u64,
    /// Seconds after which no case begins any more
    #[arg(long)]
    seconds: Option<u64>,
    /// Seed of all cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this reader, as the table names it
    #[arg(long)]
    reader: Option<String>,
    /// Number of programs at a time: some wait for a line that is silent
    #[arg(long, default_value_t = 4)]
    parallel: usize,
    /// Folder of the programs [default: that of this one]
    #[arg(long)]
    programs: Option<PathBuf>,
    /// Attack only by lines that these programs answer: others than this build's may lack commands
    #[arg(long, requires = "programs")]
    answered: bool,
    /// Folder for failing cases
    #[arg(long, default_value = "target/attack")]
    out: PathBuf,
}

#[allow(clippy::disallowed_methods, reason = "it ends in real time")]
fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let programs = Programs::named_or_beside(arguments.programs.as_deref())?;
    let ground = Ground::made_by(&programs).context("no sound files to begin with")?;
    let mut targets = readers::targets(&ground)?;
    if let Some(reader) = &arguments.reader {
        targets.retain(|target| target.reader == reader);
        ensure!(!targets.is_empty(), "there is no reader {reader:?}");
    }
    fs::create_dir_all(&arguments.out)?;
    let out = fs::canonicalize(&arguments.out)?;
    let longest = arguments.seconds.map(Duration::from_secs);
    let is_over = || longest.is_some_and(|longest| begun.elapsed() >= longest);
    let mut attack = Attack {
        programs: &programs,
        targets: &targets,
        seed: arguments.seed,
        findings: &out,
        is_over: &is_over,
    };
    let answered;
    if arguments.answered {
        let lacking;
        (answered, lacking) = attack.answered()?;
        println!("{lacking} lines are left out, which these programs do not answer");
        ensure!(!answered.is_empty(), "these programs answer none of the lines");
        attack.targets = &answered;
    }
    let table = attack.play(arguments.cases, arguments.parallel)?;
    let (cases, findings) = table.sums();
    let seconds = begun.elapsed().as_secs();
    println!("{table}\n{cases} cases in {seconds} s, seed {}, {findings} findings", arguments.seed);
    if findings == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!("the first of each kind are in {}", out.display());
    Ok(ExitCode::FAILURE)
}
