//! Programs outside runs: made of stored runs, judged by given and by stricter tests, and the
//! stricter tests themselves.
//!
//! ```text
//! stored run ─► samples.jsonl ─┐
//! reference ─► stricter tests ─┴─► verdicts: given, stricter, pass@k
//! ```

mod judging;
mod samples;
mod stricter;
mod workers;

use anyhow::Context;
use runtime_environments::programs::problem::Problem;
use runtime_environments::worlds::humaneval::HUMANEVAL;
use runtime_environments::worlds::mbpp::MBPP;
use runtime_environments::worlds::programming::{ProgramLists, ProgramWorld};
use runtime_environments::worlds::programs::PROGRAMS;
use runtime_environments::worlds::reflexion_programs::REFLEXION;

use crate::options::RunOptions;
use crate::wrong;

pub use judging::{JudgedSample, PassRates, Verdicts, judge};
pub use samples::{Sample, SampleText, SampledTrial, export};
pub use stricter::{StricterCounts, make};

/// The worlds of programs.
static WORLDS: [&ProgramLists; 4] = [&HUMANEVAL, &MBPP, &REFLEXION, &PROGRAMS];

/// The world of programs that the options name, `humaneval` if none.
pub(crate) fn world(options: &RunOptions) -> anyhow::Result<ProgramWorld> {
    let asked = options.environment.as_deref().unwrap_or(HUMANEVAL.name);
    let name = wrong::known("environment", asked, &WORLDS.map(|lists| lists.name))?;
    let lists = WORLDS.into_iter().find(|lists| lists.name == name);
    let lists = lists.context("a known name is one of all")?;
    Ok(ProgramWorld::open(lists, &options.environment_options())?)
}

/// The problems of that world that have a purpose.
pub fn problems(options: &RunOptions) -> anyhow::Result<Vec<Problem>> {
    let world = world(options)?;
    Ok(world.problems()?.iter().map(|(_, problem)| problem.clone()).collect())
}
