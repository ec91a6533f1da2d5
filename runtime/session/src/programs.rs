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
use runtime_environments::worlds;

use crate::options::RunOptions;

pub use judging::{JudgedSample, PassRates, Verdicts, judge};
pub use samples::{Sample, SampledTrial, export};
pub use stricter::{StricterCounts, make};

/// The problems of the world that the options name.
pub fn problems(options: &RunOptions) -> anyhow::Result<Vec<Problem>> {
    let name = options.environment.as_deref().context(
        "--environment names the problems: humaneval, mbpp, reflexion-programs, or programs with \
         --problems FILE",
    )?;
    let world = worlds::of_programs(name, &options.environment_options())?;
    let world = world.with_context(|| {
        format!(
            "{name} has no problems whose answers are programs; humaneval, mbpp, \
             reflexion-programs and programs have"
        )
    })?;
    let problems = world.problems()?;
    Ok(problems.iter().map(|(_, problem)| problem.clone()).collect())
}
