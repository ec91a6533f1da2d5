//! Makes a file of stricter tests, which goes on where it was stopped.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, ensure};
use runtime_environments::programs::judge::ProgramJudge;
use runtime_environments::programs::problem::{Language, Problem};
use runtime_environments::programs::stricter::file::{self, StricterHead};
use runtime_environments::programs::stricter::{Stricter, StricterMaker};

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
    let known = begun(out, &head)?;
    let cannot = || format!("cannot write {}", out.display());
    let file = OpenOptions::new().append(true).open(out).with_context(cannot)?;
    let file = Mutex::new(file);
    let lacking: Vec<&Problem> =
        problems.iter().filter(|problem| !known.contains(&problem.id)).collect();
    let work = |maker: &mut StricterMaker, problem: &&Problem| -> anyhow::Result<()> {
        let made: Stricter =
            maker.make(problem).with_context(|| format!("no tests for {}", problem.id))?;
        let line = format!("{}\n", file::line(&problem.id, &made));
        let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(line.as_bytes()).with_context(cannot)
    };
    let begin = || StricterMaker::new(tests_max, seed);
    let made = workers::each(&lacking, begin, work, surroundings, told)?;
    let written = file::read(out)?;
    Ok(StricterCounts {
        problems: written.tests.len(),
        tests: written.tests.values().map(Vec::len).sum(),
        doubts: written.doubts.into_iter().collect(),
        left: lacking.len() - made.len(),
    })
}

/// The problems that a file has already; one that is not there is begun.
fn begun(out: &Path, head: &StricterHead) -> anyhow::Result<BTreeSet<String>> {
    if !out.exists() {
        let line = format!("{}\n", serde_json::to_string(head)?);
        std::fs::write(out, line).with_context(|| format!("cannot write {}", out.display()))?;
        return Ok(BTreeSet::new());
    }
    // What was broken off in the middle of a line is made anew.
    let text =
        runtime_files::read_text(out).with_context(|| format!("cannot read {}", out.display()))?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        let file = OpenOptions::new().write(true).open(out);
        let cut = file.and_then(|file| file.set_len(whole as u64));
        cut.with_context(|| format!("cannot write {}", out.display()))?;
    }
    let known = file::read(out)?;
    ensure!(
        known.head == *head,
        "{} was begun otherwise ({} tests, seed {}, {}), expected {} tests, seed {}, {}: name \
         another file, or take these options",
        out.display(),
        known.head.tests_max,
        known.head.seed,
        known.head.interpreter,
        head.tests_max,
        head.seed,
        head.interpreter
    );
    Ok(known.tests.into_keys().chain(known.doubts.into_keys()).collect())
}
