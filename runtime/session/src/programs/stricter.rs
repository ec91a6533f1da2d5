//! Makes a file of stricter tests, which goes on where it was stopped.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail, ensure};
use runtime_environments::programs::judge::ProgramJudge;
use runtime_environments::programs::problem::{Language, Problem};
use runtime_environments::programs::stricter::StricterMaker;
use runtime_environments::programs::stricter::file::{
    StricterHead, StricterLine, StricterMade, StricterProblem,
};
use runtime_store::line_log::LineLog;

use super::workers;
use crate::program::Surroundings;

/// What became of the problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StricterCounts {
    /// Problems that have tests.
    pub problems: usize,
    /// Their tests.
    pub tests: usize,
    /// Problems that have none, by their ids, each with why.
    pub doubts: Vec<(String, String)>,
    /// Problems that were not come to.
    pub left: usize,
}

/// Makes at most `tests_max` tests for each problem, and adds them to the file `out`, which keeps what it
/// has. `told` hears how many problems are done.
pub fn make(
    problems: &[Problem],
    (tests_max, seed): (usize, u64),
    out: &Path,
    surroundings: &Surroundings,
    told: &mut (dyn FnMut(usize) + Send),
) -> anyhow::Result<StricterCounts> {
    let interpreter = ProgramJudge::default().tool(Language::Python)?;
    let head = StricterHead::new(seed, tests_max as u64, interpreter);
    let (log, mut lines) = begin(out, head)?;
    let log = Mutex::new(log);
    let is_lacking = |problem: &&Problem| lines.iter().all(|line| line.task_id != problem.id);
    let lacking: Vec<&Problem> = problems.iter().filter(is_lacking).collect();
    let work = |maker: &mut StricterMaker, problem: &&Problem| -> anyhow::Result<StricterProblem> {
        let made = maker.make(problem).with_context(|| format!("no tests for {}", problem.id))?;
        let line = StricterProblem::new(problem.id.clone(), made);
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.append(&StricterLine::Problem(line.clone()))?;
        Ok(line)
    };
    let before = problems.len() - lacking.len();
    let begin = || StricterMaker::new(tests_max, seed);
    let told = &mut |done| told(before + done);
    let made = workers::each(&lacking, begin, work, surroundings, told)?;
    let left = lacking.len() - made.len();
    lines.extend(made);
    Ok(counts(lines, left))
}

fn counts(lines: Vec<StricterProblem>, left: usize) -> StricterCounts {
    let mut counts = StricterCounts { left, ..StricterCounts::default() };
    for StricterProblem { task_id, made } in lines {
        match made {
            StricterMade::Tests(tests) => {
                counts.problems += 1;
                counts.tests += tests.len();
            }
            StricterMade::Doubt(why) => counts.doubts.push((task_id, why)),
        }
    }
    counts.doubts.sort();
    counts
}

/// Opens the file for what is asked, or begins it; returns the problems that it has, too.
fn begin(
    out: &Path,
    head: StricterHead,
) -> anyhow::Result<(LineLog<StricterLine>, Vec<StricterProblem>)> {
    let (mut log, lines) = LineLog::open(out)?;
    let mut lines = lines.into_iter();
    match lines.next() {
        None => log.append(&StricterLine::Head(head))?,
        Some(StricterLine::Head(known)) => ensure!(
            known == head,
            "{} was begun otherwise ({} tests, seed {}, {}), expected {} tests, seed {}, {}: name \
             another file, or take these options",
            out.display(),
            known.tests_max,
            known.seed,
            known.interpreter,
            head.tests_max,
            head.seed,
            head.interpreter
        ),
        Some(StricterLine::Problem(_)) => {
            bail!("{}, line 1: expected how the tests were made", out.display())
        }
    }
    let of_problem = |line| match line {
        StricterLine::Problem(problem) => Ok(problem),
        StricterLine::Head(_) => bail!("{}: there is a second first line", out.display()),
    };
    let problems = lines.map(of_problem).collect::<anyhow::Result<_>>()?;
    Ok((log, problems))
}
