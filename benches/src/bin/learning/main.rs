//! Are reflections worth more after training? Arms of several runs on the same tasks, and
//! each against each, paired by task.
//!
//! `benches/learning/run.sh` plays the runs; this reads their `results.json`.

mod claims;
mod plot;
mod seeds;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use runtime_evaluation::pairs::{self, IntervalMethod, PairedOutcome};
use runtime_evaluation::results::Results;
use runtime_evaluation::results::arm::ArmResults;
use runtime_evaluation::results::task::TaskResults;
use runtime_store::sealed;

/// Success by trial of arms, and each against each, paired by task
#[derive(Parser)]
struct Options {
    /// An arm: what to call it, its run's folder, and its strategy where the run has several,
    /// as NAME=DIR or NAME=DIR:STRATEGY
    #[arg(required = true)]
    arms: Vec<String>,
    /// Judge a gain of several trainings over an arm after the second trial, in points at least, as
    /// NAME=DIR,DIR>ARM+POINTS, or each over an arm of its own, as NAME=DIR,DIR>ARM,ARM+POINTS
    #[arg(long, value_name = "CLAIM")]
    claim: Vec<String>,
    /// Draw success by trial into this SVG file, too
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) arm: ArmResults,
    /// Its records.
    log: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "a program reports")]
fn main() -> Result<()> {
    let options = Options::parse();
    let arms = options.arms.iter().map(|text| named(text)).collect::<Result<Vec<_>>>()?;
    let tasks = |arm: &ArmResults| arm.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>();
    for other in &arms[1..] {
        let same = tasks(&other.arm) == tasks(&arms[0].arm);
        ensure!(same, "{} and {} are of other tasks", arms[0].name, other.name);
    }
    let mut out = std::io::stdout().lock();
    let width = arms.iter().map(|arm| arm.name.len()).max().unwrap_or(0);
    writeln!(
        out,
        "{} tasks, solved by the end of each trial, 95 % Wilson",
        arms[0].arm.tasks.len()
    )?;
    for Named { name, arm, .. } in &arms {
        write!(out, "{name:width$}")?;
        for found in &arm.success_by_trial {
            let [rate, low, high] =
                [found.rate.rate, found.rate.low, found.rate.high].map(|share| 100.0 * share);
            write!(out, "  {rate:5.1} [{low:4.1}, {high:4.1}]")?;
        }
        writeln!(out)?;
    }
    let last = arms.iter().map(|arm| arm.arm.trials_max()).max().unwrap_or(1);
    // What one reflection does, and what all of them do.
    for trial in BTreeSet::from([last.min(2), last]) {
        let interval = IntervalMethod::TangoScore;
        writeln!(out, "\nafter trial {trial}, points, 95 % {interval}, exact McNemar")?;
        for (place, arm) in arms.iter().enumerate() {
            for control in &arms[..place] {
                writeln!(out, "{}", compared(arm, control, trial)?)?;
            }
        }
    }
    writeln!(out, "\nwhat reflections claim, held against the trial that each is on")?;
    for Named { name, log, .. } in &arms {
        let counts = claims::of_log(log).with_context(|| format!("of the arm {name}"))?;
        if counts.claims + counts.facts > 0 {
            writeln!(out, "{name:width$}  {}", claims::text(counts))?;
        }
    }
    for text in &options.claim {
        let claim = seeds::Claim::parse(text)?;
        let trainings = claim
            .folders
            .iter()
            .map(|folder| named(&format!("{}={}", claim.name, folder.display())));
        let trainings = trainings.collect::<Result<Vec<_>>>()?;
        writeln!(out, "\n{}", claim.judge(&trainings, &arms, last.min(2))?)?;
    }
    if let Some(file) = &options.plot {
        plot::write(file, &arms)?;
    }
    Ok(())
}

fn named(text: &str) -> Result<Named> {
    let (name, place) = text.split_once('=').context("an arm is NAME=DIR or NAME=DIR:STRATEGY")?;
    let (folder, strategy) = match place.rsplit_once(':') {
        Some((folder, strategy)) => (folder, Some(strategy)),
        None => (place, None),
    };
    let file = Path::new(folder).join("results.json");
    let results: Results = sealed::read_json(&file)?;
    let mut arms = results.arms.into_iter();
    let arm = match strategy {
        Some(strategy) => arms.find(|arm| arm.strategy == strategy),
        None if arms.len() > 1 => bail!("{folder} has several arms; name one: {name}={folder}:…"),
        None => arms.next(),
    };
    let arm = arm.with_context(|| format!("{folder} has no such arm"))?;
    let log = Path::new(folder).join("arms").join(&arm.strategy).join("trials.log");
    Ok(Named { name: name.to_owned(), arm, log })
}

fn compared(arm: &Named, control: &Named, trial: u32) -> Result<String> {
    let solved = |task: &TaskResults| task.solved_at.is_some_and(|at| at <= trial);
    let tasks = arm.arm.tasks.iter().zip(&control.arm.tasks);
    let found: Vec<PairedOutcome> = tasks
        .map(|(ours, theirs)| PairedOutcome { arm: solved(ours), control: solved(theirs) })
        .collect();
    let difference = pairs::difference(&found).context("there are no tasks")?;
    let only_arm = found.iter().filter(|pair| pair.arm && !pair.control).count() as u64;
    let only_control = found.iter().filter(|pair| !pair.arm && pair.control).count() as u64;
    let p_value = pairs::mcnemar(only_arm, only_control);
    let [mean, low, high] =
        [difference.mean, difference.low, difference.high].map(|share| 100.0 * share);
    let names = format!("{} against {}", arm.name, control.name);
    let p_value = if p_value < 0.0001 { "< 0.0001".into() } else { format!("= {p_value:.4}") };
    Ok(format!("{names:30} {mean:+5.1} [{low:+.1}, {high:+.1}], p {p_value}"))
}
